#include "operator/drill_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace op {
namespace {

using api::Node;
using cluster::Member;

const Node& member(const std::vector<Member>& members, const std::string& name) {
  static const Node kNone;
  for (const Member& each : members) {
    if (each.first == name) return each.second;
  }
  return kNone;
}

drill::Report report() {
  drill::Report out;
  out.verdict = drill::Verdict::Met;
  out.rto.name = "RTO";
  out.rto.objective = base::seconds(30);
  out.rto.verdict = drill::Verdict::Met;
  out.rto.service = drill::Bounds{base::Duration(1'234'500'000), base::Duration(1'300'000'001)};
  out.rpo.objective = base::seconds(5);
  out.rpo.verdict = drill::Verdict::Met;
  out.rpo_records = 8;
  return out;
}

TEST(DrillResult, FiguresAreRoundedOutwards) {
  const auto members = result_of(report(), {}, {}, {}, {});
  const Node& rto = member(members, "rto");
  EXPECT_EQ(rto["objectiveSeconds"].as_int(), 30);
  EXPECT_EQ(rto["lowerMillis"].as_int(), 1234);
  EXPECT_EQ(rto["upperMillis"].as_int(), 1301);
  EXPECT_EQ(rto["display"].as_string(), "1.234 – 1.300 s");
  EXPECT_EQ(member(members, "rpo")["lostWrites"].as_int(), 8);
  EXPECT_FALSE(member(members, "rpo").has("lowerMillis")) << "not measured";
}

TEST(DrillResult, WhatWasNotAskedForHasNeitherObjectiveNorVerdict) {
  drill::Report none = report();
  none.rpo = {};
  none.rpo_records.reset();
  const Node rpo = member(result_of(none, {}, {}, {}, {}), "rpo");
  EXPECT_EQ(api::to_json(rpo), R"({"display":"–"})");
  none.rpo.service = drill::Bounds{};
  EXPECT_EQ(member(result_of(none, {}, {}, {}, {}), "rpo")["display"].as_string(), "0 s")
      << "a ledger was read";
}

TEST(DrillResult, AnOutageThatDidNotEndHasNoUpperBound) {
  drill::Report endless = report();
  endless.rto.service = drill::Bounds{base::seconds(40), std::nullopt};
  EXPECT_FALSE(member(result_of(endless, {}, {}, {}, {}), "rto").has("upperMillis"));
}

TEST(DrillResult, ConditionsFollowTheVerdict) {
  auto members = result_of(report(), {"Secret", "d-evidence", "bundle.muster"}, {}, {}, {});
  const Node* succeeded = cluster::condition_of(member(members, "conditions"), "Succeeded");
  ASSERT_NE(succeeded, nullptr);
  EXPECT_EQ((*succeeded)["status"].as_string(), "True");
  EXPECT_EQ(member(members, "phase").as_string(), "Finished");
  EXPECT_EQ(member(members, "evidence")["name"].as_string(), "d-evidence");

  drill::Report missed = report();
  missed.verdict = drill::Verdict::Missed;
  missed.reasons = {"RTO: 40 s is more than 30 s"};
  members = result_of(missed, {}, {}, {}, {});
  succeeded = cluster::condition_of(member(members, "conditions"), "Succeeded");
  EXPECT_EQ((*succeeded)["status"].as_string(), "False");
  EXPECT_EQ((*succeeded)["reason"].as_string(), "Missed");
  EXPECT_EQ((*succeeded)["message"].as_string(), "RTO: 40 s is more than 30 s");
}

TEST(DrillResult, ADrillThatIsNotWholeIsNotFinished) {
  drill::Report broken = report();
  broken.ending = drill::Ending::NotWhole;
  const auto members = result_of(broken, {}, {}, {}, {});
  EXPECT_EQ(member(members, "phase").as_string(), "NotWhole");
  EXPECT_EQ((*cluster::condition_of(member(members, "conditions"), "Undone"))["status"].as_string(),
            "False");
}

TEST(DrillResult, AFailureIsFinishedOnlyWhenNothingIsLeft) {
  EXPECT_EQ(member(failure_of("RunnerLost", "it died", true, {}, {}), "phase").as_string(),
            "Finished");
  EXPECT_TRUE(member(failure_of("RunnerLost", "it died", false, {}, {}), "phase").is_null());
}

TEST(DrillResult, WhyNothingBeganHasAName) {
  const auto reason = [](base::Code code, const char* message) {
    return not_begun_reason({code, message});
  };
  EXPECT_EQ(reason(base::Code::NotFound, "get services shop/web: not found"), "TargetNotFound");
  EXPECT_EQ(reason(base::Code::PermissionDenied, "get services: forbidden"), "Forbidden");
  EXPECT_EQ(reason(base::Code::FailedPrecondition, "Service shop/web has no cluster IP"),
            "NotBegun");
  EXPECT_EQ(reason(base::Code::FailedPrecondition,
                   "Deployment web did not agree to be drilled: label it, or namespace shop"),
            "NamespaceNotEnabled");
}

}  // namespace
}  // namespace op
