// The users' load and the capacity reads over HTTP, against a real application.
#include "probes/http_load.h"

#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "application.h"

namespace probes {
namespace {

using base::millis;
using drill::Cause;
using drill::Outcome;
using Lines = HttpLoadSender::Lines;

HttpExchange get(const char* path) {
  HttpExchange out;
  out.path = path;
  return out;
}

class HttpLoadTest : public testing::Test {
 protected:
  HttpLoad load() const {
    HttpLoad out;
    out.target = application_.target();
    out.operations = {{get("/lists?customer=$key"), false}, {get("/account"), true}};
    out.operations[1].exchange.body_contains = "user-$user;";
    out.login = get("/login");
    out.login->method = "POST";
    out.login->body = "user=user-$user";
    return out;
  }
  std::unique_ptr<HttpLoadSender> sender(HttpLoad of, std::size_t users) {
    auto made = HttpLoadSender::create(clock_, context_.get_executor(), std::move(of), users,
                                       Lines::OfUsers);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return std::move(*made);
  }
  static aio::Task<base::Result<>> one(LoadSender& sender, LoadTurn turn, LoadOutcome& out) {
    out = co_await sender.send(turn, {});
    co_return base::Result<>{};
  }
  /// One operation of one user, to its end.
  LoadOutcome send(LoadSender& by, std::size_t operation, std::uint64_t user = 0) {
    LoadOutcome out;
    EXPECT_TRUE(aio::run(context_, one(by, {operation, user, 7}, out)));
    return out;
  }
  void run_users(LoadSender& by, LoadPlan plan, base::Duration length) {
    LoadRunner runner(clock_, by, std::move(plan),
                      [this](const drill::LoadSample& sample) { samples_.push_back(sample); });
    std::stop_source stop;
    const auto alarm = clock_.alarm(context_.get_executor());
    alarm->arm(clock_.now() + length, [&] { stop.request_stop(); });
    EXPECT_TRUE(aio::run(context_, runner.run(stop.get_token())));
    EXPECT_EQ(runner.in_flight(), 0U);
  }
  static LoadPlan plan(int users) {
    LoadPlan out;
    out.users = users;
    out.operations_per_minute = 3000;  // every 20 ms
    out.process = load::Process::Constant;
    out.mix = {{"lists", 50}, {"secured", 50}};
    return out;
  }

  Application application_;
  aio::SystemClock clock_;
  boost::asio::io_context context_;
  std::vector<drill::LoadSample> samples_;
};

TEST_F(HttpLoadTest, UsersHaveAConnectionALoginAndCookiesOfTheirOwn) {
  const auto users = sender(load(), 4);
  run_users(*users, plan(4), millis(1200));
  ASSERT_GT(samples_.size(), 30U);
  std::set<int> seen;
  for (const drill::LoadSample& sample : samples_) {
    EXPECT_TRUE(sample.ok) << drill::name(sample.cause);
    EXPECT_EQ(sample.service_time,
              sample.operation == 0 ? std::chrono::microseconds(12'500) : base::Duration(0))
        << "what Server-Timing says, and nothing where there is none";
    seen.insert(sample.user);
  }
  EXPECT_EQ(seen.size(), 4U);
  const api::Node counts = application_.tell();
  EXPECT_EQ(counts["connections"].as_int(), 4);
  for (int user = 0; user < 4; ++user) {
    EXPECT_EQ(counts["requests"]["/login user=user-" + std::to_string(user)].as_int(0), 1);
  }
  std::set<std::string> lists;
  for (const api::Entry& entry : counts["requests"].entries()) {
    if (entry.key.starts_with("/lists?customer=")) lists.insert(entry.key);
  }
  EXPECT_GT(lists.size(), 10U) << "keys are drawn";
}

TEST_F(HttpLoadTest, AConnectionThatTheServerClosedWhileIdleIsNoError) {
  const auto users = sender(load(), 1);
  for (int times = 0; times < 5; ++times) {
    EXPECT_EQ(send(*users, 0).outcome, Outcome::Ok);
    application_.tell(R"({"hang_up": true})");
  }
  EXPECT_EQ(application_.connections(), 5);
}

TEST_F(HttpLoadTest, ADeniedUserHasFailedAndLogsInAnew) {
  const auto users = sender(load(), 1);
  EXPECT_EQ(send(*users, 1).outcome, Outcome::Ok);
  application_.tell(R"({"forget": true})");
  const LoadOutcome denied = send(*users, 1);
  EXPECT_EQ(denied.outcome, Outcome::Fail);
  EXPECT_EQ(denied.cause, Cause::Rejected);
  EXPECT_EQ(send(*users, 1).outcome, Outcome::Ok);
  EXPECT_EQ(application_.asked("/login user=user-0"), 2);
  application_.tell(R"({"path": "/account", "status": 302})");
  EXPECT_EQ(send(*users, 1).outcome, Outcome::Fail);
  application_.tell(R"({"clear": "/account"})");
  EXPECT_EQ(send(*users, 1).outcome, Outcome::Ok) << "sent to the login page, so logs in";
  EXPECT_EQ(application_.asked("/login user=user-0"), 3);
}

TEST_F(HttpLoadTest, ALoginThatFailedIsTheOperationsFailure) {
  const auto users = sender(load(), 1);
  application_.tell(R"({"path": "/login", "status": 503})");
  EXPECT_EQ(send(*users, 1).cause, Cause::Unavailable);
  EXPECT_EQ(application_.asked("/account"), 0);
  EXPECT_EQ(send(*users, 0).outcome, Outcome::Ok) << "the others go on";
}

TEST_F(HttpLoadTest, TheTimeOfTheLoginCounts) {
  const auto users = sender(load(), 1);
  application_.tell(R"({"path": "/login", "delay": 0.3})");
  LoadPlan secured = plan(1);
  secured.mix = {{"lists", 0}, {"secured", 100}};
  secured.operations_per_minute = 60;
  run_users(*users, secured, millis(500));
  ASSERT_EQ(samples_.size(), 1U);
  EXPECT_TRUE(samples_[0].ok);
  EXPECT_GE(samples_[0].completed - samples_[0].intended, millis(300));
}

TEST_F(HttpLoadTest, AUserDoesOneThingAtATimeAndTheWaitCounts) {
  const auto users = sender(load(), 1);
  application_.tell(R"({"path": "/slow", "delay": 0.2})");
  HttpLoad slow = load();
  slow.operations = {{get("/slow"), false}};
  const auto one = sender(slow, 1);
  LoadPlan busy = plan(1);
  busy.mix = {{"slow", 1}};
  busy.operations_per_minute = 1200;  // every 50 ms
  busy.drain = base::seconds(10);
  run_users(*one, busy, millis(230));
  ASSERT_EQ(samples_.size(), 5U);
  for (const drill::LoadSample& sample : samples_) {
    EXPECT_TRUE(sample.ok) << drill::name(sample.cause);
  }
  EXPECT_GE(samples_.back().completed - samples_.back().intended, millis(800));
  EXPECT_EQ(application_.connections(), 1);
}

TEST_F(HttpLoadTest, AnOperationEndsAtItsTimeLimit) {
  HttpLoad slow = load();
  slow.time_limit = millis(100);
  const auto users = sender(slow, 1);
  application_.tell(R"({"path": "/lists?customer=7", "delay": 0.5})");
  const LoadOutcome late = send(*users, 0);
  EXPECT_EQ(late.outcome, Outcome::Info);
  EXPECT_EQ(late.cause, Cause::Timeout);
  application_.tell(R"({"clear": "/lists?customer=7"})");
  EXPECT_EQ(send(*users, 0).outcome, Outcome::Ok) << "over another connection";
  EXPECT_EQ(application_.connections(), 2);
}

TEST_F(HttpLoadTest, WhatIsUnderWayAtTheEndIsStopped) {
  HttpLoad slow = load();
  slow.operations = {{get("/slow"), false}};
  application_.tell(R"({"path": "/slow", "delay": 5})");
  const auto users = sender(slow, 1);
  LoadPlan stuck = plan(1);
  stuck.mix = {{"slow", 1}};
  stuck.drain = millis(50);
  stuck.in_flight_max = 3;
  run_users(*users, stuck, millis(200));
  std::map<Cause, int> causes;
  for (const drill::LoadSample& sample : samples_) ++causes[sample.cause];
  EXPECT_EQ(causes[Cause::Stopped], 3);
  EXPECT_GT(causes[Cause::NotSent], 2);
  EXPECT_EQ(causes.size(), 2U);
}

TEST_F(HttpLoadTest, NobodyListeningIsAFailure) {
  HttpLoad nowhere = load();
  nowhere.target.address = *net::Address::parse("127.0.0.1:1");
  const auto users = sender(nowhere, 1);
  EXPECT_EQ(send(*users, 0).outcome, Outcome::Fail);
  EXPECT_EQ(send(*users, 0).cause, Cause::Refused);
}

/// A front that is full: it says so to whoever connects, before anything was asked.
class FullFront {
 public:
  FullFront() : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::thread([this] {
      boost::system::error_code error;
      while (!error) {
        boost::asio::ip::tcp::socket peer(context_);
        acceptor_.accept(peer, error);
        if (error || ended_) return;
        boost::asio::write(peer, boost::asio::buffer(kAnswer), error);
        peers_.push_back(std::move(peer));
        error.clear();
      }
    });
  }
  ~FullFront() {
    ended_ = true;
    boost::asio::ip::tcp::socket last(context_);
    last.connect(acceptor_.local_endpoint());
    thread_.join();
  }
  std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

 private:
  static constexpr std::string_view kAnswer =
      "HTTP/1.1 503 Full\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::vector<boost::asio::ip::tcp::socket> peers_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

TEST_F(HttpLoadTest, WhoSpeaksBeforeHeIsAskedDoesNotHoldTheUserUp) {
  const FullFront front;
  HttpLoad full = load();
  full.target.address = *net::Address::parse(front.address());
  full.time_limit = base::seconds(2);
  const auto users = sender(full, 1);
  for (int i = 0; i < 50; ++i) {
    const LoadOutcome told = send(*users, 0);
    EXPECT_EQ(told.outcome, Outcome::Fail);
    EXPECT_TRUE(told.cause == Cause::Protocol || told.cause == Cause::Unavailable)
        << drill::name(told.cause);
  }
}

TEST_F(HttpLoadTest, CapacityReadsRiseOverSeveralConnections) {
  HttpLoad reads = load();
  reads.operations.resize(1);
  auto lines = HttpLoadSender::create(clock_, context_.get_executor(), reads, 3, Lines::Shared);
  ASSERT_TRUE(lines);
  CapacityPlan plan;
  plan.stream = drill::StreamId(9);
  plan.target_per_second = 50;
  plan.rise = millis(300);
  std::vector<drill::Record> records;
  CapacityRunner runner(clock_, **lines, plan,
                        [&](const drill::Record& record) { records.push_back(record); });
  std::stop_source stop;
  const auto alarm = clock_.alarm(context_.get_executor());
  const base::TimePoint began = clock_.now();
  alarm->arm(began + millis(1100), [&] { stop.request_stop(); });
  ASSERT_TRUE(aio::run(context_, runner.run(stop.get_token())));
  int held = 0;
  for (const drill::Record& record : records) {
    EXPECT_EQ(record.stream, plan.stream);
    const base::Duration at = record.scheduled - began;
    if (record.outcome == Outcome::Ok && at >= millis(300) && at < millis(1000)) ++held;
  }
  EXPECT_NEAR(held, 60 * 0.7, 3);
  EXPECT_LE(application_.connections(), 3);
}

TEST_F(HttpLoadTest, RefusesWhatCannotBeSent) {
  const auto made = [&](HttpLoad of, std::size_t users) {
    return HttpLoadSender::create(clock_, context_.get_executor(), std::move(of), users,
                                  Lines::OfUsers)
        .has_value();
  };
  EXPECT_TRUE(made(load(), 1));
  EXPECT_FALSE(made(load(), 0));
  HttpLoad wrong = load();
  wrong.login.reset();
  EXPECT_FALSE(made(wrong, 1)) << "secured without a login";
  wrong = load();
  wrong.operations[0].exchange.path = "lists";
  EXPECT_FALSE(made(wrong, 1));
}

}  // namespace
}  // namespace probes
