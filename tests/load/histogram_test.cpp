#include "load/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace load {
namespace {

using base::Duration;

std::string bytes_of(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

/// Header of the V2 form, written by hand from its description.
std::string header(int payload, int digits, std::int64_t lowest, std::int64_t highest) {
  std::string out =
      bytes_of({0x1c, 0x84, 0x93, 0x13, 0, 0, 0, payload, 0, 0, 0, 0, 0, 0, 0, digits});
  for (const std::int64_t number : {lowest, highest}) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
  }
  return out + bytes_of({0x3f, 0xf0, 0, 0, 0, 0, 0, 0});  // 1.0
}

TEST(Histogram, PercentilesAreWithinATenthOfAPercentOfTheSortedValues) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    base::Random random(seed);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 3000; ++i) {
      // Log-uniform over 100 ns … 1,000 s: every magnitude of the layout.
      const double exponent = 2.0 + 10.0 * random.unit();
      values.push_back(static_cast<std::int64_t>(std::pow(10.0, exponent)));
      histogram.record(Duration(values.back()));
    }
    std::sort(values.begin(), values.end());
    for (const double percent : {0.1, 1.0, 25.0, 50.0, 75.0, 95.0, 99.0, 99.9, 100.0}) {
      const auto rank = static_cast<std::size_t>(
          std::max(1.0, std::ceil(percent / 100.0 * static_cast<double>(values.size()) - 1e-9)));
      const auto truth = static_cast<double>(values[rank - 1]);
      const auto got = static_cast<double>(histogram.percentile(percent).count());
      EXPECT_LE(std::abs(got - truth), 0.001 * truth) << percent;
    }
    EXPECT_EQ(histogram.max().count(), values.back());
    EXPECT_EQ(histogram.min().count(), values.front());
  }
}

TEST(Histogram, MeanAndDeviationMatchTheValues) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(base::millis(i));
  EXPECT_NEAR(base::to_millis(histogram.mean()), 500.5, 0.5);
  EXPECT_NEAR(base::to_millis(histogram.standard_deviation()), 288.675, 0.5);
  EXPECT_EQ(histogram.count(), 1000u);
}

TEST(Histogram, EmptyHasZerosAndClampsWhatItCannotHold) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(99), Duration(0));
  EXPECT_EQ(histogram.mean(), Duration(0));
  histogram.record(Duration(-5));
  histogram.record(base::seconds(7200), 2);
  histogram.record(base::seconds(1), 0);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.clamped(), 2u);
  EXPECT_EQ(histogram.min(), Duration(0));
  EXPECT_EQ(histogram.max(), base::seconds(3600));
}

TEST(Histogram, MergingEqualsRecordingEverythingInOne) {
  base::Random random(7);
  Histogram whole, parts[3];
  for (int i = 0; i < 5000; ++i) {
    const Duration value(random.between(0, 5'000'000'000));
    whole.record(value);
    parts[i % 3].record(value);
  }
  Histogram merged;
  for (const Histogram& part : parts) ASSERT_TRUE(merged.merge(part));
  EXPECT_EQ(merged.encode(), whole.encode());
  EXPECT_EQ(merged.max(), whole.max());
  EXPECT_EQ(merged.min(), whole.min());
  auto coarse = Histogram::create({1, 1'000'000, 2});
  ASSERT_TRUE(coarse);
  EXPECT_EQ(merged.merge(*coarse).error().code, base::Code::InvalidArgument);
}

TEST(Histogram, RefusesShapesThatMakeNoSense) {
  EXPECT_FALSE(Histogram::create({0, 100, 3}));
  EXPECT_FALSE(Histogram::create({10, 19, 3}));
  EXPECT_FALSE(Histogram::create({1, 100, 0}));
  EXPECT_FALSE(Histogram::create({1, 100, 6}));
  EXPECT_FALSE(
      Histogram::create({std::int64_t{1} << 41, std::numeric_limits<std::int64_t>::max(), 3}));
}

// Vectors worked out by hand from the published layout: 3 digits give 2,048 sub-buckets, so values
// up to 2,047 have a count of their own and 2,048 … 4,095 share one by two.
TEST(HistogramEncoding, MatchesVectorsOfTheFormat) {
  struct Case {
    const char* name;
    std::vector<std::pair<int, int>> values;  // value, times
    std::string payload;
  };
  const Case cases[] = {
      {"empty", {}, bytes_of({0x00})},
      {"zero once", {{0, 1}}, bytes_of({0x02})},
      {"one gap of one is a count of 0", {{1, 1}}, bytes_of({0x00, 0x02})},
      {"a gap of two is -2", {{2, 3}}, bytes_of({0x03, 0x06})},
      {"100 zeros, 64 times", {{100, 64}}, bytes_of({0xc7, 0x01, 0x80, 0x01})},
      // 2,048 and 2,049 share index 2,048; -2,048 in ZigZag is 4,095.
      {"second bucket", {{2048, 1}, {2049, 1}}, bytes_of({0xff, 0x1f, 0x04})},
      // 4,100 has index 2,048 + 1,024 + (4,100 - 4,096) / 4 = 3,073: -3,073 is 6,145.
      {"third bucket", {{4100, 1}}, bytes_of({0x81, 0x30, 0x02})},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    auto histogram = Histogram::create({1, 3'600'000, 3});
    ASSERT_TRUE(histogram);
    for (const auto& [value, times] : test.values) {
      histogram->record(Duration(value), static_cast<std::uint64_t>(times));
    }
    const std::string expected =
        header(static_cast<int>(test.payload.size()), 3, 1, 3'600'000) + test.payload;
    EXPECT_EQ(histogram->encode(), expected);
    auto back = Histogram::decode(expected);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->encode(), expected);
    EXPECT_EQ(back->count(), histogram->count());
  }
}

TEST(HistogramEncoding, LargestCountTakesNineBytes) {
  Histogram histogram;
  histogram.record(Duration(0), std::uint64_t{1} << 62);
  const std::string encoded = histogram.encode();
  EXPECT_EQ(encoded.size(), 49u);
  EXPECT_EQ(encoded.substr(40), bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}));
  auto back = Histogram::decode(encoded);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->count(), std::uint64_t{1} << 62);
}

TEST(HistogramEncoding, RoundTripKeepsPercentiles) {
  base::Random random(3);
  Histogram histogram;
  for (int i = 0; i < 10'000; ++i) histogram.record(Duration(random.between(1, 2'000'000'000)));
  auto back = Histogram::decode(histogram.encode());
  ASSERT_TRUE(back);
  for (const double percent : {1.0, 50.0, 95.0, 99.9}) {
    EXPECT_EQ(back->percentile(percent), histogram.percentile(percent));
  }
  EXPECT_EQ(back->mean(), histogram.mean());
}

TEST(HistogramEncoding, RefusesWhatDoesNotFitAndSaysWhy) {
  const std::string good = header(1, 3, 1, 3'600'000) + bytes_of({0x02});
  ASSERT_TRUE(Histogram::decode(good));
  struct Case {
    const char* name;
    std::string bytes;
    const char* message;
  };
  std::string cookie = good;
  cookie[3] = '\x14';
  std::string offset = good;
  offset[11] = '\x01';
  std::string ratio = good;
  ratio[32] = '\x40';
  const Case cases[] = {
      {"short", good.substr(0, 39), "shorter than its header"},
      {"cookie", cookie, "not HdrHistogram V2"},
      {"trailing byte", good + "x", "payload length"},
      {"offset", offset, "normalising offset"},
      {"ratio", ratio, "conversion ratio"},
      {"digits", header(1, 9, 1, 3'600'000) + bytes_of({0x02}), "digits"},
      {"cut count", header(1, 3, 1, 3'600'000) + bytes_of({0x80}), "inside a count"},
      {"too many zeros", header(4, 3, 1, 3'600'000) + bytes_of({0xff, 0xff, 0xff, 0x7f}),
       "more counts"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    auto result = Histogram::decode(test.bytes);
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find(test.message), std::string::npos)
        << result.error().message;
  }
}

// The zlib stream by RFC 1950/1951: 78 01, one stored block, Adler-32; checked with an independent
// inflater when the vector was made.
TEST(HistogramEncoding, LogFormIsBase64OfAStoredZlibStream) {
  auto histogram = Histogram::create({1, 3'600'000, 3});
  ASSERT_TRUE(histogram);
  histogram->record(Duration(0));
  EXPECT_EQ(histogram->encode_for_log(),
            "HISTFAAAADR4AQEpANb/HISTEwAAAAEAAAAAAAAAAwAAAAAAAAABAAAAAAA27oA/8AAAAAAAAAJOeQQh");
}

TEST(Histogram, TheLastPercentileOfMoreThan53BitsOfCountsIsTheMaximum) {
  Histogram histogram;
  histogram.record(base::millis(1), (std::uint64_t{1} << 60U) + 1);
  histogram.record(base::seconds(1));
  EXPECT_EQ(histogram.percentile(100), histogram.max());
  EXPECT_LT(histogram.percentile(50), base::millis(2));
}

}  // namespace
}  // namespace load
