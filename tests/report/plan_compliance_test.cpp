// Compliance over many drills, as text, as documents that programs of others read, and as a page.
#include "report/plan_compliance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/notification.h"
#include "sample.h"

namespace report {
namespace {

using base::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr drill::Duration kDay = seconds(86'400);
const drill::WallTime kNow = drill::WallTime(seconds(1'800'000'000));

drill::Summary row(std::int64_t days, drill::Verdict rto, std::optional<drill::Duration> upper) {
  drill::Summary out;
  out.drill_id = "failover-" + std::to_string(1000 - days);
  out.plan = "failover";
  out.profile = "quick";
  out.spec_digest = "a";
  out.started = kNow - kDay * days;
  out.verdict = rto;
  out.rto.objective = seconds(300);
  out.rto.user_visible = out.rto.service =
      drill::Bounds{upper.value_or(seconds(301)) - seconds(1), upper};
  out.rto.verdict = rto;
  out.rpo = {seconds(60), drill::Bounds{{}, seconds(1)}, drill::Bounds{{}, seconds(1)},
             drill::Verdict::Met};
  out.score = 88.5;
  return out;
}

ComplianceOverview overview() {
  std::vector<drill::Summary> drills;
  for (std::int64_t i = 0; i < 6; ++i) {
    drills.push_back(row(40 - i, drill::Verdict::Met, seconds(100 + 20 * i)));
  }
  drills.push_back(row(20, drill::Verdict::Missed, std::nullopt));
  drills.back().violations = {{"RTO", "critical", "never back <b>\x1b[31m"}};
  drill::Summary unmeasured = row(10, drill::Verdict::Invalid, seconds(1));
  unmeasured.rto.service.reset();
  drills.push_back(unmeasured);
  return {kNow, kNow - kDay * 365, {drill::assess_history(drills, 90, kNow)}};
}

TEST(ReportCompliance, TheTableSaysHowSureItIs) {
  const std::string text = compliance(overview(), Format::Table, {});
  EXPECT_THAT(text, HasSubstr("✗ missed"));
  EXPECT_THAT(text, HasSubstr("RTO ≤ 5 min 00 s: met in 6 of 8 drills, at least 40.0 % with 95 %"));
  EXPECT_THAT(text, HasSubstr("missed 1, inconclusive 0, invalid 1"));
  EXPECT_THAT(text, HasSubstr("degrading (p = 0.0004, 7 drills)"));
  EXPECT_THAT(text, HasSubstr("critical"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "text of a drill cannot steer a terminal";
  EXPECT_THAT(compliance({kNow, {}, {}}, Format::Table, {}), HasSubstr("no drills"));
}

TEST(ReportCompliance, JsonHasEveryFigureAndNullForWhatIsNotKnown) {
  const auto json = nlohmann::json::parse(compliance(overview(), Format::Json, {}));
  EXPECT_EQ(json["compliant"], false);
  const auto& plan = json["plans"][0];
  EXPECT_EQ(plan["rto"]["met"], 6);
  EXPECT_EQ(plan["rto"]["of"], 8);
  EXPECT_DOUBLE_EQ(plan["rto"]["ratio"], 0.75);
  EXPECT_EQ(plan["rto"]["worst"]["upperSeconds"], nullptr) << "never back";
  EXPECT_EQ(plan["rto"]["trend"]["name"], "Degrading");
  EXPECT_EQ(plan["drills"].size(), 8U);
  EXPECT_EQ(plan["drills"][7]["rto"], nullptr) << "not measured";
  EXPECT_EQ(plan["violations"][0]["severity"], "critical");
  const auto none = nlohmann::json::parse(compliance({kNow, {}, {}}, Format::Json, {}));
  EXPECT_EQ(none["compliant"], false) << "nothing is proven without a drill";
  EXPECT_EQ(none["since"], nullptr);
}

TEST(ReportCompliance, ThePageLoadsNothingAndEscapesEverything) {
  const std::string page = compliance_html(overview());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("never back &lt;b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<b>")));
  EXPECT_THAT(page, HasSubstr("aria-label=\"RTO of each drill against the objective\""));
  EXPECT_THAT(page, HasSubstr("✗ not compliant"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(compliance_html({kNow, {}, {}}), HasSubstr("</html>"));
}

TEST(ReportCompliance, WhatWasNotAskedForIsADashAndNull) {
  std::vector<drill::Summary> drills;
  for (std::int64_t i = 0; i < 2; ++i) {
    drills.push_back(row(40 - i, drill::Verdict::Met, seconds(100)));
    drills.back().rpo = {};
  }
  const ComplianceOverview asked{kNow, {}, {drill::assess_history(drills, 90, kNow)}};
  EXPECT_TRUE(asked.compliant());
  const std::string text = compliance(asked, Format::Table, {});
  EXPECT_THAT(text, HasSubstr("RPO: none of these drills had such an objective"));
  EXPECT_THAT(text, testing::ContainsRegex("2 of 2, ≥ 22 % +– "));
  EXPECT_THAT(text, Not(HasSubstr("≤ 0 s")));
  const auto json = nlohmann::json::parse(compliance(asked, Format::Json, {}));
  const auto& plan = json["plans"][0];
  EXPECT_EQ(plan["rpo"]["objectiveSeconds"], nullptr);
  EXPECT_EQ(plan["rpo"]["of"], 0);
  EXPECT_EQ(plan["drills"][0]["rpoVerdict"], nullptr);
  const std::string page = compliance_html(asked);
  EXPECT_THAT(page, Not(HasSubstr("Recovery point of each drill")));
  EXPECT_THAT(page, Not(HasSubstr("0 of 0")));
}

TEST(ReportCompliance, ATrendIsNamedWithItsGround) {
  EXPECT_EQ(in_words(drill::mann_kendall(std::vector<double>{1, 2, 3})),
            "too few drills to tell a trend (3)");
  EXPECT_EQ(in_words(drill::mann_kendall(std::vector<double>{5, 4, 3, 2, 1})),
            "improving (p = 0.017, 5 drills)");
  EXPECT_EQ(in_words(drill::mann_kendall(std::vector<double>{1, 3, 2, 3, 1})),
            "no trend (p = 1, 5 drills)");
}

TEST(Notification, OfAFinishedDrillHasVerdictAndBounds) {
  const drill::Report report = sample::database_failover();
  NotificationMessage message = message_of(report, Moment::End);
  message.report_path = "/tmp/report.json";
  const std::string text = to_json(message);
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json["moment"], "End");
  EXPECT_EQ(json["missed"], nullptr);
  EXPECT_EQ(json["verdict"], drill::name(report.verdict));
  EXPECT_EQ(json["reasons"].size(), report.reasons.size());
  EXPECT_DOUBLE_EQ(json["rto"]["upperSeconds"], base::to_seconds(*report.rto.service->upper));
  EXPECT_EQ(json["reportPath"], "/tmp/report.json");
}

}  // namespace
}  // namespace report
