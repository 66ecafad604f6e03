#include "cluster/awaited_writes.h"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "../aio/virtual_clock.h"
#include "aio/event.h"
#include "aio/task_group.h"

namespace cluster {
namespace {

using base::Code;
using base::millis;

/// Answers when it is told to, and gives up when it is asked to stop.
class SlowServer final : public kube::Client {
 public:
  explicit SlowServer(const aio::Executor& executor) : answers(executor) {}
  const std::string& ns() const override { return ns_; }
  std::string host() const override { return "slow:443"; }
  aio::Task<base::Result<kube::Reply>> send(std::string method, std::string, std::string,
                                            std::string, std::stop_token stop) override {
    ++begun;
    if (!co_await answers.wait(stop)) co_return base::fail(Code::Cancelled, method);
    co_return kube::Reply{.code = 200};
  }
  aio::Task<base::Result<kube::Reply>> stream(std::string, std::function<void()>,
                                              std::function<bool(std::string_view)>,
                                              std::stop_token) override {
    co_return kube::Reply{.code = 200};
  }
  aio::Task<base::Result<kube::Upgrade>> upgrade(std::string, std::vector<std::string>,
                                                 std::stop_token) override {
    co_return kube::Upgrade{};
  }

  aio::Event answers;
  int begun = 0;

 private:
  std::string ns_ = "shop";
};

class AwaitedWritesTest : public testing::Test {
 protected:
  void begin(std::string method) {
    group.spawn(ask(std::move(method)));
    turn();
  }
  aio::Task<base::Result<>> ask(std::string method) {
    outcome = co_await client.send(std::move(method), "/x", "", "{}", stop.get_token());
    co_return base::Result<>{};
  }
  void pass(base::Duration length) {
    clock.advance(length);
    turn();
  }
  void asked_to_stop() {
    stop.request_stop();
    turn();
  }
  void turn() {
    context.restart();
    context.poll();
  }
  ~AwaitedWritesTest() override {
    server.answers.set();
    turn();
  }

  boost::asio::io_context context;
  aio::VirtualClock clock;
  SlowServer server{context.get_executor()};
  AwaitedWrites client{clock, server};
  aio::TaskGroup group{context.get_executor()};
  std::stop_source stop;
  std::optional<base::Result<kube::Reply>> outcome;
};

TEST_F(AwaitedWritesTest, WhatIsOnItsWayIsAwaitedAfterAStop) {
  begin("PATCH");
  asked_to_stop();
  pass(kAnswerWithin - millis(1));
  EXPECT_FALSE(outcome) << "it may still be carried out";
  server.answers.set();
  turn();
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->code, 200U);
  EXPECT_EQ(clock.armed(), 0U);
}

TEST_F(AwaitedWritesTest, ButNotForLongerThanTheGuardianWaits) {
  begin("DELETE");
  asked_to_stop();
  pass(kAnswerWithin);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, Code::Cancelled);
}

TEST_F(AwaitedWritesTest, AReadIsGivenUpAtOnce) {
  begin("GET");
  asked_to_stop();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, Code::Cancelled);
}

TEST_F(AwaitedWritesTest, NothingIsBegunAfterAStop) {
  asked_to_stop();
  begin("PATCH");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->error().code, Code::Cancelled);
  EXPECT_EQ(server.begun, 0);
}

}  // namespace
}  // namespace cluster
