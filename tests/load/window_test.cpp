#include "load/window.h"

#include <gtest/gtest.h>

namespace load {
namespace {

Completed operation(int due_millis, int latency_millis, bool good, int user = 0) {
  Completed done;
  done.due = base::millis(due_millis);
  done.latency = base::millis(latency_millis);
  done.service = base::millis(latency_millis / 2);
  done.good = good;
  done.user = user;
  return done;
}

TEST(Apdex, FollowsThePublishedFormula) {
  Apdex apdex(base::millis(100));
  EXPECT_FALSE(apdex.score());
  apdex.add(true, base::millis(100));  // satisfied: T itself
  apdex.add(true, base::millis(101));  // tolerating
  apdex.add(true, base::millis(400));  // tolerating: 4 T itself
  apdex.add(true, base::millis(401));  // frustrated
  apdex.add(false, base::millis(1));   // an error is frustrated however fast
  EXPECT_DOUBLE_EQ(*apdex.score(), 2.0 / 5.0);
}

TEST(Window, CountsWhatWasDueInsideWhateverItsEnd) {
  Window window(base::seconds(1), base::seconds(3), base::millis(100));
  window.add(operation(999, 5000, true, 1));     // due before: ends inside, not counted
  window.add(operation(1000, 10'000, true, 2));  // due inside: ends outside, counted
  window.add(operation(2000, 50, true, 3));
  window.add(operation(2500, 50, false, 4));  // user 4 has no good operation
  window.add(operation(3000, 50, true, 5));   // due at the end: not inside
  EXPECT_EQ(window.operations(), 3u);
  EXPECT_EQ(window.errors(), 1u);
  EXPECT_EQ(window.users(), 2u);
  EXPECT_NEAR(*window.error_percent(), 33.33, 0.01);
  EXPECT_DOUBLE_EQ(*window.good_per_second(), 1.0);
  EXPECT_NEAR(*window.satisfaction_percent(), 33.33, 0.01);
  EXPECT_EQ(window.latency().count(), 2u);
  EXPECT_EQ(window.latency().max(), base::seconds(10));
  EXPECT_EQ(window.service().max(), base::seconds(5));
}

TEST(Window, WithNothingInItMeasuresNothing) {
  const Window window(base::seconds(1), base::seconds(1), base::millis(100));
  EXPECT_FALSE(window.error_percent());
  EXPECT_FALSE(window.good_per_second());
  EXPECT_FALSE(window.satisfaction_percent());
}

TEST(Window, PicksTheStatisticAskedFor) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(base::millis(i));
  EXPECT_NEAR(base::to_millis(pick(histogram, Statistic::P50)), 50, 0.05);
  EXPECT_NEAR(base::to_millis(pick(histogram, Statistic::P95)), 95, 0.1);
  EXPECT_NEAR(base::to_millis(pick(histogram, Statistic::P99)), 99, 0.1);
  EXPECT_NEAR(base::to_millis(pick(histogram, Statistic::Mean)), 50.5, 0.05);
  EXPECT_EQ(pick(histogram, Statistic::Max), base::millis(100));
}

}  // namespace
}  // namespace load
