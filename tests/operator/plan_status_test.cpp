#include "operator/plan_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace op {
namespace {

using api::Node;
using cluster::DrillObject;
using testing::HasSubstr;

Node plan() {
  return *api::parse_json(R"({"metadata":{"name":"p","namespace":"shop","generation":2},
      "spec":{"objectives":{"rtoSeconds":30,"rpoSeconds":5,"maxAgeDays":10}}})");
}

DrillObject drill(const std::string& name, const std::string& started, const std::string& verdict) {
  DrillObject out;
  out.key = {"shop", name};
  out.plan = "p";
  out.status =
      Node::map()
          .set("phase", "Finished")
          .set("startTime", started)
          .set("completionTime", started)
          .set("verdict", verdict)
          .set("plan", Node::map().set("spec", Node::map().set("x", 1)))
          .set("rto", api::parse_json(R"({"objectiveSeconds":30,"lowerMillis":1000,
              "upperMillis":1200})")
                          .value()
                          .set("verdict", verdict))
          .set("rpo", api::parse_json(R"({"objectiveSeconds":5,"lowerMillis":0,"upperMillis":0})")
                          .value()
                          .set("verdict", verdict));
  return out;
}

base::WallTime day(int number) {
  return *kube::parse_time("2026-11-01T00:00:00Z") + base::seconds(number * 86'400);
}

TEST(PlanStatus, APlanThatWasNeverDrilledIsStale) {
  const auto compliance = compliance_of(plan(), {}, day(0));
  const Node status = plan_status(plan(), compliance, {}, day(0));
  EXPECT_TRUE(status["stale"].as_bool());
  EXPECT_EQ(status["drills"].as_int(), 0);
  const Node* compliant = cluster::condition_of(status["conditions"], "Compliant");
  ASSERT_NE(compliant, nullptr);
  EXPECT_EQ((*compliant)["status"].as_string(), "False");
  EXPECT_EQ((*compliant)["reason"].as_string(), "NeverTested");
  EXPECT_FALSE(until_stale(compliance).has_value());
}

TEST(PlanStatus, TheFiguresAreOfAllComparableDrills) {
  const std::vector<DrillObject> drills = {drill("a", "2026-11-02T00:00:00Z", "Missed"),
                                           drill("b", "2026-11-03T00:00:00Z", "Met"),
                                           drill("c", "2026-11-04T00:00:00Z", "Met")};
  const auto compliance = compliance_of(plan(), drills, day(4));
  const Node status = plan_status(plan(), compliance, {}, day(4));
  EXPECT_EQ(status["drills"].as_int(), 3);
  EXPECT_EQ(status["lastDrill"].as_string(), "c");
  EXPECT_EQ(status["lastVerdict"].as_string(), "Met");
  EXPECT_EQ(status["rtoComplianceRatio"].as_string(), "0.6667");
  EXPECT_EQ(status["rtoWorstMillis"].as_int(), 1200);
  EXPECT_EQ(status["lastTestedTime"].as_string(), "2026-11-04T00:00:00Z");
  EXPECT_FALSE(status["stale"].as_bool(true));
  EXPECT_EQ((*cluster::condition_of(status["conditions"], "Compliant"))["status"].as_string(),
            "True");
}

TEST(PlanStatus, WithoutAnRpoTheRtoAloneDecidesAndNothingIsSaidOfTheRpo) {
  std::vector<DrillObject> drills = {drill("a", "2026-11-02T00:00:00Z", "Met"),
                                     drill("b", "2026-11-03T00:00:00Z", "Met")};
  // As an earlier operator wrote it, and as it is written now.
  drills[0].status.set("rpo", *api::parse_json(R"({"objectiveSeconds":0,"display":"not measured",
      "verdict":"Inconclusive"})"));
  drills[1].status.set("rpo", *api::parse_json(R"({"display":"–"})"));
  Node asks = plan();
  asks.find("spec")->find("objectives")->erase("rpoSeconds");
  const auto compliance = compliance_of(asks, drills, day(4));
  EXPECT_TRUE(compliance.compliant());
  EXPECT_EQ(compliance.last_tested_by, "b");
  const Node status = plan_status(asks, compliance, {}, day(4));
  EXPECT_EQ(status["rtoComplianceRatio"].as_string(), "1");
  for (const char* name :
       {"rpoComplianceRatio", "rpoComplianceLowerBound", "rpoTrend", "rpoWorstMillis"}) {
    const Node* figure = status.find(name);
    ASSERT_NE(figure, nullptr) << name << ": null takes away what stood there";
    EXPECT_TRUE(figure->is_null()) << name;
  }
}

TEST(PlanStatus, EvidenceGetsStale) {
  const std::vector<DrillObject> drills = {drill("a", "2026-11-01T00:00:00Z", "Met")};
  EXPECT_EQ(until_stale(compliance_of(plan(), drills, day(4))), base::seconds(6 * 86'400));
  const auto late = compliance_of(plan(), drills, day(11));
  EXPECT_TRUE(late.stale);
  const Node status = plan_status(plan(), late, {}, day(11));
  EXPECT_EQ((*cluster::condition_of(status["conditions"], "Compliant"))["reason"].as_string(),
            "Stale");
}

TEST(PlanStatus, WhatIsNotFinishedOrNeverBeganCountsForNothing) {
  DrillObject running = drill("a", "2026-11-01T00:00:00Z", "");
  running.status.set("phase", "Recovery");
  DrillObject refused = drill("b", "", "Invalid");
  EXPECT_FALSE(row_of(running).has_value());
  EXPECT_FALSE(row_of(refused).has_value());
}

}  // namespace
}  // namespace op
