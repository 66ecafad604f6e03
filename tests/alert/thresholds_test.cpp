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
  EXPECT_EQ(all[index(Measure::Cpu)], (Threshold{.warning = 80}));
  EXPECT_EQ(all[index(Measure::Memory)], (Threshold{.warning = 85}));
  EXPECT_EQ(all[index(Measure::Disk)], (Threshold{.critical = 90}));
  EXPECT_EQ(all[index(Measure::ResponseP95)], (Threshold{.warning = 2000}));
  EXPECT_EQ(all[index(Measure::ErrorRate)], (Threshold{.critical = 5}));
  EXPECT_EQ(all[index(Measure::DatabaseConnections)], (Threshold{.warning = 80}));
  for (std::size_t at = 0; at < kMeasures; ++at) {
    EXPECT_TRUE(check(static_cast<Measure>(at), all[at])) << at;
  }
}

TEST(Thresholds, AreBreachedAboveNotAt) {
  const Threshold limit{.warning = 80};
  EXPECT_EQ(judge(limit, 80.0), kWithin);
  EXPECT_EQ(judge(limit, 80.01), breached(Severity::Warning));
  EXPECT_EQ(judge(limit, -1.0), kWithin);
}

TEST(Thresholds, JudgeNothingThatWasNotMeasured) {
  const Threshold limit{.warning = 80};
  EXPECT_EQ(judge(limit, std::nullopt), kNoSample);
  EXPECT_EQ(judge(limit, std::numeric_limits<double>::quiet_NaN()), kNoSample);
  EXPECT_EQ(judge(limit, std::numeric_limits<double>::infinity()), kNoSample);
}

TEST(Thresholds, WarnAboveOneLimitAndAreCriticalAboveTheOther) {
  const Threshold both{.warning = 70, .critical = 85};
  EXPECT_EQ(judge(both, 70.0), kWithin);
  EXPECT_EQ(judge(both, 85.0), breached(Severity::Warning));
  EXPECT_EQ(judge(both, 85.1), breached(Severity::Critical));
  EXPECT_EQ(limit_of(both, Severity::Warning), 70);
  EXPECT_EQ(limit_of(both, Severity::Critical), 85);
  const Threshold one{.critical = 90};
  EXPECT_EQ(judge(one, 90.1), breached(Severity::Critical));
  EXPECT_EQ(limit_of(one, Severity::Warning), 90);
  EXPECT_EQ(judge({}, 1e9), kWithin);
}

TEST(Thresholds, RefuseLimitsThatMakeNoSense) {
  struct Case {
    Measure measure;
    Threshold threshold;
    const char* message;  // none: it is allowed
  };
  const Case cases[] = {
      {Measure::Cpu, {.warning = 0}, "warning 0 is not allowed: above 0 and at most 100 %"},
      {Measure::Memory, {.critical = 100.5}, "critical 100.5 is not allowed"},
      {Measure::Disk, {.warning = std::numeric_limits<double>::quiet_NaN()}, "warning nan"},
      {Measure::ResponseP95, {.warning = -1}, "warning -1 is not allowed"},
      {Measure::ResponseP95, {.warning = 86'400'001}, "at most 86400000 ms"},
      {Measure::ErrorRate,
       {.warning = 6, .critical = 5},
       "warning 6 is not allowed: at most critical, which is 5"},
      {Measure::ResponseP95, {.warning = 60'000}, nullptr},
      {Measure::Cpu, {.warning = 100, .critical = 100}, nullptr},
  };
  for (const Case& test : cases) {
    const auto result = check(test.measure, test.threshold);
    ASSERT_EQ(result.has_value(), test.message == nullptr) << name(test.measure);
    if (result) continue;
    EXPECT_NE(result.error().message.find(test.message), std::string::npos)
        << result.error().message;
  }
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
  higher[index(Measure::Cpu)].warning = 90;
  alerts.set(higher);
  EXPECT_EQ(alerts.alert(Measure::Cpu).phase(), Phase::Firing);
  const auto told = alerts.step(samples, at(5));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].notice.resolved);
}

TEST(ThresholdAlerts, TellWhatGrowsWorseAtOnceWithTheLimitThatItIsAbove) {
  Thresholds thresholds = default_thresholds();
  thresholds[index(Measure::Cpu)] = {.warning = 70, .critical = 85};
  ThresholdAlerts alerts(thresholds);
  Samples samples;
  samples[index(Measure::Cpu)] = 80;
  const auto warned = alerts.step(samples, at(0));
  ASSERT_EQ(warned.size(), 1u);
  EXPECT_EQ(warned[0], (ThresholdAlerts::Told{Measure::Cpu, {false, Severity::Warning}, 80, 70}));
  samples[index(Measure::Cpu)] = 90;
  const auto worse = alerts.step(samples, at(5));
  ASSERT_EQ(worse.size(), 1u);
  EXPECT_EQ(worse[0], (ThresholdAlerts::Told{Measure::Cpu, {false, Severity::Critical}, 90, 85}));
}

}  // namespace
}  // namespace alert
