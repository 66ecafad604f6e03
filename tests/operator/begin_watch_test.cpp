#include "operator/begin_watch.h"

#include <gtest/gtest.h>

namespace op {
namespace {

constexpr base::Duration kWithin = base::seconds(100);
const base::TimePoint kBegin{base::seconds(5000)};
const base::WallTime kWall{base::seconds(1'800'000'000)};

/// Taken by whoever at that time.
cluster::DrillObject taken(base::WallTime at, const std::string& uid = "u") {
  cluster::DrillObject out;
  out.key = {"shop", "d"};
  out.uid = uid;
  out.status = *api::parse_json(R"({"phase":"Starting","conditions":[{"type":"Accepted",
      "status":"True","lastTransitionTime":")" +
                                cluster::time_text(at) + R"("}]})");
  return out;
}

TEST(BeginWatch, WhatIsWaitedForTooLongIsOverdue) {
  BeginWatch watch(kWithin);
  const auto drill = taken(kWall);
  EXPECT_FALSE(watch.is_overdue(drill, kBegin, kWall));
  EXPECT_FALSE(watch.is_overdue(drill, kBegin + kWithin, kWall + kWithin));
  EXPECT_TRUE(watch.is_overdue(drill, kBegin + kWithin + base::millis(1), kWall + kWithin));
}

TEST(BeginWatch, AStepOfTheClockIsNoLengthOfTime) {
  for (const int step : {-3600, 3600, 86'400}) {
    BeginWatch watch(kWithin);
    const auto drill = taken(kWall);
    EXPECT_FALSE(watch.is_overdue(drill, kBegin, kWall));
    const base::WallTime stepped = kWall + base::seconds(step);
    EXPECT_FALSE(watch.is_overdue(drill, kBegin + base::seconds(99), stepped)) << step;
    EXPECT_TRUE(watch.is_overdue(drill, kBegin + base::seconds(101), stepped)) << step;
  }
}

TEST(BeginWatch, OfWhatWasBeforeHalfCountsAtMost) {
  for (const auto& [before, left] :
       {std::pair(0, 100), {30, 70}, {50, 50}, {420, 50}, {-420, 100}}) {
    BeginWatch watch(kWithin);
    const auto drill = taken(kWall - base::seconds(before));
    EXPECT_FALSE(watch.is_overdue(drill, kBegin, kWall)) << before;
    EXPECT_FALSE(watch.is_overdue(drill, kBegin + base::seconds(left), kWall)) << before;
    EXPECT_TRUE(watch.is_overdue(drill, kBegin + base::seconds(left + 1), kWall)) << before;
  }
}

TEST(BeginWatch, OneThatHasBegunOrIsGoneIsForgotten) {
  BeginWatch watch(kWithin);
  EXPECT_FALSE(watch.is_overdue(taken(kWall), kBegin, kWall));
  EXPECT_EQ(watch.size(), 1U);
  auto claimed = taken(kWall);
  claimed.status.set("runner", api::Node::map().set("uid", "r"));
  EXPECT_FALSE(watch.is_overdue(claimed, kBegin + 2 * kWithin, kWall));
  EXPECT_EQ(watch.size(), 0U);
  EXPECT_FALSE(watch.is_overdue(taken(kWall), kBegin, kWall));
  watch.forget({"shop", "d"});
  EXPECT_EQ(watch.size(), 0U);
  // Another of the same name has its own time.
  EXPECT_FALSE(watch.is_overdue(taken(kWall), kBegin, kWall));
  EXPECT_FALSE(watch.is_overdue(taken(kWall, "v"), kBegin + 2 * kWithin, kWall));
}

}  // namespace
}  // namespace op
