#include "sidecar/rum_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/browsers_node.h"
#include "tests/sidecar/still_clock.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr const char* kPost =
    R"({"metrics":[{"name":"LCP","value":1800},{"name":"CLS","value":0.3},{"name":"x","value":1}]})";

class RumReceiverTest : public testing::Test {
 protected:
  net::HttpReply ask(const char* method, const char* target, std::string body = "",
                     std::vector<net::HttpHeader> headers = {}) {
    headers.push_back({"Host", "shop.example"});
    return receiver_.serve({method, target, std::move(body), std::move(headers)});
  }
  StillClock clock_;
  Intake intake_{clock_};
  RumReceiver receiver_{clock_, intake_, "/muster/rum", {"https://other.example"}};
};

std::string header(const net::HttpReply& reply, std::string_view name) {
  const std::string* found = net::find_header(reply.headers, name);
  return found == nullptr ? "" : *found;
}

TEST_F(RumReceiverTest, TakesAPost) {
  EXPECT_EQ(ask("POST", "/muster/rum", kPost).status, 202U);
  EXPECT_EQ(intake_.rum().figures(ingest::RumKind::Vital, "LCP")->count, 1U);
  EXPECT_THAT(receiver_.exposition(), HasSubstr("rum_posts_total{result=\"taken\"} 1\n"));
  EXPECT_THAT(receiver_.exposition(), HasSubstr("rum_refused_values_total 1\n"));
  const api::Node list = browsers_node(intake_.rum());
  const api::Node& shift = list["metrics"].items()[0];
  EXPECT_EQ(shift["name"].as_string(), "CLS");
  EXPECT_EQ(shift["rating"].as_string(), "poor");
  EXPECT_EQ(shift["slow"].as_int(), 1);
  EXPECT_EQ(list["metrics"].items()[1]["rating"].as_string(), "good");
}

TEST_F(RumReceiverTest, RefusesWhatIsNone) {
  EXPECT_EQ(ask("POST", "/muster/rum", "nonsense").status, 400U);
  EXPECT_EQ(ask("POST", "/muster/rum", std::string(ingest::kRumBytesMax + 1, ' ')).status, 413U);
  EXPECT_EQ(ask("PUT", "/muster/rum", kPost).status, 405U);
  EXPECT_EQ(ask("POST", "/muster", kPost).status, 404U);
  EXPECT_THAT(receiver_.exposition(), HasSubstr("rum_posts_total{result=\"refused\"} 2\n"));
}

TEST_F(RumReceiverTest, LetsPagesPostOfItsOwnOriginAndOfThoseThatAreNamed) {
  const auto from = [this](const char* origin, const char* method = "POST") {
    return ask(method, "/muster/rum", kPost, {{"Origin", origin}});
  };
  EXPECT_EQ(from("https://shop.example").status, 202U);
  const net::HttpReply named = from("https://other.example");
  EXPECT_EQ(named.status, 202U);
  EXPECT_EQ(header(named, "Access-Control-Allow-Origin"), "https://other.example");
  EXPECT_EQ(header(named, "Vary"), "Origin");
  for (const char* foreign : {"https://evil.example", "null", "https://shop.example.evil",
                              "http://other.example", "shop.example"}) {
    const net::HttpReply refused = from(foreign);
    EXPECT_EQ(refused.status, 403U) << foreign;
    EXPECT_EQ(header(refused, "Access-Control-Allow-Origin"), "");
  }
  EXPECT_EQ(from("https://evil.example", "OPTIONS").status, 403U);
  const net::HttpReply preflight = from("https://other.example", "OPTIONS");
  EXPECT_EQ(preflight.status, 200U);
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Headers"), "Content-Type");
  EXPECT_EQ(intake_.rum().figures(ingest::RumKind::Vital, "LCP")->count, 2U);
}

TEST_F(RumReceiverTest, AStarNamesAllOrigins) {
  const std::string origin = "https://any.example";
  EXPECT_TRUE(may_post(&origin, nullptr, {"*"}));
  EXPECT_FALSE(may_post(&origin, nullptr, {}));
  EXPECT_TRUE(may_post(nullptr, nullptr, {}));
}

TEST_F(RumReceiverTest, TakesSoManyASecond) {
  int taken = 0;
  while (ask("POST", "/muster/rum", kPost).status == 202U && taken < 10'000) ++taken;
  EXPECT_EQ(taken, 400);
  EXPECT_EQ(header(ask("POST", "/muster/rum", kPost), "Retry-After"), "1");
  clock_.at += base::seconds(1);
  EXPECT_EQ(ask("POST", "/muster/rum", kPost).status, 202U);
  EXPECT_THAT(receiver_.exposition(), HasSubstr("rum_posts_total{result=\"throttled\"} 2\n"));
}

TEST_F(RumReceiverTest, GivesTheScript) {
  const net::HttpReply reply = ask("GET", "/muster/rum.js");
  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, "text/javascript; charset=utf-8");
  EXPECT_THAT(reply.body, HasSubstr("sendBeacon"));
  EXPECT_LT(reply.body.size(), 8192U);
}

}  // namespace
}  // namespace sidecar
