#include "ingest/otlp.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace ingest {
namespace {

/// A request of the corpus, which opentelemetry-proto's own classes for Python wrote; its first
/// byte is the fuzzer's.
std::string request(const std::string& name) {
  std::ifstream file(std::string(MUSTER_SOURCE_DIR) + "/tests/corpus/otlp/" + name,
                     std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str().substr(1);
}

OtlpMetrics metrics(OtlpFormat format) {
  auto read = parse_otlp_metrics(
      request(format == OtlpFormat::Json ? "metrics_json" : "metrics_protobuf"), format);
  EXPECT_TRUE(read) << read.error().message;
  return read ? *std::move(read) : OtlpMetrics{};
}

/// A request in JSON with one metric, whose data has these points.
std::string with_points(const std::string& kind, const std::string& points) {
  return R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m",")" + kind +
         R"(":{"dataPoints":[)" + points + "]}}]}]}]}";
}

class OtlpTest : public ::testing::TestWithParam<OtlpFormat> {};
INSTANTIATE_TEST_SUITE_P(Formats, OtlpTest,
                         ::testing::Values(OtlpFormat::Protobuf, OtlpFormat::Json));

TEST_P(OtlpTest, MetricsOfAnotherWriterAreRead) {
  using Attributes = std::vector<std::pair<std::string, std::string>>;
  const OtlpMetrics read = metrics(GetParam());
  EXPECT_EQ(read.skipped, 2u) << "a point without value, an exponential histogram without buckets";
  ASSERT_EQ(read.points.size(), 7u) << "a summary is its count and its sum";
  const OtlpPoint& gauge = read.points[0];
  EXPECT_EQ(gauge.name, "queue.depth");
  EXPECT_EQ(gauge.kind, OtlpKind::Gauge);
  EXPECT_EQ(gauge.value, -7);
  EXPECT_EQ(gauge.attributes, (Attributes{{"queue", "mail"}, {"urgent", "true"}}));
  const OtlpPoint& total = read.points[1];
  EXPECT_TRUE(total.monotonic);
  EXPECT_FALSE(total.delta);
  EXPECT_EQ(total.value, 41.5);
  EXPECT_EQ(total.attributes, (Attributes{{"shard", "3"}, {"ratio", "0.5"}}));
  EXPECT_TRUE(read.points[2].delta && read.points[2].monotonic);
  EXPECT_EQ(read.points[2].value, 4);
  EXPECT_TRUE(read.points[3].delta && !read.points[3].monotonic);
  EXPECT_EQ(read.points[3].value, -2);
  const OtlpPoint& latency = read.points[4];
  EXPECT_EQ(latency.kind, OtlpKind::Histogram);
  EXPECT_EQ(latency.buckets.count(), 6);
  EXPECT_EQ(latency.buckets.sum(), 1210.5);
  EXPECT_EQ(latency.buckets.min(), 3);
  EXPECT_EQ(latency.buckets.max(), 900);
  const auto at_most = [&](double bound) {
    const auto& bounds = Distribution::bounds();
    const auto at = std::find(bounds.begin(), bounds.end(), bound) - bounds.begin();
    return latency.buckets.at_most(static_cast<std::size_t>(at));
  };
  EXPECT_EQ(at_most(5), 1);
  EXPECT_EQ(at_most(10), 3);
  EXPECT_EQ(at_most(200), 3);
  EXPECT_EQ(at_most(500), 5);
  EXPECT_EQ(at_most(1000), 6);
}

TEST_P(OtlpTest, SpansAreOperations) {
  const auto read = parse_otlp_traces(
      request(GetParam() == OtlpFormat::Json ? "traces_json" : "traces_protobuf"), GetParam());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->operations,
            (std::vector<Operation>{{"SELECT orders", base::Duration(12'500'000), true},
                                    {"encrypt", base::millis(100), false},
                                    {"fine", base::Duration(0), true}}));
  EXPECT_EQ(read->skipped, 2u) << "one without a name, one that ends before it begins";
}

TEST(OtlpJson, AttributesSayWhatASpanIs) {
  const std::string spans =
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"a","kind":2,"startTimeUnixNano":"1","endTimeUnixNano":"2"},
        {"name":"b","startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[
          {"key":"db.system","value":{"stringValue":"postgresql"}}]},
        {"name":"c","kind":"SPAN_KIND_SERVER","startTimeUnixNano":"1","endTimeUnixNano":"2",
         "attributes":[{"key":"operation.kind","value":{"stringValue":"bulk"}},
          {"key":"operation.bytes","value":{"intValue":"4096"}},
          {"key":"operation.records","value":{"intValue":12}}]}]}]}]})";
  const auto read = parse_otlp_traces(spans, OtlpFormat::Json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->operations,
            (std::vector<Operation>{{"a", base::Duration(1), true, "api_endpoint"},
                                    {"b", base::Duration(1), true, "database_query"},
                                    {"c", base::Duration(1), true, "bulk", 4096, 12}}));
}

TEST(OtlpJson, ASpanIsAPartOfItsParent) {
  const std::string spans =
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[
        {"name":"part","traceId":"t","spanId":"2","parentSpanId":"1",
         "startTimeUnixNano":"10","endTimeUnixNano":"15"},
        {"name":"elsewhere","traceId":"u","spanId":"3","parentSpanId":"1",
         "startTimeUnixNano":"10","endTimeUnixNano":"15"},
        {"name":"said","traceId":"t","spanId":"4","parentSpanId":"1",
         "startTimeUnixNano":"10","endTimeUnixNano":"15",
         "attributes":[{"key":"operation.whole_micros","value":{"intValue":"7"}}]},
        {"name":"whole","traceId":"t","spanId":"1",
         "startTimeUnixNano":"1","endTimeUnixNano":"101"}]}]}]})";
  const auto read = parse_otlp_traces(spans, OtlpFormat::Json);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->operations.size(), 4U);
  EXPECT_EQ(read->operations[0].whole, base::Duration(100));
  EXPECT_EQ(read->operations[1].whole, base::Duration(0)) << "of another trace";
  EXPECT_EQ(read->operations[2].whole, base::Duration(7000));
  EXPECT_EQ(read->operations[3].whole, base::Duration(0));
}

TEST(OtlpProtobuf, ASpanIsAPartOfItsParent) {
  const auto field = [](int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  };
  const auto time = [](int number, char at) {
    return std::string{static_cast<char>(number << 3 | 1), at} + std::string(7, '\0');
  };
  const auto span = [&](const char* id, const char* parent, char end) {
    return field(2, field(1, "t") + field(2, id) + field(4, parent) + field(5, "n") + time(7, 1) +
                        time(8, end));
  };
  const auto read = parse_otlp_traces(field(1, field(2, span("b", "a", 3) + span("a", "", 9))),
                                      OtlpFormat::Protobuf);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->operations.size(), 2U);
  EXPECT_EQ(read->operations[0].whole, base::Duration(8));
  EXPECT_EQ(read->operations[1].whole, base::Duration(0));
}

TEST(OtlpProtobuf, AttributesSayWhatASpanIs) {
  const auto field = [](int number, const std::string& bytes) {
    return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
  };
  const auto time = [](int number, char at) {
    return std::string{static_cast<char>(number << 3 | 1), at} + std::string(7, '\0');
  };
  const std::string attribute = field(9, field(1, "db.system") + field(2, field(1, "postgresql")));
  const std::string server{char{6 << 3}, char{2}};
  const std::string times = time(7, 1) + time(8, 2);
  const std::string body = field(1, field(2, field(2, field(5, "a") + times + server) +
                                                 field(2, field(5, "b") + attribute + times)));
  const auto read = parse_otlp_traces(body, OtlpFormat::Protobuf);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->operations,
            (std::vector<Operation>{{"a", base::Duration(1), true, "api_endpoint"},
                                    {"b", base::Duration(1), true, "database_query"}}));
}

TEST_P(OtlpTest, PointsBecomeSeriesAsTheirKindWants) {
  SeriesTable table;
  const OtlpMetrics read = metrics(GetParam());
  for (int turn = 0; turn < 2; ++turn) {
    const OtlpTaken taken = put_in(table, read);
    EXPECT_EQ(taken.kept, 7u);
    EXPECT_EQ(taken.refused, 0u);
  }
  EXPECT_EQ(table.value("queue_depth", {{"queue", "mail"}, {"urgent", "true"}}), -7.0);
  EXPECT_EQ(table.value("orders", {{"shard", "3"}, {"ratio", "0.5"}}), 41.5) << "a total";
  EXPECT_EQ(table.value("retries", {}), 8.0) << "twice 4 more";
  EXPECT_EQ(table.value("open", {}), -4.0) << "twice 2 less";
  const auto latency = table.distribution("latency", {{"route", "/a"}});
  ASSERT_TRUE(latency);
  EXPECT_EQ(latency->count(), 12);
  EXPECT_EQ(latency->sum(), 2421);
}

TEST_P(OtlpTest, EveryCutOfARequestIsReadOrRefusedAndNeverMore) {
  const bool json = GetParam() == OtlpFormat::Json;
  const std::string whole = request(json ? "metrics_json" : "metrics_protobuf");
  std::size_t refused = 0;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto read = parse_otlp_metrics(std::string_view(whole).substr(0, size), GetParam());
    refused += read ? 0 : 1;
  }
  EXPECT_EQ(refused, whole.size() - 1) << "a request is one message, which says how long it is";
}

/// A message as a field of another one; shorter than 128 bytes.
std::string field(int number, const std::string& message) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(message.size())} +
         message;
}

TEST(Otlp, APointThatSaysItHasNoValueIsSkippedWhateverItHas) {
  const auto json = parse_otlp_metrics(
      with_points("gauge", R"({"asInt":1,"flags":1},{"asInt":1,"flags":2})"), OtlpFormat::Json);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->points.size(), 1u);
  EXPECT_EQ(json->skipped, 1u);
  for (const int flags : {1, 2}) {
    const std::string value = std::string("\x31\x01\0\0\0\0\0\0\0", 9);  // as_int = 1
    const std::string point = value + std::string{'\x40', static_cast<char>(flags)};
    const std::string metric = field(1, "m") + field(5, field(1, point));
    const auto read =
        parse_otlp_metrics(field(1, field(2, field(2, metric))), OtlpFormat::Protobuf);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->points.size(), flags == 1 ? 0u : 1u);
    EXPECT_EQ(read->skipped, flags == 1 ? 1u : 0u);
  }
}

TEST(Otlp, AnHistogramThatContradictsItselfIsSkipped) {
  const auto read = [](const std::string& point) {
    const auto parsed = parse_otlp_metrics(with_points("histogram", point), OtlpFormat::Json);
    EXPECT_TRUE(parsed);
    return parsed->points.size();
  };
  EXPECT_EQ(read(R"({"count":"2","bucketCounts":["1","1"],"explicitBounds":[5]})"), 1u);
  EXPECT_EQ(read(R"({"count":2,"sum":7})"), 1u);
  EXPECT_EQ(read(R"({"count":"3","bucketCounts":["1","1"],"explicitBounds":[5]})"), 0u);
  EXPECT_EQ(read(R"({"count":"2","bucketCounts":["1","1"],"explicitBounds":[5,6]})"), 0u);
  EXPECT_EQ(read(R"({"count":"3","bucketCounts":["1","1","1"],"explicitBounds":[6,5]})"), 0u);
  EXPECT_EQ(read(R"({"bucketCounts":["1","1"],"explicitBounds":[5]})"), 0u);
  EXPECT_EQ(read(R"({"count":"2","bucketCounts":["-1","3"],"explicitBounds":[5]})"), 0u);
  EXPECT_EQ(read(R"({"count":"2","bucketCounts":["1","1"],"explicitBounds":["NaN"]})"), 0u);
}

TEST(Otlp, BeyondABoundIsRefused) {
  EXPECT_EQ(
      parse_otlp_metrics(std::string(kOtlpJsonBytesMax + 1, ' '), OtlpFormat::Json).error().code,
      base::Code::ResourceExhausted);
  EXPECT_EQ(parse_otlp_traces(std::string(kOtlpProtobufBytesMax + 1, ' '), OtlpFormat::Protobuf)
                .error()
                .code,
            base::Code::ResourceExhausted);
  std::string list;
  for (std::size_t number = 0; number <= kOtlpPointsMax; ++number) list += "{\"asInt\":1},";
  list.pop_back();
  EXPECT_EQ(parse_otlp_metrics(with_points("gauge", list), OtlpFormat::Json).error().code,
            base::Code::ResourceExhausted);
  list.clear();
  for (std::size_t number = 0; number <= kOtlpPointsMax; ++number) list += "{},";
  list.pop_back();
  EXPECT_EQ(parse_otlp_traces(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + list + "]}]}]}",
                              OtlpFormat::Json)
                .error()
                .code,
            base::Code::ResourceExhausted);
}

TEST(Otlp, WhatIsNoRequestIsRefused) {
  for (const char* bad : {"", "x", "[]", "1"}) {
    EXPECT_FALSE(parse_otlp_metrics(bad, OtlpFormat::Json)) << bad;
    EXPECT_FALSE(parse_otlp_traces(bad, OtlpFormat::Json)) << bad;
  }
  EXPECT_TRUE(parse_otlp_metrics("{}", OtlpFormat::Json));
  EXPECT_TRUE(parse_otlp_metrics("", OtlpFormat::Protobuf));
  EXPECT_FALSE(parse_otlp_metrics("{}", OtlpFormat::Protobuf));
}

TEST(Otlp, FormatsAreThoseOfTheSpecification) {
  EXPECT_EQ(otlp_format("application/x-protobuf"), OtlpFormat::Protobuf);
  EXPECT_EQ(otlp_format("Application/JSON; charset=utf-8"), OtlpFormat::Json);
  EXPECT_EQ(otlp_format("text/plain"), std::nullopt);
  EXPECT_EQ(otlp_format(""), std::nullopt);
}

}  // namespace
}  // namespace ingest
