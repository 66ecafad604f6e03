#include "traffic/packed_series.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

Ended ended(int status, base::Duration duration) {
  Ended out;
  out.status = status;
  out.duration = duration;
  return out;
}

SeriesSum sum_of(const Series& series) {
  SeriesSum out;
  out.add(series);
  return out;
}

SeriesCounts counts_of(const Series& series) {
  SeriesCounts out;
  out.set(sum_of(series));
  return out;
}

/// More statuses than a series has places for, and durations of all sizes.
void serve(Series& series, base::Random& random, int times) {
  for (int i = 0; i < times; ++i) {
    const auto status = static_cast<int>(random.below(650));
    const auto nanos = static_cast<std::int64_t>(random.next() >> random.below(64));
    series.add(ended(status, base::Duration(std::abs(nanos))));
  }
}

void expect_equal(const SeriesCounts& one, const SeriesCounts& other) {
  EXPECT_EQ(one.statuses(), other.statuses());
  EXPECT_EQ(one.nanos(), other.nanos());
  SketchSum sketch, another;
  one.add_to(sketch);
  other.add_to(another);
  EXPECT_EQ(sketch.counts(), another.counts());
}

TEST(PackedSeries, HoldsAllOfASeries) {
  base::Random random(1);
  for (const int times : {1, 10, 3000}) {
    Series series;
    serve(series, random, times);
    const SeriesCounts counts = counts_of(series);
    EXPECT_EQ(counts.requests(), static_cast<std::uint64_t>(times));
    EXPECT_EQ(counts.errors(400), sum_of(series).errors(400));
    EXPECT_EQ(counts.errors(500), sum_of(series).errors(500));
    SeriesCounts again;
    again.add(counts.pack());
    expect_equal(again, counts);
    EXPECT_EQ(again.pack(), counts.pack());
  }
}

TEST(PackedSeries, ADifferenceAndWhatWasBeforeAreAllOfIt) {
  base::Random random(2);
  Series series;
  serve(series, random, 500);
  const std::string before = counts_of(series).pack();
  serve(series, random, 700);
  SeriesCounts between = counts_of(series);
  between.subtract(before);
  EXPECT_EQ(between.requests(), 700U);
  SeriesCounts sum;
  sum.add(between.pack());
  sum.add(before);
  expect_equal(sum, counts_of(series));
}

TEST(PackedSeries, NothingIsNoBytesAndUsualTrafficFew) {
  EXPECT_EQ(SeriesCounts().pack(), "");
  Series series;
  base::Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    series.add(ended(
        i % 100 == 0 ? 500 : 200,
        base::millis(20) + base::Duration(static_cast<std::int64_t>(random.below(10'000'000)))));
  }
  EXPECT_LT(counts_of(series).pack().size(), 120U);
}

TEST(PackedSeries, IsTotalOverAnyBytes) {
  base::Random random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random.below(64), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    SeriesCounts counts;
    counts.add(bytes);
    counts.add(bytes);
    counts.subtract(bytes);
    SeriesCounts again;
    again.add(counts.pack());
    EXPECT_EQ(again.pack(), counts.pack());
  }
}

}  // namespace
}  // namespace traffic
