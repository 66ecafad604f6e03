// What `muster verify` and `muster audit` say, and the exit codes that go with it.
#include "cli/evidence_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using testing::HasSubstr;

class VerdictTest : public testing::Test {
 protected:
  VerdictTest() {
    bundle_.evidence.drill_id = "database-failover-1";
    bundle_.about.plan = "database-failover";
    verdict_.path = "bundle.muster";
    verdict_.bundle = &bundle_;
    verdict_.trusted_as = "db-1";
    verdict_.figures.emplace();
    verdict_.figures->compared = 17;
  }
  bundle::Bundle bundle_;
  BundleVerdict verdict_;
};

TEST_F(VerdictTest, VerifiedOnlyWhenAllIsWell) {
  EXPECT_EQ(exit_of(verdict_), Exit::Ok);
  EXPECT_EQ(result_of(verdict_), "Verified");
  EXPECT_THAT(text_of(verdict_), HasSubstr("17 recomputed from the records, all agree"));
  EXPECT_THAT(text_of(verdict_), HasSubstr("trusted: db-1"));
  EXPECT_TRUE(tree_of(verdict_)["key"]["trusted"].as_bool());
}

TEST_F(VerdictTest, AnUnknownKeyIsInconclusive) {
  verdict_.trusted_as.reset();
  EXPECT_EQ(exit_of(verdict_), Exit::Inconclusive);
  EXPECT_EQ(tree_of(verdict_)["result"].as_string(), "UnknownKey");
}

TEST_F(VerdictTest, FiguresThatDifferAreNamedAndOutweighAnUnknownKey) {
  verdict_.trusted_as.reset();
  verdict_.figures->differences = {{"rto.service.upperSeconds", "1.0", "2.0"}};
  EXPECT_EQ(exit_of(verdict_), Exit::Missed);
  EXPECT_EQ(result_of(verdict_), "FiguresDiffer");
  EXPECT_THAT(text_of(verdict_),
              HasSubstr("rto.service.upperSeconds: reported 1.0, recomputed 2.0"));
  EXPECT_EQ(tree_of(verdict_)["differences"].items()[0]["figure"].as_string(),
            "rto.service.upperSeconds");
}

TEST_F(VerdictTest, WithoutFiguresNothingIsVerified) {
  verdict_.figures.reset();
  verdict_.problem = "no report";
  EXPECT_EQ(exit_of(verdict_), Exit::Missed);
  EXPECT_EQ(tree_of(verdict_)["message"].as_string(), "no report");
}

TEST(BundleVerdict, DamageIsToldApart) {
  const std::pair<bundle::Fault, Exit> faults[] = {
      {bundle::Fault::NoBundle, Exit::Error},  {bundle::Fault::UnknownVersion, Exit::Error},
      {bundle::Fault::Changed, Exit::Missed},  {bundle::Fault::CutShort, Exit::Missed},
      {bundle::Fault::Extended, Exit::Missed}, {bundle::Fault::BadSignature, Exit::Missed},
      {bundle::Fault::Malformed, Exit::Missed}};
  for (const auto& [fault, exit] : faults) {
    BundleVerdict verdict;
    verdict.damage = bundle::Damage{fault, 7, "operations/1", "record 7 was changed"};
    EXPECT_EQ(exit_of(verdict), exit) << bundle::name(fault);
    EXPECT_EQ(tree_of(verdict)["result"].as_string(), bundle::name(fault));
    EXPECT_EQ(tree_of(verdict)["record"]["index"].as_int(), 7);
    EXPECT_THAT(text_of(verdict), HasSubstr("record 7 was changed"));
  }
}

TEST(AuditLine, CannotSteerATerminal) {
  store::AuditEntry entry;
  entry.event = "DrillRequested";
  entry.user = "ops";
  entry.command = "muster \x1b[2J\n\tx";
  const std::string line = text_of(entry);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace cli
