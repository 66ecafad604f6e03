#include "traffic/sketch.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

using base::Duration;

SketchSum sum_of(const Sketch& sketch) {
  SketchSum sum;
  sum.add(sketch);
  return sum;
}

Duration clamped(double nanos) {
  return Duration(static_cast<std::int64_t>(std::clamp(nanos, 1e3, 3.6e12)));
}

double normal(base::Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

struct Distribution {
  const char* name;
  std::function<double(base::Random&)> nanos;
};

const Distribution kDistributions[] = {
    {"uniform to 1 s", [](base::Random& r) { return 1e9 * r.unit(); }},
    {"log-uniform from 1 us to 1 h",
     [](base::Random& r) { return std::pow(10, 3 + 9.557 * r.unit()); }},
    {"exponential of 20 ms", [](base::Random& r) { return r.exponential(20e6); }},
    {"log-normal", [](base::Random& r) { return 5e6 * std::exp(1.5 * normal(r)); }},
    {"Pareto 1.1 from 1 ms",
     [](base::Random& r) { return 1e6 * std::pow(1 - r.unit(), -1 / 1.1); }},
    {"Pareto 0.5 from 1 us", [](base::Random& r) { return 1e3 * std::pow(1 - r.unit(), -2); }},
    {"hits and misses",
     [](base::Random& r) { return r.chance(0.94) ? 80e3 + 1e3 * r.unit() : 3e9; }},
    {"always the same", [](base::Random&) { return 123'456'789.0; }},
    {"around a power of two", [](base::Random& r) { return 1'048'560 + 32 * r.unit(); }},
};

TEST(Sketch, QuantilesAreWithinOnePercentOfTheSortedValues) {
  for (const Distribution& distribution : kDistributions) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE(testing::Message() << distribution.name << ", seed " << seed);
      base::Random random(seed);
      Sketch sketch;
      std::vector<Duration> values;
      for (int i = 0; i < 4000; ++i) {
        values.push_back(clamped(distribution.nanos(random)));
        sketch.add(values.back());
      }
      std::sort(values.begin(), values.end());
      const SketchSum sum = sum_of(sketch);
      for (const double share : {0.0, 0.001, 0.05, 0.25, 0.5, 0.75, 0.94, 0.95, 0.99, 0.999, 1.0}) {
        const auto count = static_cast<double>(values.size());
        const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(share * count - 1e-9)));
        const auto truth = static_cast<double>(values[rank - 1].count());
        const auto got = static_cast<double>(sum.quantile(share).count());
        EXPECT_LE(std::abs(got - truth), 0.01 * truth) << share;
      }
    }
  }
}

TEST(Sketch, EveryBucketShowsBothItsEndsWithinOnePercent) {
  for (std::size_t bucket = 1; bucket < layout::kBuckets; ++bucket) {
    const std::uint64_t low = layout::lowest_of(bucket);
    const std::uint64_t high =
        bucket + 1 == layout::kBuckets ? layout::kHighest : layout::lowest_of(bucket + 1) - 1;
    const auto shown = static_cast<double>(layout::shown_as(bucket));
    ASSERT_LE(std::abs(shown - static_cast<double>(low)), 0.01 * static_cast<double>(low))
        << bucket;
    ASSERT_LE(std::abs(shown - static_cast<double>(high)), 0.01 * static_cast<double>(high));
    ASSERT_EQ(layout::bucket_of(low), bucket);
    ASSERT_EQ(layout::bucket_of(high), bucket);
  }
  EXPECT_EQ(layout::lowest_of(1), layout::kLowest);
  EXPECT_LE(sizeof(Sketch), 8192u);
}

TEST(Sketch, CountsAndMeanAreExact) {
  Sketch sketch;
  for (int i = 1; i <= 1000; ++i) sketch.add(base::millis(i));
  const SketchSum sum = sum_of(sketch);
  EXPECT_EQ(sum.count(), 1000u);
  EXPECT_EQ(sum.total(), base::millis(500'500));
  EXPECT_EQ(sum.mean(), base::Duration(500'500'000));
}

TEST(Sketch, OfNothingIsZeroAndExtremesAreClamped) {
  Sketch sketch;
  EXPECT_EQ(sum_of(sketch).quantile(0.5), Duration(0));
  EXPECT_EQ(sum_of(sketch).mean(), Duration(0));
  sketch.add(Duration::min());
  EXPECT_EQ(sum_of(sketch).total(), Duration(0));
  sketch.add(Duration::max());
  const SketchSum sum = sum_of(sketch);
  EXPECT_EQ(sum.count(), 2u);
  EXPECT_EQ(sum.total(), base::seconds(3600));
  EXPECT_EQ(sum.quantile(-1), Duration(500));
  EXPECT_NEAR(base::to_seconds(sum.quantile(1)), 3600, 36);
  EXPECT_EQ(sum.quantile(std::numeric_limits<double>::quiet_NaN()), sum.quantile(1));
}

TEST(Sketch, ShardsTogetherAreWhatOneWouldHaveBeen) {
  base::Random random(4);
  Sketch whole;
  std::vector<Sketch> shards(3);
  for (int i = 0; i < 9000; ++i) {
    const Duration value = clamped(random.exponential(1e8));
    whole.add(value);
    shards[random.below(3)].add(value);
  }
  SketchSum sum, halves;
  for (const Sketch& shard : shards) sum.add(shard);
  EXPECT_EQ(sum.counts(), sum_of(whole).counts());
  EXPECT_EQ(sum.total(), sum_of(whole).total());
  halves.add(sum);
  halves.add(sum);
  EXPECT_EQ(halves.count(), 18'000u);
  EXPECT_EQ(halves.quantile(0.9), sum.quantile(0.9));
  halves.clear();
  EXPECT_EQ(halves.count(), 0u);
  EXPECT_EQ(halves.counts(), SketchSum().counts());
}

TEST(Sketch, WhatCameInBetweenIsTheDifference) {
  Sketch sketch;
  sketch.add(base::millis(1));
  const SketchSum before = sum_of(sketch);
  for (int i = 0; i < 10; ++i) sketch.add(base::millis(50));
  const SketchSum between = sum_of(sketch).since(before);
  EXPECT_EQ(between.count(), 10u);
  EXPECT_EQ(between.total(), base::millis(500));
  EXPECT_NEAR(base::to_millis(between.quantile(0)), 50, 0.5);
  EXPECT_EQ(before.since(sum_of(sketch)).count(), 0u) << "never below nothing";
}

TEST(Sketch, CountsWithinABoundMissNoneAndAddAtMostTwoPercent) {
  base::Random random(8);
  Sketch sketch;
  std::vector<Duration> values;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(clamped(random.exponential(3e8)));
    sketch.add(values.back());
  }
  const SketchSum sum = sum_of(sketch);
  const std::vector<Duration> bounds = {Duration(-1),      Duration(0),       base::millis(1),
                                        base::millis(100), base::millis(250), base::seconds(4000)};
  std::vector<std::uint64_t> counts(bounds.size());
  sum.count_within(bounds, counts);
  for (std::size_t at = 0; at < bounds.size(); ++at) {
    SCOPED_TRACE(bounds[at].count());
    const auto exact = [&](Duration bound) {
      return static_cast<std::uint64_t>(std::count_if(
          values.begin(), values.end(), [bound](Duration value) { return value <= bound; }));
    };
    EXPECT_EQ(counts[at], sum.count_within(bounds[at]));
    EXPECT_GE(counts[at], exact(bounds[at]));
    EXPECT_LE(counts[at], exact(bounds[at] + bounds[at] / 50));
  }
  EXPECT_EQ(counts.front(), 0u);
  EXPECT_EQ(counts.back(), 5000u);
}

TEST(Sketch, ACountGoesOnBeyondThirtyTwoBitsAndStandsStillAtForty) {
  Sketch sketch;
  sketch.add_many(base::millis(7), UINT32_MAX);
  EXPECT_EQ(sum_of(sketch).count(), UINT32_MAX);
  sketch.add(base::millis(7));
  EXPECT_EQ(sum_of(sketch).count(), std::uint64_t{1} << 32U);
  sketch.add(base::millis(7));
  EXPECT_EQ(sum_of(sketch).count(), (std::uint64_t{1} << 32U) + 1);
  sketch.add_many(base::millis(7), std::uint64_t{1} << 50U);
  const std::uint64_t most = (std::uint64_t{1} << 40U) - 1;
  EXPECT_EQ(sum_of(sketch).count(), most);
  sketch.add(base::millis(7));
  EXPECT_EQ(sum_of(sketch).count(), most);
  EXPECT_NEAR(base::to_millis(sum_of(sketch).quantile(0.5)), 7, 0.07);
}

}  // namespace
}  // namespace traffic
