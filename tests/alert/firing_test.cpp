#include "alert/firing.h"

#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}
constexpr Notice fires(Severity severity) {
  return {false, severity};
}
constexpr Notice resolved(Severity severity) {
  return {true, severity};
}

TEST(Alert, IsUnknownUntilTheFirstSample) {
  Alert alert;
  EXPECT_EQ(alert.step(kNoSample, at(0)), std::nullopt);
  EXPECT_EQ(alert.phase(), Phase::Unknown);
  EXPECT_FALSE(alert.since());
  EXPECT_EQ(alert.step(kWithin, at(1)), std::nullopt);
  EXPECT_EQ(alert.phase(), Phase::Quiet);
  EXPECT_EQ(alert.since(), at(1));
}

TEST(Alert, FiresAtTheFirstBreachAndResolvesOnce) {
  Alert alert;
  EXPECT_EQ(alert.step(breached(Severity::Warning), at(0)), fires(Severity::Warning));
  EXPECT_EQ(alert.phase(), Phase::Firing);
  EXPECT_EQ(alert.step(kWithin, at(5)), resolved(Severity::Warning));
  EXPECT_EQ(alert.step(kWithin, at(10)), std::nullopt);
  EXPECT_EQ(alert.phase(), Phase::Quiet);
  EXPECT_EQ(alert.since(), at(5));
}

TEST(Alert, WithoutASampleForLongHasEndedWhereItIsForgotten) {
  Alert alert({.forget_after = base::seconds(60)});
  alert.step(breached(Severity::Critical), at(0));
  EXPECT_EQ(alert.step(kNoSample, at(5)), std::nullopt);
  EXPECT_EQ(alert.step(kNoSample, at(64)), std::nullopt);
  EXPECT_EQ(alert.phase(), Phase::Firing);
  alert.step(breached(Severity::Critical), at(65));  // a gap, and no more
  EXPECT_EQ(alert.step(kNoSample, at(70)), std::nullopt);
  EXPECT_EQ(alert.step(kNoSample, at(130)), resolved(Severity::Critical));
  EXPECT_EQ(alert.phase(), Phase::Unknown);
  EXPECT_EQ(alert.step(kNoSample, at(900)), std::nullopt);
  EXPECT_EQ(alert.step(kWithin, at(905)), std::nullopt);
  EXPECT_EQ(alert.step(breached(Severity::Warning), at(910)), fires(Severity::Warning));
}

TEST(Alert, WithoutASampleNeitherFiresNorResolves) {
  Alert alert;
  alert.step(breached(Severity::Critical), at(0));
  EXPECT_EQ(alert.step(kNoSample, at(5)), std::nullopt);
  EXPECT_EQ(alert.phase(), Phase::Firing);
  EXPECT_EQ(alert.step(kNoSample, at(900)), std::nullopt) << "no reminder without a sample either";
  EXPECT_EQ(alert.since(), at(0));
}

TEST(Alert, ThatFlapsIsToldOnceInACooldown) {
  Alert alert;
  EXPECT_TRUE(alert.step(breached(Severity::Warning), at(0)));
  EXPECT_TRUE(alert.step(kWithin, at(5)));
  for (int second = 10; second < 300; second += 10) {
    EXPECT_EQ(alert.step(breached(Severity::Warning), at(second)), std::nullopt) << second;
    EXPECT_EQ(alert.phase(), Phase::Firing);
    EXPECT_EQ(alert.step(kWithin, at(second + 5)), std::nullopt)
        << "the end of what nobody was told of";
  }
  EXPECT_EQ(alert.step(breached(Severity::Warning), at(300)), fires(Severity::Warning));
  EXPECT_EQ(alert.step(kWithin, at(305)), resolved(Severity::Warning));
}

TEST(Alert, ThatLastsIsToldAgainAfterEachCooldown) {
  Alert alert;
  std::vector<std::int64_t> told;
  for (std::int64_t second = 0; second <= 1000; second += 5) {
    if (alert.step(breached(Severity::Warning), at(second))) told.push_back(second);
  }
  EXPECT_EQ(told, (std::vector<std::int64_t>{0, 300, 600, 900}));
  EXPECT_EQ(alert.since(), at(0));
}

TEST(Alert, ThatGrowsWorseIsToldAtOnceAndEachSeverityCoolsAlone) {
  Alert alert;
  EXPECT_EQ(alert.step(breached(Severity::Low), at(0)), fires(Severity::Low));
  EXPECT_EQ(alert.step(breached(Severity::Critical), at(1)), fires(Severity::Critical));
  EXPECT_EQ(alert.step(breached(Severity::Low), at(2)), std::nullopt);
  EXPECT_EQ(alert.step(breached(Severity::Critical), at(299)), std::nullopt);
  EXPECT_EQ(alert.step(breached(Severity::Low), at(300)), fires(Severity::Low));
  EXPECT_EQ(alert.step(breached(Severity::Critical), at(301)), fires(Severity::Critical));
  EXPECT_EQ(alert.step(kWithin, at(302)), resolved(Severity::Critical));
}

TEST(Alert, ResolvesOnlyAfterItWasQuietForAsLongAsAsked) {
  FiringPolicy policy;
  policy.resolve_after = base::seconds(60);
  Alert alert(policy);
  alert.step(breached(Severity::Low), at(0));
  EXPECT_EQ(alert.step(kWithin, at(10)), std::nullopt);
  EXPECT_EQ(alert.step(kWithin, at(69)), std::nullopt);
  EXPECT_EQ(alert.step(breached(Severity::Low), at(69)), std::nullopt);
  EXPECT_EQ(alert.step(kWithin, at(75)), std::nullopt);
  EXPECT_EQ(alert.phase(), Phase::Firing);
  EXPECT_EQ(alert.step(kWithin, at(135)), resolved(Severity::Low));
}

// Whatever the readings: no severity is told twice in a cool-down, an end is told only of what was
// told, and the state is that of the last reading.
TEST(Alert, KeepsItsPromisesOverDrawnReadings) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random(seed);
    Alert alert;
    std::array<std::optional<std::int64_t>, kSeverities> told_at;
    bool open = false;
    std::int64_t second = 0;
    for (int step = 0; step < 500; ++step) {
      second += random.between(0, 40);
      Reading reading = kNoSample;
      if (random.chance(0.4)) reading = kWithin;
      if (random.chance(0.4)) reading = breached(static_cast<Severity>(random.below(kSeverities)));
      const Phase before = alert.phase();
      const auto notice = alert.step(reading, at(second));
      if (!reading.sampled) {
        ASSERT_FALSE(notice);
        ASSERT_EQ(alert.phase(), before);
        continue;
      }
      ASSERT_EQ(alert.phase(), reading.breach ? Phase::Firing : Phase::Quiet);
      if (notice && notice->resolved) {
        ASSERT_TRUE(open && !reading.breach);
      } else if (notice) {
        ASSERT_EQ(notice->severity, *reading.breach);
        auto& last = told_at[static_cast<std::size_t>(notice->severity)];
        ASSERT_TRUE(!last || second - *last >= 300);
        last = second;
      } else {
        ASSERT_FALSE(open && !reading.breach) << "an end that was not told";
      }
      open = reading.breach && (open || notice);
    }
  }
}

}  // namespace
}  // namespace alert
