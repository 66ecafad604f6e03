#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/otlp.h"
#include "ingest/otlp_build.h"
#include "ingest/protobuf_write.h"

namespace ingest {
namespace {

/// As JSON and as protobuf, whose numbers of buckets are packed or not.
enum class As { Json, Packed, Single };

std::string json_of(const OtlpExponential& sent) {
  const auto list = [](const std::vector<std::uint64_t>& counts) {
    std::string out;
    for (const std::uint64_t one : counts)
      out += (out.empty() ? "\"" : ",\"") + std::to_string(one) + "\"";
    return "[" + out + "]";
  };
  const auto side = [&](const OtlpExponential::Side& one) {
    return R"({"offset":)" + std::to_string(one.offset) + R"(,"bucketCounts":)" + list(one.counts) +
           "}";
  };
  std::string point = R"({"count":")" + std::to_string(sent.count) + R"(","scale":)" +
                      std::to_string(sent.scale) + R"(,"zeroCount":")" +
                      std::to_string(sent.zero_count) + R"(","zeroThreshold":)" +
                      std::to_string(sent.zero_threshold) + R"(,"positive":)" +
                      side(sent.positive) + R"(,"negative":)" + side(sent.negative);
  if (sent.sum) point += R"(,"sum":)" + std::to_string(*sent.sum);
  if (sent.min) point += R"(,"min":)" + std::to_string(*sent.min);
  if (sent.max) point += R"(,"max":)" + std::to_string(*sent.max);
  if (sent.none) point += R"(,"flags":1)";
  point += R"(,"attributes":[{"key":"route","value":{"stringValue":"/a"}}]})";
  return R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"took","exponentialHistogram":)"
         R"({"aggregationTemporality":1,"dataPoints":[)" +
         point + "]}}]}]}]}";
}

std::uint64_t zigzagged(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
}

std::string protobuf_of(const OtlpExponential& sent, bool packed) {
  const auto side = [&](const OtlpExponential::Side& one) {
    ProtobufWriter out;
    out.varint(1, zigzagged(one.offset));
    std::string all;
    for (const std::uint64_t count : one.counts) {
      if (!packed) out.varint(2, count);
      ProtobufWriter number;
      number.varint(1, count);
      all += number.text().substr(1);  // behind its tag
    }
    if (packed) out.bytes(2, all);
    return out;
  };
  ProtobufWriter value, attribute, point, data, metric, scope, resource, whole;
  value.bytes(1, "/a");
  attribute.bytes(1, "route");
  attribute.message(2, value);
  point.message(1, attribute);
  point.fixed64(4, sent.count);
  if (sent.sum) point.real(5, *sent.sum);
  point.varint(6, zigzagged(sent.scale));
  point.fixed64(7, sent.zero_count);
  point.message(8, side(sent.positive));
  point.message(9, side(sent.negative));
  if (sent.none) point.varint(10, 1);
  if (sent.min) point.real(12, *sent.min);
  if (sent.max) point.real(13, *sent.max);
  point.real(14, sent.zero_threshold);
  data.message(1, point);
  data.varint(2, 1);
  metric.bytes(1, "took");
  metric.message(10, data);
  scope.message(2, metric);
  resource.message(2, scope);
  whole.message(1, resource);
  return whole.text();
}

base::Result<OtlpMetrics> read(const OtlpExponential& sent, As as) {
  return as == As::Json
             ? parse_otlp_metrics(json_of(sent), OtlpFormat::Json)
             : parse_otlp_metrics(protobuf_of(sent, as == As::Packed), OtlpFormat::Protobuf);
}

double at_most(const Distribution& of, double bound) {
  const auto& bounds = Distribution::bounds();
  const auto at = std::ranges::find(bounds, bound) - bounds.begin();
  return of.at_most(static_cast<std::size_t>(at));
}

/// Of scale 0: two below -1, one of nothing, one up to 2, three up to 4, one up to 8.
OtlpExponential usual() {
  OtlpExponential out;
  out.count = 8;
  out.zero_count = 1;
  out.sum = 12.5;
  out.positive = {0, {1, 3, 1}};
  out.negative = {0, {2}};
  return out;
}

class OtlpExponentialTest : public ::testing::TestWithParam<As> {};
INSTANTIATE_TEST_SUITE_P(Forms, OtlpExponentialTest,
                         ::testing::Values(As::Json, As::Packed, As::Single));

TEST_P(OtlpExponentialTest, IsAHistogramAsAnyOther) {
  const auto metrics = read(usual(), GetParam());
  ASSERT_TRUE(metrics) << metrics.error().message;
  EXPECT_EQ(metrics->skipped, 0U);
  ASSERT_EQ(metrics->points.size(), 1U);
  const OtlpPoint& point = metrics->points[0];
  EXPECT_EQ(point.name, "took");
  EXPECT_EQ(point.kind, OtlpKind::Histogram);
  EXPECT_TRUE(point.delta);
  EXPECT_EQ(point.attributes, (std::vector<std::pair<std::string, std::string>>{{"route", "/a"}}));
  EXPECT_EQ(point.buckets.count(), 8);
  EXPECT_EQ(point.buckets.sum(), 12.5);
  EXPECT_EQ(point.buckets.min(), -2) << "the bound of the lowest bucket";
  EXPECT_EQ(point.buckets.max(), 8);
  EXPECT_EQ(at_most(point.buckets, 0.001), 3);
  EXPECT_EQ(at_most(point.buckets, 1), 3);
  EXPECT_EQ(at_most(point.buckets, 2), 4);
  EXPECT_EQ(at_most(point.buckets, 5), 7);
  EXPECT_EQ(at_most(point.buckets, 10), 8);
}

TEST_P(OtlpExponentialTest, ScaleAndOffsetSayWhereABucketIs) {
  OtlpExponential sent;
  sent.count = 3;
  sent.scale = 3;                   // of 2^(1/8)
  sent.positive = {79, {1, 0, 2}};  // up to 2^10 = 1,024, and up to 2^(82/8) = 1,218
  sent.min = 1000;
  sent.max = 1200;
  auto metrics = read(sent, GetParam());
  ASSERT_TRUE(metrics && metrics->points.size() == 1);
  EXPECT_EQ(metrics->points[0].buckets.min(), 1000);
  EXPECT_EQ(metrics->points[0].buckets.max(), 1200);
  EXPECT_EQ(at_most(metrics->points[0].buckets, 1e3), 0);
  EXPECT_EQ(at_most(metrics->points[0].buckets, 2e3), 3);
  sent = {};
  sent.count = 5;
  sent.scale = -1;            // of 4
  sent.positive = {-3, {5}};  // up to 4^-2 = 0.0625
  metrics = read(sent, GetParam());
  ASSERT_TRUE(metrics && metrics->points.size() == 1);
  EXPECT_EQ(at_most(metrics->points[0].buckets, 0.05), 0);
  EXPECT_EQ(at_most(metrics->points[0].buckets, 0.1), 5);
}

TEST_P(OtlpExponentialTest, WhatIsBeyondEveryNumberIsInTheLastBucket) {
  OtlpExponential sent;
  sent.count = 2;
  sent.scale = -10;
  sent.positive = {2'000'000'000, {2}};
  const auto metrics = read(sent, GetParam());
  ASSERT_TRUE(metrics && metrics->points.size() == 1);
  EXPECT_EQ(at_most(metrics->points[0].buckets, 5e6), 0);
  EXPECT_EQ(metrics->points[0].buckets.count(), 2);
}

TEST_P(OtlpExponentialTest, WhatContradictsItselfIsSkipped) {
  const auto skipped = [&](auto change) {
    OtlpExponential sent = usual();
    change(sent);
    const auto metrics = read(sent, GetParam());
    return metrics && metrics->points.empty() && metrics->skipped == 1;
  };
  EXPECT_FALSE(skipped([](OtlpExponential&) {}));
  EXPECT_TRUE(skipped([](OtlpExponential& one) { one.count = 9; }));
  EXPECT_TRUE(skipped([](OtlpExponential& one) { one.scale = 21; }));
  EXPECT_TRUE(skipped([](OtlpExponential& one) { one.scale = -11; }));
  EXPECT_TRUE(skipped([](OtlpExponential& one) { one.positive.offset = 1LL << 40; }));
  EXPECT_TRUE(skipped([](OtlpExponential& one) { one.zero_threshold = -1; }));
  EXPECT_TRUE(skipped([](OtlpExponential& one) { one.none = true; }));
}

TEST_P(OtlpExponentialTest, TooManyBucketsAreRefused) {
  OtlpExponential sent;
  sent.count = sent.zero_count = 1;
  sent.negative.counts.resize(kOtlpBucketsMax);
  EXPECT_TRUE(read(sent, GetParam()));
  sent.negative.counts.resize(kOtlpBucketsMax + 1);
  const auto refused = read(sent, GetParam());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::ResourceExhausted);
}

TEST_P(OtlpExponentialTest, IsMergedWithWhatIsThere) {
  SeriesTable table;
  for (int i = 0; i < 2; ++i) {
    const auto metrics = read(usual(), GetParam());
    ASSERT_TRUE(metrics);
    EXPECT_EQ(put_in(table, *metrics).kept, 1U);
  }
  EXPECT_NE(table.text().find("took_count{route=\"/a\"} 16\n"), std::string::npos) << table.text();
  EXPECT_NE(table.text().find("took_sum{route=\"/a\"} 25\n"), std::string::npos) << table.text();
}

TEST(OtlpExponential, AnEmptyOneIsAnEmptyHistogram) {
  const auto metrics = parse_otlp_metrics(
      R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","exponentialHistogram":)"
      R"({"dataPoints":[{}]}}]}]}]})",
      OtlpFormat::Json);
  ASSERT_TRUE(metrics && metrics->points.size() == 1);
  EXPECT_EQ(metrics->points[0].buckets.count(), 0);
  EXPECT_FALSE(metrics->points[0].delta);
}

}  // namespace
}  // namespace ingest
