#include "sidecar/otlp_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/node.h"
#include "ingest/protobuf_wire.h"
#include "net/gzip.h"
#include "tests/sidecar/still_clock.h"

namespace sidecar {
namespace {

using ingest::Wire;
using testing::HasSubstr;

constexpr const char* kJsonType = "application/json";
constexpr const char* kProtobufType = "application/x-protobuf";
constexpr const char* kOneGauge =
    R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"depth","gauge":{"dataPoints":[
       {"asInt":"7"}]}}]}]}]})";

class OtlpReceiverTest : public testing::Test {
 protected:
  net::HttpReply post(const char* path, std::string body, const char* type = kJsonType,
                      std::vector<net::HttpHeader> more = {}) {
    more.push_back({"Content-Type", type});
    return receiver_.serve({"POST", path, std::move(body), std::move(more)});
  }
  StillClock clock_;
  Intake intake_{clock_};
  OtlpReceiver receiver_{clock_, intake_};
};

TEST_F(OtlpReceiverTest, TakesAllAndSaysNothingMore) {
  const net::HttpReply reply = post("/v1/metrics", kOneGauge);
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, kJsonType);
  EXPECT_EQ(reply.body, "{}") << "partialSuccess must not be there";
  EXPECT_THAT(intake_.exposition(), HasSubstr("\ndepth 7\n"));
  const net::HttpReply empty = post("/v1/traces", "", kProtobufType);
  EXPECT_EQ(empty.status, 200U);
  EXPECT_EQ(empty.content_type, kProtobufType);
  EXPECT_EQ(empty.body, "");
  EXPECT_THAT(receiver_.exposition(),
              HasSubstr("otlp_items_total{signal=\"metrics\",result=\"kept\"} 1\n"));
}

TEST_F(OtlpReceiverTest, TellsWhatItLeftOut) {
  const net::HttpReply reply =
      post("/v1/metrics",
           R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","summary":{}},
          {"name":"http.requests","sum":{"isMonotonic":true,
           "dataPoints":[{"asInt":"1"},{"asInt":"2"}]}}]}]}]})");
  EXPECT_EQ(reply.status, 200U);
  const auto body = api::parse_json(reply.body);
  ASSERT_TRUE(body);
  EXPECT_EQ((*body)["partialSuccess"]["rejectedDataPoints"].as_string(), "2");
  EXPECT_NE((*body)["partialSuccess"]["errorMessage"].as_string(), "");
  const net::HttpReply spans =
      post("/v1/traces", R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":""}]}]}]})");
  EXPECT_THAT(spans.body, HasSubstr(R"("rejectedSpans":"1")"));
  EXPECT_THAT(receiver_.exposition(),
              HasSubstr("otlp_requests_total{signal=\"metrics\",result=\"partial\"} 1\n"));
}

TEST_F(OtlpReceiverTest, TellsItInProtobufToo) {
  // A span without a name, which is field 2 of a scope's, which is field 2 of a resource's.
  const net::HttpReply reply = post("/v1/traces", std::string("\x0a\x04\x12\x02\x12\x00", 6),
                                    "application/x-protobuf; charset=x");
  ASSERT_EQ(reply.status, 200U);
  Wire wire(reply.body);
  ASSERT_TRUE(wire.next() && wire.is(1, Wire::Type::Bytes));
  Wire partial(wire.bytes());
  ASSERT_TRUE(partial.next() && partial.is(1, Wire::Type::Varint));
  EXPECT_EQ(partial.number(), 1U);
  ASSERT_TRUE(partial.next() && partial.is(2, Wire::Type::Bytes));
  EXPECT_NE(partial.bytes(), "");
}

TEST_F(OtlpReceiverTest, RefusesWithAStatusInTheFormOfTheRequest) {
  const net::HttpReply json = post("/v1/metrics", "nonsense");
  EXPECT_EQ(json.status, 400U);
  EXPECT_EQ(json.content_type, kJsonType);
  EXPECT_THAT(json.body, HasSubstr(R"("code":3)"));
  const net::HttpReply protobuf = post("/v1/traces", "nonsense", kProtobufType);
  EXPECT_EQ(protobuf.status, 400U);
  Wire wire(protobuf.body);
  ASSERT_TRUE(wire.next() && wire.is(1, Wire::Type::Varint));
  EXPECT_EQ(wire.number(), 3U);
  EXPECT_TRUE(wire.next() && wire.is(2, Wire::Type::Bytes) && !wire.bytes().empty());
  EXPECT_EQ(post("/v1/metrics", std::string(ingest::kOtlpJsonBytesMax + 1, ' ')).status, 413U);
  EXPECT_EQ(post("/v1/metrics", kOneGauge, "text/plain").status, 415U);
  EXPECT_EQ(post("/v1/metrics", kOneGauge, kJsonType, {{"Content-Encoding", "br"}}).status, 415U);
  EXPECT_EQ(post("/v1/logs", "{}").status, 404U);
  EXPECT_EQ(receiver_.serve({"GET", "/v1/metrics"}).status, 405U);
  EXPECT_THAT(receiver_.exposition(),
              HasSubstr("otlp_requests_total{signal=\"metrics\",result=\"refused\"} 4\n"));
}

TEST_F(OtlpReceiverTest, UnpacksGzipWithinABound) {
  const std::vector<net::HttpHeader> packed{{"Content-Encoding", "gzip"}};
  EXPECT_EQ(post("/v1/metrics", net::gzip(kOneGauge), kJsonType, packed).status, 200U);
  EXPECT_THAT(intake_.exposition(), HasSubstr("\ndepth 7\n"));
  EXPECT_EQ(post("/v1/metrics", "no gzip", kJsonType, packed).status, 400U);
  const std::string bomb = net::gzip(std::string(ingest::kOtlpProtobufBytesMax + 1, ' '));
  EXPECT_EQ(post("/v1/metrics", bomb, kJsonType, packed).status, 413U);
}

TEST_F(OtlpReceiverTest, TakesACodingWhateverTheCaseOfItsLetters) {
  for (const char* coding : {"GZIP", "Gzip", "x-gzip"}) {
    EXPECT_EQ(
        post("/v1/metrics", net::gzip(kOneGauge), kJsonType, {{"Content-Encoding", coding}}).status,
        200U)
        << coding;
  }
  EXPECT_EQ(post("/v1/metrics", kOneGauge, kJsonType, {{"Content-Encoding", "Identity"}}).status,
            200U);
}

TEST_F(OtlpReceiverTest, ChargesWhatItUnpacksThoughNothingComesOfIt) {
  const std::vector<net::HttpHeader> packed{{"Content-Encoding", "gzip"}};
  const std::string bomb = net::gzip(std::string(2 * ingest::kOtlpProtobufBytesMax, ' '));
  const std::string cut = bomb.substr(0, bomb.size() / 3);
  int refused = 0;
  while (refused < 100 && post("/v1/metrics", bomb, kJsonType, packed).status == 413U) ++refused;
  EXPECT_EQ(refused, 30) << "32 MB at once";
  EXPECT_EQ(post("/v1/metrics", bomb, kJsonType, packed).status, 429U);
  clock_.at += base::seconds(60);
  refused = 0;
  while (refused < 100 && post("/v1/metrics", cut, kJsonType, packed).status == 400U) ++refused;
  EXPECT_LT(refused, 60);
  EXPECT_EQ(post("/v1/metrics", "{}", kJsonType).status, 429U) << "what is not packed, too";
}

TEST_F(OtlpReceiverTest, TakesSoMuchASecondAndSaysWhenToComeBack) {
  const std::string large = std::string(500'000, ' ') + kOneGauge;
  net::HttpReply reply;
  int taken = 0;
  while ((reply = post("/v1/metrics", large)).status == 200U && taken < 1000) ++taken;
  EXPECT_EQ(taken, 63) << "32 MB at once";
  EXPECT_EQ(reply.status, 429U);
  ASSERT_NE(net::find_header(reply.headers, "Retry-After"), nullptr);
  EXPECT_EQ(*net::find_header(reply.headers, "Retry-After"), "1");
  EXPECT_THAT(reply.body, HasSubstr(R"("code":8)"));
  clock_.at += base::seconds(1);
  EXPECT_EQ(post("/v1/metrics", large).status, 200U);
  EXPECT_THAT(receiver_.exposition(),
              HasSubstr("otlp_requests_total{signal=\"metrics\",result=\"throttled\"} 1\n"));
}

TEST_F(OtlpReceiverTest, SpansBecomeOperations) {
  EXPECT_EQ(post("/v1/traces",
                 R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"encrypt card",
                 "startTimeUnixNano":"1000000","endTimeUnixNano":"6000000"}]}]}]})")
                .status,
            200U);
  const api::Node node = intake_.operations().operations_node()["operations"].items().front();
  EXPECT_EQ(node["kind"].as_string(), "encryption");
  EXPECT_EQ(node["meanMillis"].as_double(), 5);
  EXPECT_EQ(intake_.operations().encryption_node()["grade"].as_string(), "A");
}

}  // namespace
}  // namespace sidecar
