#include "cluster/awaited_writes.h"

#include <optional>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "../aio/virtual_clock.h"
#include "aio/task_group.h"
#include "slow_server.h"

namespace cluster {
namespace {

using base::Code;
using base::millis;

class AwaitedWritesTest : public testing::Test {
 protected:
  void begin(std::string method) {
    group.spawn(ask(std::move(method)));
    turn();
  }
  aio::Task<base::Result<>> ask(std::string method) {
    outcome = co_await client.send(std::move(method), target, "", "{}", stop.get_token());
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
  std::string target = "/x";
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
  EXPECT_TRUE(server.asked.empty());
}

TEST_F(AwaitedWritesTest, TheServerIsToldForHowLongItMayTry) {
  begin("GET");
  begin("POST");
  target = "/x?dryRun=All";
  begin("PATCH");
  EXPECT_EQ(server.asked, (std::vector<std::string>{"GET /x", "POST /x?timeout=8s",
                                                    "PATCH /x?dryRun=All&timeout=8s"}));
}

TEST_F(AwaitedWritesTest, WhatNobodyAnsweredMayStillTakeEffectForAWhile) {
  begin("PATCH");
  EXPECT_LT(client.may_land_until(), clock.now());
  asked_to_stop();
  pass(kAnswerWithin);
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(client.may_land_until(), clock.now() + kLandsWithin);
}

TEST_F(AwaitedWritesTest, NorDoesAServerKnowThatHadNoTime) {
  server.answers.set();
  for (const unsigned code : {409U, 422U, 429U, 504U}) {
    server.code = code;
    begin("PATCH");
    EXPECT_EQ(client.may_land_until() > clock.now(), code == 504U) << code;
  }
}

TEST_F(AwaitedWritesTest, AReadOrADryRunTakesNoEffect) {
  begin("GET");
  target = "/x?dryRun=All";
  begin("PATCH");
  asked_to_stop();
  pass(kAnswerWithin);
  EXPECT_LT(client.may_land_until(), clock.now());
}

}  // namespace
}  // namespace cluster
