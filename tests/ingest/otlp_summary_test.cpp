#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ingest/otlp.h"
#include "ingest/otlp_build.h"
#include "ingest/protobuf_write.h"

namespace ingest {
namespace {

using Attributes = std::vector<std::pair<std::string, std::string>>;

base::Result<OtlpMetrics> of_corpus(OtlpFormat format) {
  const char* const name = format == OtlpFormat::Json ? "summary_json" : "summary_protobuf";
  std::ifstream file(std::string(MUSTER_SOURCE_DIR) + "/tests/corpus/otlp/" + name,
                     std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return parse_otlp_metrics(text.str().substr(1), format);  // behind the fuzzer's byte
}

/// One metric with this point, so often.
std::string json_of(const std::string& point, std::size_t times = 1) {
  std::string out = R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","summary":)"
                    R"({"dataPoints":[)";
  for (std::size_t i = 0; i < times; ++i) out += (i > 0 ? "," : "") + point;
  return out + "]}}]}]}]}";
}

std::string protobuf_of(const ProtobufWriter& point, std::size_t times = 1) {
  ProtobufWriter data, metric, scope, resource, whole;
  for (std::size_t i = 0; i < times; ++i) data.message(1, point);
  metric.bytes(1, "m");
  metric.message(11, data);
  scope.message(2, metric);
  resource.message(2, scope);
  whole.message(1, resource);
  return whole.text();
}

ProtobufWriter protobuf_point(std::size_t quantiles, double quantile = 0.5) {
  ProtobufWriter point, one;
  one.real(1, quantile);
  one.real(2, 3);
  point.fixed64(4, 1);
  for (std::size_t i = 0; i < quantiles; ++i) point.message(6, one);
  return point;
}

std::string json_point(std::size_t quantiles) {
  std::string out = R"({"count":1,"quantileValues":[)";
  for (std::size_t i = 0; i < quantiles; ++i) {
    out += (i > 0 ? "," : "") + std::string(R"({"quantile":0.5,"value":3})");
  }
  return out + "]}";
}

class OtlpSummaryTest : public ::testing::TestWithParam<OtlpFormat> {};
INSTANTIATE_TEST_SUITE_P(Formats, OtlpSummaryTest,
                         ::testing::Values(OtlpFormat::Protobuf, OtlpFormat::Json));

TEST_P(OtlpSummaryTest, IsItsCountItsSumAndAGaugeForEachQuantileThatHasAValue) {
  const auto read = of_corpus(GetParam());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->skipped, 1U) << "a point that says it has no value";
  ASSERT_EQ(read->points.size(), 4U) << "and no gauge that is no number";
  const OtlpPoint& count = read->points[0];
  const OtlpPoint& sum = read->points[1];
  EXPECT_EQ(std::pair(count.name, count.value), std::pair(std::string("took_count"), 12.0));
  EXPECT_EQ(std::pair(sum.name, sum.value), std::pair(std::string("took_sum"), 30.5));
  for (const OtlpPoint& one : {count, sum}) {
    EXPECT_EQ(one.kind, OtlpKind::Sum);
    EXPECT_TRUE(one.monotonic && !one.delta);
    EXPECT_EQ(one.attributes, (Attributes{{"route", "/a"}}));
  }
  const std::vector<std::pair<std::string, double>> quantiles{{"0.5", 2}, {"0.99", 7.25}};
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    const OtlpPoint& one = read->points[2 + i];
    EXPECT_EQ(one.kind, OtlpKind::Gauge);
    EXPECT_EQ(std::pair(one.name, one.value), std::pair(std::string("took"), quantiles[i].second));
    EXPECT_EQ(one.attributes, (Attributes{{"quantile", quantiles[i].first}, {"route", "/a"}}));
  }
}

TEST_P(OtlpSummaryTest, BecomesSeriesWhichAreWhatTheyAreWhenTheyComeAgain) {
  SeriesTable table;
  for (int turn = 0; turn < 2; ++turn) {
    const OtlpTaken taken = put_in(table, *of_corpus(GetParam()));
    EXPECT_EQ(taken.kept, 4U);
    EXPECT_EQ(taken.refused, 0U);
  }
  EXPECT_EQ(table.value("took_count", {{"route", "/a"}}), 12.0);
  EXPECT_EQ(table.value("took_sum", {{"route", "/a"}}), 30.5);
  EXPECT_EQ(table.value("took", {{"quantile", "0.99"}, {"route", "/a"}}), 7.25);
}

TEST_P(OtlpSummaryTest, HasSoManyQuantilesAndPointsAndNoMore) {
  const auto read = [&](std::size_t quantiles, std::size_t times) {
    return GetParam() == OtlpFormat::Json
               ? parse_otlp_metrics(json_of(json_point(quantiles), times), GetParam())
               : parse_otlp_metrics(protobuf_of(protobuf_point(quantiles), times), GetParam());
  };
  EXPECT_EQ(read(kOtlpQuantilesMax, 1)->points.size(), kOtlpQuantilesMax + 2);
  EXPECT_EQ(read(kOtlpQuantilesMax + 1, 1).error().code, base::Code::ResourceExhausted);
  EXPECT_EQ(read(8, kOtlpPointsMax / 10)->points.size(), kOtlpPointsMax);
  EXPECT_EQ(read(8, kOtlpPointsMax / 10 + 1).error().code, base::Code::ResourceExhausted);
}

TEST(OtlpSummary, ThatMakesNoSenseIsSkipped) {
  const auto skipped = [](const std::string& point) {
    const auto read = parse_otlp_metrics(json_of(point), OtlpFormat::Json);
    EXPECT_TRUE(read) << point;
    EXPECT_TRUE(!read || read->skipped == 0 || read->points.empty());
    return read ? read->skipped : 0;
  };
  EXPECT_EQ(skipped("{}"), 0U) << "nothing yet";
  EXPECT_EQ(skipped(R"({"count":"x"})"), 1U);
  EXPECT_EQ(skipped(R"({"count":1,"sum":"NaN"})"), 1U);
  EXPECT_EQ(skipped(R"({"count":"9000000000000001"})"), 1U);
  EXPECT_EQ(skipped(R"({"count":1,"quantileValues":[{"quantile":1.5,"value":1}]})"), 1U);
  EXPECT_EQ(skipped(R"({"count":1,"quantileValues":[{"quantile":"p99","value":1}]})"), 1U);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto read = parse_otlp_metrics(protobuf_of(protobuf_point(1, nan)), OtlpFormat::Protobuf);
  ASSERT_TRUE(read);
  EXPECT_EQ(std::pair(read->skipped, read->points.size()),
            std::pair(std::size_t{1}, std::size_t{0}));
}

TEST(OtlpSummary, NamesAndAttributesStayWithinTheirBounds) {
  OtlpPoint like;
  like.name = std::string(kOtlpTextBytesMax, 'n');
  for (std::size_t i = 0; i < kOtlpAttributesMax; ++i) {
    like.attributes.emplace_back("a" + std::to_string(i), "x");
  }
  const std::vector<OtlpPoint> points =
      points_of({.count = 1, .sum = 1, .quantiles = {{0.5, 1}}, .none = false}, like);
  ASSERT_EQ(points.size(), 3U);
  for (const OtlpPoint& one : points) {
    EXPECT_LE(one.name.size(), kOtlpTextBytesMax);
    EXPECT_LE(one.attributes.size(), kOtlpAttributesMax);
  }
  EXPECT_TRUE(points[0].name.ends_with("n_count"));
  EXPECT_EQ(points[2].attributes[0].first, "quantile");
}

}  // namespace
}  // namespace ingest
