#include "alert/thresholds.h"

#include <limits>

#include <gtest/gtest.h>

namespace alert {
namespace {

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}

TEST(Thresholds, HaveTheDefaultsOfTheRequirements) {
  const Thresholds all = default_thresholds();
  EXPECT_EQ(all[index(Measure::Cpu)], (Threshold{80, Severity::Warning}));
  EXPECT_EQ(all[index(Measure::Memory)], (Threshold{85, Severity::Warning}));
  EXPECT_EQ(all[index(Measure::Disk)], (Threshold{90, Severity::Critical}));
  EXPECT_EQ(all[index(Measure::ResponseP95)], (Threshold{2000, Severity::Warning}));
  EXPECT_EQ(all[index(Measure::ErrorRate)], (Threshold{5, Severity::Critical}));
  EXPECT_EQ(all[index(Measure::DatabaseConnections)], (Threshold{80, Severity::Warning}));
  EXPECT_TRUE(check(all));
}

TEST(Thresholds, AreBreachedAboveNotAt) {
  const Threshold limit{80, Severity::Warning};
  EXPECT_EQ(judge(limit, 80.0), kWithin);
  EXPECT_EQ(judge(limit, 80.01), breached(Severity::Warning));
  EXPECT_EQ(judge(limit, -1.0), kWithin);
}

TEST(Thresholds, JudgeNothingThatWasNotMeasured) {
  const Threshold limit{80, Severity::Warning};
  EXPECT_EQ(judge(limit, std::nullopt), kNoSample);
  EXPECT_EQ(judge(limit, std::numeric_limits<double>::quiet_NaN()), kNoSample);
  EXPECT_EQ(judge(limit, std::numeric_limits<double>::infinity()), kNoSample);
}

TEST(Thresholds, RefuseLimitsThatMakeNoSense) {
  struct Case {
    Measure measure;
    double limit;
    const char* message;
  };
  const Case cases[] = {
      {Measure::Cpu, 0, "cpu"},
      {Measure::Memory, 101, "memory"},
      {Measure::Disk, std::numeric_limits<double>::quiet_NaN(), "disk"},
      {Measure::ResponseP95, -1, "response_p95"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.message);
    Thresholds all = default_thresholds();
    all[index(test.measure)].limit = test.limit;
    const auto result = check(all);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find(test.message), std::string::npos);
  }
  Thresholds slow = default_thresholds();
  slow[index(Measure::ResponseP95)].limit = 60'000;
  EXPECT_TRUE(check(slow)) << "milliseconds are no share";
}

TEST(Thresholds, OfAPoolAreAShareOfIt) {
  EXPECT_EQ(pool_percent(8, 10), 80.0);
  EXPECT_EQ(pool_percent(0, 10), 0.0);
  EXPECT_FALSE(pool_percent(3, 0));
}

TEST(ThresholdAlerts, WatchEachMeasureByItself) {
  ThresholdAlerts alerts;
  Samples samples;
  samples[index(Measure::Cpu)] = 95;
  samples[index(Measure::Disk)] = 91;
  samples[index(Measure::Memory)] = 10;
  const auto told = alerts.step(samples, at(0));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0], (ThresholdAlerts::Told{Measure::Cpu, {false, Severity::Warning}, 95, 80}));
  EXPECT_EQ(told[1], (ThresholdAlerts::Told{Measure::Disk, {false, Severity::Critical}, 91, 90}));
  EXPECT_EQ(alerts.alert(Measure::Memory).phase(), Phase::Quiet);
  EXPECT_EQ(alerts.alert(Measure::ErrorRate).phase(), Phase::Unknown);

  samples = {};
  samples[index(Measure::Disk)] = 50;
  const auto ended = alerts.step(samples, at(5));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0], (ThresholdAlerts::Told{Measure::Disk, {true, Severity::Critical}, 50, 90}));
  EXPECT_EQ(alerts.alert(Measure::Cpu).phase(), Phase::Firing) << "no sample resolves nothing";
}

TEST(ThresholdAlerts, TakeNewLimitsWithTheNextSample) {
  ThresholdAlerts alerts;
  Samples samples;
  samples[index(Measure::Cpu)] = 85;
  EXPECT_EQ(alerts.step(samples, at(0)).size(), 1u);
  Thresholds higher = default_thresholds();
  higher[index(Measure::Cpu)].limit = 90;
  alerts.set(higher);
  EXPECT_EQ(alerts.alert(Measure::Cpu).phase(), Phase::Firing);
  const auto told = alerts.step(samples, at(5));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].notice.resolved);
}

}  // namespace
}  // namespace alert
