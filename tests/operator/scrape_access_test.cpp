// Who may read the metrics, with a scripted API server in the place of a real one
// (tests/integration/admission/metrics_test.py has that).
#include "operator/scrape_access.h"

#include <deque>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/event.h"
#include "aio/task_group.h"

namespace op {
namespace {

using api::Node;
using testing::HasSubstr;

constexpr const char* kKnown =
    R"({"status":{"authenticated":true,"user":{"username":"prometheus","uid":"u1",
        "groups":["system:authenticated"],"extra":{"a/b":["c"]}}}})";
constexpr const char* kNobody = R"({"status":{"error":"invalid bearer token"}})";
constexpr const char* kYes = R"({"status":{"allowed":true}})";
constexpr const char* kNo = R"({"status":{"allowed":false,"reason":"no"}})";

kube::Reply reply(const char* body) {
  return {.code = 201, .body = body};
}
kube::Reply refused(unsigned code) {
  kube::Reply out{.code = code};
  out.refusal.code = code;
  out.refusal.message = "refused";
  return out;
}
base::Error away() {
  return {base::Code::Unavailable, "nobody listens", base::Retry::Backoff, {}};
}

/// Answers in order; without an answer left it waits until it is stopped.
class Scripted final : public kube::Client {
 public:
  const std::string& ns() const override { return ns_; }
  std::string host() const override { return "api:443"; }
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string target, std::string,
                                            std::string body, std::stop_token stop) override {
    asked.push_back(method + " " + target);
    bodies.push_back(std::move(body));
    if (answers.empty()) {
      aio::Event never(co_await boost::asio::this_coro::executor);
      static_cast<void>(co_await never.wait(std::move(stop)));
      co_return base::fail(base::Code::Cancelled, "given up");
    }
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }
  aio::Task<base::Result<kube::Reply>> stream(std::string, std::function<void()>,
                                              std::function<bool(std::string_view)>,
                                              std::stop_token) override {
    co_return base::fail(base::Code::Internal, "no streams");
  }
  aio::Task<base::Result<kube::Upgrade>> upgrade(std::string, std::vector<std::string>,
                                                 std::stop_token) override {
    co_return base::fail(base::Code::Internal, "no upgrades");
  }

  std::deque<base::Result<kube::Reply>> answers;
  std::vector<std::string> asked, bodies;

 private:
  std::string ns_ = "muster-system";
};

constexpr const char* kHere = "10.0.0.1";

aio::Task<base::Result<Scraper>> judged(ScrapeAccess& access, std::string client,
                                        std::string header) {
  co_return co_await access.judge(std::move(client), std::move(header), {});
}

class ScrapeAccessTest : public testing::Test {
 protected:
  Scraper judge(const std::string& header, const std::string& from = kHere) {
    const auto out = aio::run(context, judged(access, from, header));
    return out.value_or(Scraper::Unjudged);
  }
  void answers(std::vector<base::Result<kube::Reply>> all) {
    for (auto& one : all) client.answers.push_back(std::move(one));
  }

  boost::asio::io_context context;
  aio::SystemClock clock;
  Scripted client;
  ScrapeAccess access{clock, client};
};

TEST_F(ScrapeAccessTest, WhoeverTheApiServerLetsMayReadAndIsRemembered) {
  answers({reply(kKnown), reply(kYes)});
  EXPECT_EQ(judge("Bearer t1"), Scraper::Allowed);
  EXPECT_THAT(client.asked,
              testing::ElementsAre("POST /apis/authentication.k8s.io/v1/tokenreviews",
                                   "POST /apis/authorization.k8s.io/v1/subjectaccessreviews"));
  const auto access_asked = api::parse_json(client.bodies[1]);
  ASSERT_TRUE(access_asked.has_value());
  const Node& spec = (*access_asked)["spec"];
  EXPECT_EQ(spec["user"].as_string(), "prometheus");
  EXPECT_EQ(spec["uid"].as_string(), "u1");
  EXPECT_EQ(spec["groups"].as_strings().size(), 1U);
  EXPECT_EQ(spec["extra"]["a/b"].as_strings().size(), 1U);
  EXPECT_EQ(spec["nonResourceAttributes"]["path"].as_string(), "/metrics");
  EXPECT_EQ(spec["nonResourceAttributes"]["verb"].as_string(), "get");
  EXPECT_EQ(judge("bearer  t1"), Scraper::Allowed);
  EXPECT_EQ(client.asked.size(), 2U) << "nothing more was asked";
}

TEST_F(ScrapeAccessTest, WithoutATokenNobodyIsAskedAfter) {
  for (const char* header : {"", "Bearer ", "Bearer", "Basic dXNlcg==", "Bearer a b", "t1"}) {
    EXPECT_EQ(judge(header), Scraper::Unknown) << header;
  }
  EXPECT_THAT(client.asked, testing::IsEmpty());
}

TEST_F(ScrapeAccessTest, ATokenOfNobodyAndARightThatIsMissingAreRefused) {
  answers({reply(kNobody), reply(kKnown), reply(kNo)});
  EXPECT_EQ(judge("Bearer made-up"), Scraper::Unknown);
  EXPECT_EQ(client.asked.size(), 1U) << "of nobody no right is asked after";
  EXPECT_EQ(judge("Bearer t2"), Scraper::Forbidden);
  EXPECT_EQ(judge("Bearer t2"), Scraper::Forbidden);
  EXPECT_EQ(client.asked.size(), 3U);
}

TEST_F(ScrapeAccessTest, WhereNobodyCanBeAskedNobodyIsLetIn) {
  answers(
      {tl::unexpected(away()), reply(kKnown), tl::unexpected(away()), refused(503), refused(429)});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(judge("Bearer t1"), Scraper::Later) << i;
  EXPECT_EQ(client.asked.size(), 5U) << "and none of it is remembered";
  answers({refused(403), reply(kKnown), refused(403), refused(404)});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(judge("Bearer t1"), Scraper::Unjudged) << i;
  answers({reply("nonsense"), reply("{}"), reply(kKnown), reply("{}")});
  EXPECT_NE(judge("Bearer t1"), Scraper::Allowed);
  EXPECT_EQ(judge("Bearer t3"), Scraper::Unknown);
  EXPECT_EQ(judge("Bearer t4"), Scraper::Forbidden) << "what does not say yes says no";
  answers({reply(kKnown), reply(kYes)});
  EXPECT_EQ(judge("Bearer t1"), Scraper::Allowed);
}

aio::Task<base::Result<>> keep(ScrapeAccess& access, std::string client, std::string header,
                               std::stop_token stop, std::vector<Scraper>& out) {
  out.push_back(co_await access.judge(std::move(client), std::move(header), std::move(stop)));
  co_return base::Result<>{};
}

TEST_F(ScrapeAccessTest, SoManyQuestionsAtOnceAndNoMore) {
  std::vector<Scraper> out;
  std::stop_source stop;
  aio::TaskGroup group(context.get_executor());
  for (int i = 0; i < 12; ++i) {
    const std::string number = std::to_string(i);
    group.spawn(keep(access, "10.0.0." + number, "Bearer t" + number, stop.get_token(), out));
  }
  context.restart();
  while (out.size() < 4) context.run_one();
  EXPECT_EQ(client.asked.size(), 8U);
  stop.request_stop();
  while (out.size() < 12) context.run_one();
  EXPECT_THAT(out, testing::Each(Scraper::Later));
  answers({reply(kKnown), reply(kYes)});
  EXPECT_EQ(judge("Bearer t1"), Scraper::Allowed) << "each gave its place back";
}

TEST_F(ScrapeAccessTest, WhoMakesTokensUpAtOneAddressKeepsNobodyOutAtAnother) {
  std::vector<Scraper> out;
  std::stop_source stop;
  aio::TaskGroup group(context.get_executor());
  for (int i = 0; i < 40; ++i) {  // nobody answers: they keep their places
    group.spawn(keep(access, kHere, "Bearer made-up" + std::to_string(i), stop.get_token(), out));
  }
  context.restart();
  while (out.size() < 38) context.run_one();
  EXPECT_EQ(client.asked.size(), 2U);
  answers({reply(kKnown), reply(kYes)});
  EXPECT_EQ(judge("Bearer t1", "10.0.0.2"), Scraper::Allowed);
  stop.request_stop();
  while (out.size() < 40) context.run_one();
}

TEST_F(ScrapeAccessTest, AnAddressWhoseTokensAreNobodysIsAskedAfterNoMore) {
  answers({reply(kKnown), reply(kYes)});
  EXPECT_EQ(judge("Bearer t1"), Scraper::Allowed);
  for (int i = 0; i < ScraperPeers::kRefusedMost; ++i) {
    answers({reply(kNobody)});
    EXPECT_EQ(judge("Bearer made-up" + std::to_string(i)), Scraper::Unknown);
  }
  const std::size_t before = client.asked.size();
  EXPECT_EQ(judge("Bearer another"), Scraper::Later);
  EXPECT_EQ(client.asked.size(), before);
  EXPECT_EQ(judge("Bearer t1"), Scraper::Allowed) << "who is known there is let in";
  answers({reply(kKnown), reply(kYes)});
  EXPECT_EQ(judge("Bearer t2", "10.0.0.2"), Scraper::Allowed);
}

TEST(ScraperPeers, WhoseTokensAreNobodysShareHalfOfThePlaces) {
  ScraperPeers peers;
  const base::TimePoint begin{};
  for (const char* suspect : {"a", "b", "c"}) peers.refused(suspect, begin);
  for (const char* suspect : {"a", "a", "b", "b"}) {
    ASSERT_TRUE(peers.may_ask(suspect, begin)) << suspect;
    peers.began(suspect);
  }
  EXPECT_FALSE(peers.may_ask("c", begin));
  EXPECT_TRUE(peers.may_ask("d", begin)) << "nothing is known of it";
  EXPECT_TRUE(peers.may_ask("c", begin + ScraperPeers::kRefusedFor)) << "it is forgotten";
  for (const char* clean : {"d", "d", "e", "e"}) peers.began(clean);
  EXPECT_FALSE(peers.may_ask("f", begin)) << "all places are taken";
  peers.ended("a", begin);
  EXPECT_TRUE(peers.may_ask("c", begin));
  EXPECT_FALSE(peers.may_ask("d", begin)) << "it has two";
  for (int i = 0; i < ScraperPeers::kRefusedMost; ++i) peers.refused("c", begin);
  EXPECT_FALSE(peers.may_ask("c", begin));
  EXPECT_FALSE(peers.may_ask("c", begin + ScraperPeers::kRefusedFor - base::millis(1)));
}

TEST(ScraperPeers, HoldSoManyAtMostAndLoseNobodyWhoAsks) {
  ScraperPeers peers;
  const base::TimePoint begin{};
  peers.began("asks");
  for (int i = 0; i < 1000; ++i) {
    const std::string client = std::to_string(i);
    peers.began(client);
    peers.refused(client, begin);
    peers.ended(client, begin);
  }
  EXPECT_EQ(peers.size(), ScraperPeers::kMost);
  peers.began("asks");
  EXPECT_FALSE(peers.may_ask("asks", begin));
  peers.ended("asks", begin + ScraperPeers::kRefusedFor);
  EXPECT_EQ(peers.size(), 1U);
}

TEST(ScraperMemory, WhoWasAllowedIsWorthAQuestionForAWhile) {
  ScraperMemory memory;
  const base::TimePoint begin{};
  const auto token = crypto::sha256("t");
  memory.keep(token, Scraper::Allowed, begin);
  memory.keep(crypto::sha256("made up"), Scraper::Unknown, begin);
  EXPECT_FALSE(memory.was_allowed(crypto::sha256("made up"), begin));
  const base::TimePoint later = begin + base::seconds(599);
  EXPECT_EQ(memory.find(token, later), std::nullopt);
  EXPECT_TRUE(memory.was_allowed(token, later));
  EXPECT_FALSE(memory.was_allowed(token, begin + base::seconds(600)));
}

TEST(ScraperMemory, ForgetsAfterAWhileAndHoldsSoManyAtMost) {
  ScraperMemory memory;
  const base::TimePoint begin{};
  const auto token = [](int i) { return crypto::sha256(std::to_string(i)); };
  memory.keep(token(1), Scraper::Allowed, begin);
  memory.keep(token(2), Scraper::Forbidden, begin);
  memory.keep(token(3), Scraper::Unknown, begin);
  memory.keep(token(4), Scraper::Later, begin);
  memory.keep(token(5), Scraper::Unjudged, begin);
  EXPECT_EQ(memory.size(), 3U);
  EXPECT_EQ(memory.find(token(2), begin + base::seconds(9)), Scraper::Forbidden);
  EXPECT_EQ(memory.find(token(2), begin + base::seconds(10)), std::nullopt);
  EXPECT_EQ(memory.find(token(1), begin + base::seconds(59)), Scraper::Allowed);
  EXPECT_EQ(memory.find(token(1), begin + base::seconds(60)), std::nullopt);
  // What is made up takes nobody's place who is known.
  memory.keep(token(1), Scraper::Allowed, begin);
  for (int i = 10; i < 1000; ++i) memory.keep(token(i), Scraper::Unknown, begin);
  EXPECT_EQ(memory.size(), ScraperMemory::kMost);
  EXPECT_EQ(memory.find(token(1), begin), Scraper::Allowed);
  memory.keep(token(2000), Scraper::Unknown, begin + base::seconds(30));
  EXPECT_EQ(memory.size(), 2U) << "what has passed is gone";
}

TEST(ScraperMemory, EachAnswerHasItsStatus) {
  EXPECT_EQ(status_of(Scraper::Allowed), 200U);
  EXPECT_EQ(status_of(Scraper::Unknown), 401U);
  EXPECT_EQ(status_of(Scraper::Forbidden), 403U);
  EXPECT_EQ(status_of(Scraper::Unjudged), 500U);
  EXPECT_EQ(status_of(Scraper::Later), 503U);
}

}  // namespace
}  // namespace op
