#include "sidecar/requests_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::TimePoint kNow{base::seconds(5000)};
constexpr base::WallTime kWall{base::seconds(1'795'000'000)};

TEST(RequestsPage, IsAskedForARangeAMethodAndAnEndpoint) {
  const auto none = requests_question("");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->range, base::seconds(900));
  EXPECT_FALSE(none->method);
  EXPECT_FALSE(none->endpoint);
  const auto all = requests_question("&endpoint=/users/%7Bid%7d&range=2h&&method=POST&");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->range, base::seconds(7200));
  EXPECT_EQ(all->method, traffic::Method::Post);
  EXPECT_EQ(all->endpoint, "/users/{id}");
  EXPECT_EQ(requests_question("endpoint")->endpoint, "");
  EXPECT_EQ(requests_question("endpoint=/users/{id}")->endpoint, "/users/{id}");
  EXPECT_EQ(requests_question("endpoint=/users/%7bid%7D")->endpoint, "/users/{id}");
  EXPECT_EQ(requests_question("method=OTHER")->method, traffic::Method::Other);
}

TEST(RequestsPage, SaysWhatCannotBeAsked) {
  for (const char* wrong :
       {"range=25h", "range", "method=get", "method=", "endpoint=%", "endpoint=%7", "endpoint=%7g",
        "range=1m&method=NONE", "status=500", "=", "range=1m&range=2m", "Range=1m"}) {
    const auto question = requests_question(wrong);
    ASSERT_FALSE(question) << wrong;
    EXPECT_EQ(question.error().code, base::Code::InvalidArgument);
  }
  EXPECT_THAT(requests_question("method=get").error().message,
              HasSubstr("method 'get': GET, HEAD"));
  EXPECT_EQ(requests_question("status=500").error().message,
            "argument 'status': range, method or endpoint, once");
}

class RequestsNodeTest : public testing::Test {
 protected:
  void serve(int times, const char* path, int status, base::Duration took) {
    for (int i = 0; i < times; ++i) {
      requests.shard(0).begin();
      traffic::Ended ended;
      ended.status = status;
      ended.duration = took;
      requests.shard(0).end(traffic::Method::Get, endpoints->learn(path, 200), ended);
    }
  }
  api::Node page(const std::string& target) {
    net::HttpRequest request{"GET", target};
    const net::HttpReply reply = requests_page(request, history, *endpoints, kNow, kWall);
    EXPECT_EQ(reply.status, 200U);
    return api::parse_json(reply.body).value();
  }

  std::unique_ptr<traffic::Endpoints> endpoints = *traffic::Endpoints::create({});
  traffic::Requests requests{1, endpoints->most()};
  traffic::RequestHistory history;
};

TEST_F(RequestsNodeTest, TellsFiguresByMethodEndpointAndStatusAndOverTime) {
  history.sample(requests, kNow - base::seconds(20));
  serve(30, "/users/17", 200, base::millis(10));
  serve(10, "/users/18", 503, base::millis(30));
  serve(10, "/", 404, base::millis(5));
  history.sample(requests, kNow - base::seconds(10));
  history.sample(requests, kNow);
  const api::Node all = page("/api/monitoring/requests?range=1m");
  EXPECT_EQ(all["rangeSeconds"].as_int(), 60);
  EXPECT_EQ(all["coveredSeconds"].as_double(), 20);
  EXPECT_EQ(all["stepSeconds"].as_int(), 10);
  EXPECT_EQ(all["total"]["count"].as_int(), 50);
  EXPECT_EQ(all["total"]["perSecond"].as_double(), 2.5);
  ASSERT_EQ(all["series"].size(), 2U);
  const api::Node& users = all["series"].items()[0];
  EXPECT_EQ(users["method"].as_string(), "GET");
  EXPECT_EQ(users["endpoint"].as_string(), "/users/{id}");
  EXPECT_EQ(users["errorRate"].as_double(), 0.25);
  EXPECT_EQ(users["serverErrorRate"].as_double(), 0.25);
  EXPECT_EQ(users["meanMillis"].as_double(), 15);
  EXPECT_NEAR(users["p99Millis"].as_double(), 30, 0.3);
  EXPECT_EQ(users["statuses"]["503"]["count"].as_int(), 10);
  EXPECT_EQ(users["statuses"]["503"]["perSecond"].as_double(), 0.5);
  ASSERT_EQ(all["timeline"].size(), 2U);
  const api::Node& first = all["timeline"].items()[0];
  EXPECT_EQ(first["time"].as_string(), base::rfc3339(kWall - base::seconds(20)));
  EXPECT_EQ(first["count"].as_int(), 50);
  EXPECT_EQ(first["errors"].as_int(), 20);
  EXPECT_EQ(first["serverErrors"].as_int(), 10);
  EXPECT_EQ(first["meanMillis"].as_double(), 13);
  EXPECT_FALSE(all["timeline"].items()[1].has("meanMillis"));
}

TEST_F(RequestsNodeTest, AnEndpointIsFoundByItsNameAndOneThatIsNoneHasNothing) {
  history.sample(requests, kNow - base::seconds(10));
  serve(3, "/users/17", 200, base::millis(10));
  serve(4, "/", 200, base::millis(10));
  history.sample(requests, kNow);
  EXPECT_EQ(page("/x?endpoint=/users/%7Bid%7D")["total"]["count"].as_int(), 3);
  EXPECT_EQ(page("/x?endpoint=/")["total"]["count"].as_int(), 4);
  const api::Node none = page("/x?endpoint=/none");
  EXPECT_EQ(none["total"]["count"].as_int(), 0);
  EXPECT_FALSE(none["total"].has("errorRate"));
  EXPECT_EQ(none["series"].size(), 0U);
  EXPECT_EQ(none["timeline"].size(), 1U) << "time was measured, and nobody came";
}

}  // namespace
}  // namespace sidecar
