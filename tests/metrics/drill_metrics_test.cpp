#include "metrics/drill_metrics.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "promtool.h"

namespace {

using base::millis;
using base::seconds;
using metrics::complaint;
using ::testing::HasSubstr;
using ::testing::Not;

const metrics::Build kBuild{"0.1.0", "86368ed", "clang 19"};

drill::Summary finished_drill() {
  drill::Summary drill;
  drill.drill_id = "database-failover-20261121-044224-9f3a";
  drill.plan = "database-failover";
  drill.finished = drill::WallTime(seconds(1'795'236'320));
  drill.verdict = drill::Verdict::Missed;
  drill.rto = {seconds(300), drill::Bounds{millis(12'400), millis(12'420)},
               drill::Bounds{millis(12'389), millis(12'423)}, drill::Verdict::Met};
  drill.rpo = {seconds(60), drill::Bounds{seconds(0), std::nullopt},
               drill::Bounds{seconds(0), std::nullopt}, drill::Verdict::Inconclusive};
  drill.lost = 4;
  drill.score = 93.75;
  drill.phases = {{"onset→detected", millis(3'280), seconds(30)},
                  {"decided→promoted", std::nullopt, seconds(180)}};
  return drill;
}

TEST(DrillMetrics, CountsSlowWritesOfTheAuditLog) {
  metrics::DrillMetrics metrics(kBuild);
  EXPECT_THAT(metrics.text(), HasSubstr("muster_audit_slow_writes_total 0"));
  metrics.audit_write(millis(3), millis(100));
  metrics.audit_write(millis(100), millis(100));
  metrics.audit_write(millis(101), millis(100));
  EXPECT_THAT(metrics.text(), HasSubstr("muster_audit_slow_writes_total 1"));
  EXPECT_THAT(metrics.text(), HasSubstr("muster_audit_write_duration_seconds_count 3"));
  EXPECT_EQ(complaint(metrics.text()), "");
}

TEST(DrillMetrics, PromtoolAcceptsFreshAndUsedMetrics) {
  metrics::DrillMetrics fresh(kBuild);
  fresh.declare("database-failover");
  fresh.declare_stream("database-failover", "orders/W");
  EXPECT_EQ(complaint(fresh.text()), "");

  fresh.probe("database-failover", "orders/W", drill::Outcome::Ok, millis(2));
  fresh.finished(finished_drill());
  fresh.compliance("database-failover", {1, 0.05}, metrics::ComplianceRatio{0.5, 0.01});
  EXPECT_EQ(complaint(fresh.text()), "");
  EXPECT_NE(complaint("muster_wrong{ 1\n"), "");
}

TEST(DrillMetrics, EverySeriesThatCanBeKnownStartsAtZero) {
  metrics::DrillMetrics m(kBuild);
  m.declare("p");
  m.declare_stream("p", "s");
  const std::string text = m.text();
  for (const char* line :
       {"muster_disaster_recovery_events_total{event_type=\"fault_begun\",scenario=\"p\"} 0",
        "muster_disaster_recovery_events_total{event_type=\"restore_failed\",scenario=\"p\"} 0",
        "muster_disaster_recovery_duration_seconds_count{phase=\"recovery\",scenario=\"p\"} 0",
        "muster_disaster_recovery_state{state=\"normal\"} 1",
        "muster_disaster_recovery_state{state=\"disaster_recovery_active\"} 0",
        "muster_rto_compliance_ratio{scenario=\"p\"} 0",
        "muster_rpo_compliance_ratio_lower_bound{scenario=\"p\"} 0",
        "muster_ledger_writes_total{outcome=\"info\",scenario=\"p\"} 0",
        "muster_ledger_lost_writes_total{scenario=\"p\"} 0",
        "muster_drills_total{scenario=\"p\",verdict=\"invalid\"} 0",
        "muster_probe_operations_total{outcome=\"fail\",scenario=\"p\",stream=\"s\"} 0",
        "muster_probe_latency_seconds_count{scenario=\"p\",stream=\"s\"} 0",
        "muster_build_info{compiler=\"clang 19\",revision=\"86368ed\",version=\"0.1.0\"} 1"}) {
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("muster_drill_rto_seconds{")));  // nothing was measured
}

TEST(DrillMetrics, DrillDurationsUseTheRequiredBuckets) {
  metrics::DrillMetrics m(kBuild);
  m.phase_took("p", drill::Phase::Recovery, seconds(45));
  const std::string text = m.text();
  const std::pair<const char*, int> buckets[] = {{"30", 0},  {"60", 1},   {"180", 1},  {"300", 1},
                                                 {"600", 1}, {"1200", 1}, {"1800", 1}, {"+Inf", 1}};
  for (const auto& [edge, count] : buckets) {
    EXPECT_THAT(text,
                HasSubstr("muster_disaster_recovery_duration_seconds_bucket{phase=\"recovery\","
                          "scenario=\"p\",le=\"" +
                          std::string(edge) + "\"} " + std::to_string(count) + "\n"));
  }
}

TEST(DrillMetrics, StateIsExactlyOne) {
  metrics::DrillMetrics m(kBuild);
  m.state(drill::SystemState::FailoverInProgress);
  const std::string text = m.text();
  EXPECT_THAT(text,
              HasSubstr("muster_disaster_recovery_state{state=\"failover_in_progress\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("muster_disaster_recovery_state{state=\"normal\"} 0\n"));
}

TEST(DrillMetrics, LastDrillShowsBoundsAndVerdicts) {
  metrics::DrillMetrics m(kBuild);
  m.finished(finished_drill());
  const std::string text = m.text();
  for (const char* line :
       {"muster_drill_rto_seconds{bound=\"upper\",scenario=\"database-failover\"} 12.423",
        "muster_drill_rto_user_visible_seconds{bound=\"lower\",scenario=\"database-failover\"} "
        "12.4",
        "muster_drill_rpo_seconds{bound=\"upper\",scenario=\"database-failover\"} +Inf",
        "muster_drill_objective_seconds{objective=\"rto\",scenario=\"database-failover\"} 300",
        "muster_drill_verdict{objective=\"rpo\",scenario=\"database-failover\",verdict="
        "\"inconclusive\"} 1",
        "muster_drill_verdict{objective=\"rpo\",scenario=\"database-failover\",verdict=\"met\"} 0",
        "muster_drill_verdict{objective=\"all\",scenario=\"database-failover\",verdict=\"missed\"} "
        "1",
        "muster_drills_total{scenario=\"database-failover\",verdict=\"missed\"} 1",
        "muster_ledger_lost_writes_total{scenario=\"database-failover\"} 4",
        "muster_drill_compliance_score_ratio{scenario=\"database-failover\"} 0.9375",
        "muster_disaster_recovery_duration_seconds_count{phase=\"onset_to_detected\",scenario="
        "\"database-failover\"} 1"}) {
    EXPECT_THAT(text, HasSubstr(std::string(line) + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("decided_to_promoted")));  // it never ended
}

TEST(DrillMetrics, WhatWasNotAskedForHasNoSeries) {
  metrics::DrillMetrics m(kBuild);
  drill::Summary drill = finished_drill();
  m.finished(drill);
  m.compliance(drill.plan, {1, 0.05}, metrics::ComplianceRatio{0.5, 0.01});
  EXPECT_THAT(m.text(), HasSubstr("muster_rpo_compliance_ratio{"));
  drill.rpo = {};
  m.finished(drill);
  m.compliance(drill.plan, {1, 0.05}, {});
  for (const char* gone :
       {"muster_rpo_compliance_ratio{", "muster_rpo_compliance_ratio_lower_bound{",
        "muster_drill_rpo_seconds{", "objective=\"rpo\""}) {
    EXPECT_THAT(m.text(), Not(HasSubstr(gone)));
  }
  EXPECT_THAT(m.text(), HasSubstr("muster_rto_compliance_ratio{"));
  metrics::DrillMetrics fresh(kBuild);
  fresh.declare("p", false);
  EXPECT_THAT(fresh.text(), Not(HasSubstr("muster_rpo_compliance_ratio{")));
}

TEST(DrillMetrics, OnlyGoodOperationsHaveALatency) {
  metrics::DrillMetrics m(kBuild);
  m.probe("p", "s", drill::Outcome::Ok, millis(3));
  m.probe("p", "s", drill::Outcome::Info, seconds(30));
  const std::string text = m.text();
  EXPECT_THAT(text,
              HasSubstr("muster_probe_latency_seconds_count{scenario=\"p\",stream=\"s\"} 1\n"));
  EXPECT_THAT(
      text,
      HasSubstr("muster_probe_operations_total{outcome=\"info\",scenario=\"p\",stream=\"s\"} 1\n"));
}

TEST(DrillMetrics, HostileLabelsAreEscaped) {
  metrics::DrillMetrics m(kBuild);
  m.declare("a\"b\\c\nd");
  EXPECT_EQ(complaint(m.text()), "");
}

TEST(DrillMetrics, CountsFromManyThreads) {
  metrics::DrillMetrics m(kBuild);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&m] {
        for (int i = 0; i < 500; ++i) m.probe("p", "s", drill::Outcome::Ok, millis(1));
      });
    }
  }
  EXPECT_THAT(m.text(),
              HasSubstr("muster_probe_latency_seconds_count{scenario=\"p\",stream=\"s\"} 2000\n"));
}

}  // namespace
