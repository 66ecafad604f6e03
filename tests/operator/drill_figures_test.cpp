#include "operator/drill_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/plan_status.h"

namespace op {
namespace {

using api::Node;
using cluster::DrillObject;
using testing::HasSubstr;
using testing::Not;

const kube::Key kPlan{"shop", "p"};

base::WallTime at(int seconds) {
  return *kube::parse_time("2026-11-01T00:00:00Z") + base::seconds(seconds);
}

DrillObject drill(const std::string& uid, const std::string& phase,
                  const std::string& state = "Normal") {
  DrillObject out;
  out.key = {"shop", "d-" + uid};
  out.uid = uid;
  out.plan = "p";
  out.status =
      Node::map().set("phase", phase).set("state", state).set("startTime", "2026-11-01T00:00:00Z");
  return out;
}

DrillObject finished(const std::string& uid, const std::string& verdict, const std::string& when) {
  DrillObject out = drill(uid, "Finished");
  out.status.set("completionTime", when);
  out.status.set("verdict", verdict);
  out.status.set("rto", api::parse_json(R"({"objectiveSeconds":30,"lowerMillis":1000,
      "upperMillis":1200})")
                            .value()
                            .set("verdict", verdict));
  out.status.set("rpo", api::parse_json(R"({"objectiveSeconds":5,"lowerMillis":0,
      "upperMillis":0,"lostWrites":3})")
                            .value()
                            .set("verdict", verdict));
  return out;
}

struct Figures : testing::Test {
  void see(const std::vector<DrillObject>& drills, int second) {
    figures.plan(kPlan, compliance_of(Node::map(), drills, at(second)), drills, at(second));
  }
  std::string text() const { return metrics.text(); }

  metrics::DrillMetrics metrics{{"1", "2", "3"}};
  DrillFigures figures{metrics};
};

TEST_F(Figures, APlanWithoutDrillsHasItsSeriesAndNoMeasurement) {
  see({}, 0);
  EXPECT_THAT(text(), HasSubstr("muster_drills_total{scenario=\"shop/p\",verdict=\"met\"} 0\n"));
  EXPECT_THAT(text(), HasSubstr("muster_rto_compliance_ratio{scenario=\"shop/p\"} 0\n"));
  EXPECT_THAT(text(), Not(HasSubstr("muster_drill_rto_seconds{")));
  EXPECT_THAT(text(), Not(HasSubstr("muster_drill_verdict{")));
}

TEST_F(Figures, OneThatHasJustBegunShowsTheNewestDrillAndCountsNothing) {
  see({finished("a", "Missed", "2026-11-01T00:00:10Z"),
       finished("b", "Met", "2026-11-01T00:00:20Z"),
       finished("c", "Missed", "2026-11-01T00:00:15Z")},
      60);
  for (const char* line :
       {"muster_drill_verdict{objective=\"all\",scenario=\"shop/p\",verdict=\"met\"} 1",
        "muster_drill_verdict{objective=\"all\",scenario=\"shop/p\",verdict=\"missed\"} 0",
        "muster_drill_rto_seconds{bound=\"upper\",scenario=\"shop/p\"} 1.2",
        "muster_drill_objective_seconds{objective=\"rpo\",scenario=\"shop/p\"} 5",
        "muster_drill_last_finished_timestamp_seconds{scenario=\"shop/p\"} 1793491220",
        "muster_drills_total{scenario=\"shop/p\",verdict=\"met\"} 0",
        "muster_ledger_lost_writes_total{scenario=\"shop/p\"} 0"}) {
    EXPECT_THAT(text(), HasSubstr(std::string(line) + "\n"));
  }
}

TEST_F(Figures, ADrillIsFollowedToItsEnd) {
  see({}, 0);
  see({drill("a", "Pending")}, 1);
  see({drill("a", "Baseline")}, 2);
  DrillObject broken = drill("a", "Injection", "FailoverInProgress");
  broken.status.set("faultTime", "2026-11-01T00:00:40Z");
  see({broken}, 42);
  see({broken}, 43);
  EXPECT_THAT(text(),
              HasSubstr("muster_disaster_recovery_state{state=\"failover_in_progress\"} 1\n"));
  const auto end = finished("a", "Met", "2026-11-01T00:01:00Z");
  see({end}, 60);
  see({end}, 61);
  for (const char* line :
       {"muster_disaster_recovery_duration_seconds_sum{phase=\"baseline\",scenario=\"shop/p\"} 40",
        "muster_disaster_recovery_duration_seconds_count{phase=\"injection\",scenario=\"shop/p\"} "
        "1",
        "muster_disaster_recovery_events_total{event_type=\"fault_begun\",scenario=\"shop/p\"} 1",
        "muster_disaster_recovery_events_total{event_type=\"phase_began\",scenario=\"shop/p\"} 2",
        "muster_disaster_recovery_events_total{event_type=\"state_changed\",scenario=\"shop/p\"} "
        "2",
        "muster_disaster_recovery_state{state=\"normal\"} 1",
        "muster_drills_total{scenario=\"shop/p\",verdict=\"met\"} 1",
        "muster_ledger_lost_writes_total{scenario=\"shop/p\"} 3"}) {
    EXPECT_THAT(text(), HasSubstr(std::string(line) + "\n"));
  }
}

TEST_F(Figures, WhatOnlyTheDrillBeforeMeasuredIsNotShownOfThisOne) {
  see({finished("a", "Met", "2026-11-01T00:00:10Z")}, 20);
  auto unmeasured = finished("b", "Invalid", "2026-11-01T00:00:30Z");
  unmeasured.status.set("rto", Node::map().set("objectiveSeconds", 30));
  see({finished("a", "Met", "2026-11-01T00:00:10Z"), unmeasured}, 40);
  EXPECT_THAT(text(), Not(HasSubstr("muster_drill_rto_seconds{")));
  EXPECT_THAT(
      text(),
      HasSubstr("muster_drill_verdict{objective=\"all\",scenario=\"shop/p\",verdict=\"invalid\"} "
                "1\n"));
  EXPECT_THAT(text(),
              HasSubstr("muster_drills_total{scenario=\"shop/p\",verdict=\"invalid\"} 1\n"));
}

TEST_F(Figures, OneThatNeverBeganIsCountedAsOneThatProvesNothing) {
  see({}, 0);
  auto refused = drill("a", "Finished");
  refused.status =
      Node::map().set("phase", "Finished").set("completionTime", "2026-11-01T00:00:10Z");
  see({refused}, 10);
  EXPECT_THAT(text(),
              HasSubstr("muster_drills_total{scenario=\"shop/p\",verdict=\"invalid\"} 1\n"));
}

TEST_F(Figures, APlanWithoutAnRpoHasNoSeriesOfOne) {
  const auto asks = [](const char* objectives) { return *api::parse_json(objectives); };
  const Node both = asks(R"({"spec":{"objectives":{"rtoSeconds":30,"rpoSeconds":5}}})");
  const Node rto = asks(R"({"spec":{"objectives":{"rtoSeconds":30}}})");
  figures.plan(kPlan, compliance_of(both, {}, at(0)), {}, at(0));
  EXPECT_THAT(text(), HasSubstr("muster_rpo_compliance_ratio{scenario=\"shop/p\"} 0\n"));
  figures.plan(kPlan, compliance_of(rto, {}, at(1)), {}, at(1));
  EXPECT_THAT(text(), Not(HasSubstr("muster_rpo_compliance_ratio")));
  EXPECT_THAT(text(), HasSubstr("muster_rto_compliance_ratio{scenario=\"shop/p\"} 0\n"));
}

TEST_F(Figures, APlanThatIsGoneHasNoSeries) {
  see({drill("a", "Injection", "FailoverInProgress")}, 0);
  see({finished("a", "Met", "2026-11-01T00:00:10Z")}, 20);
  figures.forget(kPlan);
  EXPECT_THAT(text(), Not(HasSubstr("shop/p")));
  EXPECT_THAT(text(), HasSubstr("muster_disaster_recovery_state{state=\"normal\"} 1\n"));
  see({}, 30);
  EXPECT_THAT(text(), HasSubstr("muster_drills_total{scenario=\"shop/p\",verdict=\"met\"} 0\n"));
}

}  // namespace
}  // namespace op
