#include "alert/outlook.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace alert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OutlookTest : public testing::Test {
 protected:
  /// One series has this value five seconds later, the others none.
  std::vector<Outlook::Told> step(Series series, double value) {
    SeriesValues values;
    values[index(series)] = value;
    now += base::seconds(5);
    return outlook.step(values, now);
  }
  void settle(Series series, int count = 60) {
    for (int i = 0; i < count; ++i) {
      ASSERT_THAT(step(series, i % 2 == 0 ? 9 : 11), IsEmpty()) << i;
    }
  }

  Outlook outlook;
  base::TimePoint now{base::seconds(100)};
};

TEST_F(OutlookTest, TellsAJumpOfEachSeriesAndItsEnd) {
  for (std::size_t i = 0; i < kSeriesCount; ++i) {
    const auto series = static_cast<Series>(i);
    SCOPED_TRACE(name(series));
    settle(series);
    EXPECT_THAT(step(series, 100),
                ElementsAre(Outlook::Told{series, false, {false, Severity::Critical}, 100}));
    EXPECT_EQ(outlook.state(series).anomaly.phase(), Phase::Firing);
    EXPECT_GT(outlook.state(series).z.value_or(0), 4);
    EXPECT_THAT(step(series, 10),
                ElementsAre(Outlook::Told{series, false, {true, Severity::Critical}, 10}));
    EXPECT_EQ(outlook.state(series).anomalies_told, 1U);
  }
}

TEST_F(OutlookTest, ADropIsOneOfTheRateOfRequestsOnly) {
  for (std::size_t i = 0; i < kSeriesCount; ++i) {
    const auto series = static_cast<Series>(i);
    SCOPED_TRACE(name(series));
    settle(series);
    EXPECT_EQ(step(series, 1).empty(), series != Series::RequestRate);
  }
}

TEST_F(OutlookTest, ASecondJumpWithinTheCoolDownIsToldOnce) {
  settle(Series::Cpu);
  EXPECT_EQ(step(Series::Cpu, 100).size(), 1U);
  EXPECT_EQ(step(Series::Cpu, 10).size(), 1U) << "resolved";
  EXPECT_THAT(step(Series::Cpu, 1000), IsEmpty());
  EXPECT_EQ(outlook.state(Series::Cpu).anomaly.phase(), Phase::Firing) << "it is one all the same";
  EXPECT_EQ(outlook.state(Series::Cpu).anomalies_told, 1U);
}

TEST_F(OutlookTest, TellsATurnUpwardAndItsEnd) {
  int fired = 0, ended = 0;
  for (int x = 0; x < 300; ++x) {
    const double value = x < 100 ? 1.0 : x < 120 ? 1.0 + (x - 100) * 3.0 : 58.0;
    for (const Outlook::Told& told : step(Series::Memory, value)) {
      if (told.trend) (told.notice.resolved ? ended : fired)++;
    }
    if (x == 118) {
      EXPECT_EQ(outlook.state(Series::Memory).trend.phase(), Phase::Firing);
      ASSERT_TRUE(outlook.state(Series::Memory).forecast);
      EXPECT_EQ(outlook.state(Series::Memory).forecast->next.size(), 3U);
    }
  }
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(outlook.state(Series::Memory).trends_told, 1U);
}

TEST_F(OutlookTest, WhatIsNotMeasuredIsUnknown) {
  settle(Series::Cpu);
  EXPECT_EQ(outlook.state(Series::Cpu).anomaly.phase(), Phase::Quiet);
  EXPECT_EQ(outlook.state(Series::Disk).anomaly.phase(), Phase::Unknown);
  EXPECT_FALSE(outlook.state(Series::Disk).forecast);
  EXPECT_THAT(step(Series::Cpu, std::numeric_limits<double>::quiet_NaN()), IsEmpty());
  EXPECT_EQ(outlook.state(Series::Cpu).value, 11) << "the newest that there was";
  EXPECT_EQ(outlook.state(Series::Cpu).anomaly.phase(), Phase::Quiet);
}

TEST_F(OutlookTest, IsAsStrictAsItIsSet) {
  OutlookSettings settings;
  settings.warning_above = 50;
  settings.critical_above = 80;
  outlook = Outlook(settings);
  settle(Series::Cpu);
  EXPECT_THAT(step(Series::Cpu, 20), IsEmpty()) << "z of 10";
  outlook = Outlook(settings);
  settle(Series::Cpu);
  const auto told = step(Series::Cpu, 70);  // z of 60
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].notice.severity, Severity::Warning);
}

TEST_F(OutlookTest, OffItTellsNothing) {
  OutlookSettings settings;
  settings.on = false;
  outlook = Outlook(settings);
  settle(Series::Cpu);
  EXPECT_THAT(step(Series::Cpu, 1000), IsEmpty());
  EXPECT_EQ(outlook.state(Series::Cpu).anomaly.phase(), Phase::Unknown);
}

TEST(OutlookSettings, AreChecked) {
  EXPECT_TRUE(check(OutlookSettings{}));
  const auto why = [](auto change) {
    OutlookSettings settings;
    change(settings);
    const auto checked = check(settings);
    return checked ? std::string("taken") : checked.error().message;
  };
  EXPECT_THAT(why([](auto& s) { s.warning_above = 0.5; }), HasSubstr("score of a warning 0.5"));
  EXPECT_THAT(why([](auto& s) { s.critical_above = 2.9; }), HasSubstr("2.9"));
  EXPECT_THAT(why([](auto& s) { s.forecast.steps = 0; }), HasSubstr("steps"));
  EXPECT_THAT(why([](auto& s) { s.forecast.steps = 61; }), HasSubstr("61"));
  EXPECT_THAT(why([](auto& s) { s.forecast.ratio = std::numeric_limits<double>::quiet_NaN(); }),
              HasSubstr("ratio"));
}

}  // namespace
}  // namespace alert
