#include "alert/health.h"

#include <gtest/gtest.h>

namespace alert {
namespace {

Samples calm() {
  Samples samples;
  samples.fill(1.0);
  return samples;
}

TEST(Health, IsUnknownBeforeTheFirstSample) {
  const Verdict verdict = judge_health(default_thresholds(), {});
  EXPECT_EQ(verdict.health, Health::Unknown);
  EXPECT_EQ(verdict.unmeasured.size(), kMeasures);
  EXPECT_EQ(http_status(verdict.health), 503);
}

TEST(Health, IsHealthyWithoutAnIssueAndNamesWhatWasNotMeasured) {
  EXPECT_EQ(judge_health(default_thresholds(), calm()).health, Health::Healthy);
  EXPECT_EQ(http_status(Health::Healthy), 200);
  Samples few;
  few[index(Measure::Cpu)] = 3;
  const Verdict verdict = judge_health(default_thresholds(), few);
  EXPECT_EQ(verdict.health, Health::Healthy);
  EXPECT_EQ(verdict.unmeasured.size(), kMeasures - 1);
  EXPECT_EQ(verdict.unmeasured[0], "memory");
}

TEST(Health, IsDegradedWithOneIssueAndUnhealthyWithTwo) {
  Samples samples = calm();
  samples[index(Measure::ErrorRate)] = 7.5;
  Verdict verdict = judge_health(default_thresholds(), samples);
  EXPECT_EQ(verdict.health, Health::Degraded);
  EXPECT_EQ(http_status(verdict.health), 503);
  ASSERT_EQ(verdict.issues.size(), 1u);
  EXPECT_EQ(verdict.issues[0], (Issue{"error_rate", 7.5, 5, "%", Severity::Critical}));

  samples[index(Measure::ResponseP95)] = 2500;
  verdict = judge_health(default_thresholds(), samples);
  EXPECT_EQ(verdict.health, Health::Unhealthy);
  EXPECT_EQ(http_status(verdict.health), 503);
  ASSERT_EQ(verdict.issues.size(), 2u);
  EXPECT_EQ(verdict.issues[0], (Issue{"response_p95", 2500, 2000, "ms", Severity::Warning}));

  samples[index(Measure::Cpu)] = 100;
  EXPECT_EQ(judge_health(default_thresholds(), samples).health, Health::Unhealthy);
}

const DatabaseLimits kLimits{.connections =
                                 default_thresholds()[index(Measure::DatabaseConnections)]};

TEST(Health, OfTheDatabaseIsItsOwn) {
  EXPECT_EQ(judge_database(kLimits, {}).health, Health::Unknown);
  EXPECT_EQ(judge_database(kLimits, {true, 200.0, 80.0}).health, Health::Healthy);
  EXPECT_EQ(judge_database(kLimits, {true, 201.0, 80.0}).health, Health::Degraded);
  EXPECT_EQ(judge_database(kLimits, {true, 201.0, 81.0}).health, Health::Unhealthy);

  const Verdict gone = judge_database(kLimits, {false, std::nullopt, std::nullopt});
  EXPECT_EQ(gone.health, Health::Degraded);
  ASSERT_EQ(gone.issues.size(), 1u);
  EXPECT_EQ(gone.issues[0], (Issue{"unreachable", 1, 0, "", Severity::Critical}));
  EXPECT_EQ(gone.unmeasured, (std::vector<std::string>{"answer", "connections", "pool_exhausted",
                                                       "read_only", "replication_lag"}));
}

TEST(Health, ADatabaseThatTakesNoWritesIsFineWhereNobodyWrites) {
  DatabaseSample sample{true, 1.0, 10.0, 0.0, false, 30.0};
  const Verdict standby = judge_database(kLimits, sample);
  ASSERT_EQ(standby.issues.size(), 1u);
  EXPECT_EQ(standby.issues[0], (Issue{"read_only", 1, 0, "", Severity::Critical}));
  DatabaseLimits reading = kLimits;
  reading.must_be_writable = false;
  EXPECT_EQ(judge_database(reading, sample).health, Health::Healthy);
  sample.writable = true;
  EXPECT_EQ(judge_database(kLimits, sample).health, Health::Healthy);
}

TEST(Health, OfTheDatabaseKnowsAPoolThatIsUsedUpAndAReplicaThatIsBehind) {
  const Verdict verdict = judge_database(kLimits, {true, 1.0, 10.0, 2.0, true, 30.5});
  EXPECT_EQ(verdict.health, Health::Unhealthy);
  ASSERT_EQ(verdict.issues.size(), 2u);
  EXPECT_EQ(verdict.issues[0], (Issue{"pool_exhausted", 2, 0, "", Severity::Critical}));
  EXPECT_EQ(verdict.issues[1], (Issue{"replication_lag", 30.5, 30, "s", Severity::Warning}));
}

}  // namespace
}  // namespace alert
