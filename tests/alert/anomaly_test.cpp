#include "alert/anomaly.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}

double normal(base::Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

/// 40 values: half of them 9, half 11. Mean 10, sample deviation sqrt(40/39).
std::vector<double> nines_and_elevens(double level = 0) {
  std::vector<double> values;
  for (int i = 0; i < 40; ++i) values.push_back(level + (i % 2 == 0 ? 9.0 : 11.0));
  return values;
}
const double kDeviation = std::sqrt(40.0 / 39.0);

TEST(Anomaly, TheScoreIsTheDistanceFromTheMeanInSampleDeviations) {
  const std::vector<double> before = nines_and_elevens();
  EXPECT_NEAR(*z_score(before, 10), 0, 1e-12);
  EXPECT_NEAR(*z_score(before, 10 + 3 * kDeviation), 3, 1e-12);
  EXPECT_NEAR(*z_score(before, 10 - 5 * kDeviation), -5, 1e-12);
}

TEST(Anomaly, AHighLevelLosesNoDigits) {
  // A sum of squares minus a square of the sum would have nothing left of a deviation of 1 at 1e9.
  const double level = 1e9;
  EXPECT_NEAR(*z_score(nines_and_elevens(level), level + 10 + 3.5 * kDeviation), 3.5, 1e-6);
}

TEST(Anomaly, IsAWarningAboveThreeAndCriticalAboveFour) {
  EXPECT_EQ(judge_anomaly(3.0), kWithin);
  EXPECT_EQ(judge_anomaly(3.01), breached(Severity::Warning));
  EXPECT_EQ(judge_anomaly(-3.01), breached(Severity::Warning));
  EXPECT_EQ(judge_anomaly(4.0), breached(Severity::Warning));
  EXPECT_EQ(judge_anomaly(-4.01), breached(Severity::Critical));
  EXPECT_EQ(judge_anomaly(std::nullopt), kNoSample);
  EXPECT_EQ(judge_anomaly(kNan), kNoSample);
  AnomalyPolicy above;
  above.direction = Direction::Above;
  EXPECT_EQ(judge_anomaly(-9, above), kWithin);
  EXPECT_EQ(judge_anomaly(9, above), breached(Severity::Critical));
}

TEST(Anomaly, ThereIsNoneWithoutADeviationToDivideBy) {
  EXPECT_FALSE(z_score(std::vector<double>(40, 0.0), 1));
  EXPECT_FALSE(z_score(std::vector<double>(40, 0.1), 1e300));
  std::vector<double> rounding(40, 1e6);
  rounding[7] = std::nextafter(1e6, 2e6);
  EXPECT_FALSE(z_score(rounding, 2e6)) << "one unit in the last place is no deviation";
}

TEST(Anomaly, ThereIsNoneWithTooFewPoints) {
  const std::vector<double> values = nines_and_elevens();
  EXPECT_FALSE(z_score(std::span(values).first(29), 1000));
  EXPECT_TRUE(z_score(std::span(values).first(30), 1000));
  EXPECT_FALSE(z_score({}, 1, 0));
  EXPECT_FALSE(z_score(std::span(values).first(1), 1, 0));
}

TEST(Anomaly, ThereIsNoneOfWhatIsNoNumber) {
  std::vector<double> values = nines_and_elevens();
  EXPECT_FALSE(z_score(values, kNan));
  EXPECT_FALSE(z_score(values, std::numeric_limits<double>::infinity()));
  values[3] = kNan;
  EXPECT_FALSE(z_score(values, 1));
  values[3] = std::numeric_limits<double>::max();
  values[4] = std::numeric_limits<double>::lowest();
  EXPECT_FALSE(z_score(values, 1)) << "squares overflow";
}

TEST(AnomalyWatch, TellsASpikeAndThenItsEnd) {
  AnomalyWatch watch;
  std::int64_t second = 0;
  for (const double value : nines_and_elevens()) {
    EXPECT_EQ(watch.step(value, at(second += 5)), std::nullopt);
  }
  EXPECT_EQ(watch.alert().phase(), Phase::Quiet);
  EXPECT_EQ(watch.step(std::nullopt, at(second += 5)), std::nullopt);
  EXPECT_FALSE(watch.z());
  EXPECT_EQ(watch.step(100.0, at(second += 5)), (Notice{false, Severity::Critical}));
  EXPECT_EQ(watch.step(kNan, at(second += 5)), std::nullopt);
  EXPECT_EQ(watch.alert().phase(), Phase::Firing);
  EXPECT_EQ(watch.step(10.0, at(second += 5)), (Notice{true, Severity::Critical}));
}

TEST(AnomalyWatch, IsUnknownAsLongAsItHasTooLittleToJudgeBy) {
  AnomalyWatch watch;
  for (int i = 0; i < 30; ++i) watch.step(i == 29 ? 1e6 : i % 2, at(i));
  EXPECT_EQ(watch.alert().phase(), Phase::Unknown);
  watch.step(0.0, at(30));
  EXPECT_NE(watch.alert().phase(), Phase::Unknown);
}

// The header's figures: with m and s of 30 normal values, one in 160 is beyond 3 s.
TEST(Anomaly, OfNormalValuesIsAsRareAsStudentsTSays) {
  base::Random random(1);
  int beyond = 0;
  constexpr int kRuns = 40'000;
  std::vector<double> before(30);
  for (int run = 0; run < kRuns; ++run) {
    for (double& value : before) value = 50 + 7 * normal(random);
    if (judge_anomaly(z_score(before, 50 + 7 * normal(random))).breach) ++beyond;
  }
  EXPECT_NEAR(static_cast<double>(beyond) / kRuns, 1.0 / 160, 0.0016);  // four deviations
}

}  // namespace
}  // namespace alert
