// The guard in virtual time, with conditions that hang, fail and hold when the test says so.
#include "runner/abort_guard.h"

#include <cstdlib>
#include <filesystem>
#include <functional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../aio/virtual_clock.h"

namespace runner {
namespace {

using base::millis;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Look = std::function<aio::Task<base::Result<targets::Check>>(aio::Clock&, std::stop_token)>;

class Scripted final : public targets::Condition {
 public:
  Scripted(const char* name, Look look) : look_(std::move(look)) { kind_.name = name; }
  const api::ActionKind& kind() const override { return kind_; }
  aio::Task<base::Result<targets::Check>> check(targets::Context& context, api::Node,
                                                std::stop_token stop) override {
    ++looks;
    return look_(context.clock, std::move(stop));
  }
  int looks = 0;

 private:
  Look look_;
  api::ActionKind kind_;
};

aio::Task<base::Result<targets::Check>> says(base::Result<targets::Check> answer) {
  co_return answer;
}

aio::Task<base::Result<targets::Check>> hangs(aio::Clock& clock, std::stop_token stop) {
  co_await aio::wait_for(clock, base::seconds(100'000), std::move(stop));
  co_return base::fail(base::Code::Cancelled, "stopped");
}

class AbortGuardTest : public testing::Test, public AbortGuard::Events {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "muster-guard-XXXXXX";
    dir_ = mkdtemp(pattern.data());
    api::LocalSystem system;
    system.name = "nothing";
    system.drillable = true;
    auto target = targets::LocalTarget::open(clock_, {system, dir_, {}, {}});
    ASSERT_TRUE(target) << target.error().message;
    target_.emplace(std::move(*target));
  }
  void TearDown() override {
    stop_.request_stop();
    context_.restart();
    context_.poll();
    EXPECT_TRUE(ended_);
    std::filesystem::remove_all(dir_);
  }

  Scripted& add(const char* name, Look look) {
    auto condition = std::make_unique<Scripted>(name, std::move(look));
    Scripted& out = *condition;
    catalog_.add(std::move(condition));
    conditions_.push_back({name, api::Node::map(), {}});
    return out;
  }
  void start() {
    what_.emplace(targets::Context{*target_, clock_, catalog_});
    guard_.emplace(*what_, conditions_, *this);
    aio::asio::co_spawn(context_, guard_->run(stop_.get_token()),
                        [this](std::exception_ptr, base::Result<>) { ended_ = true; });
    pass(base::Duration::zero());
  }
  // In steps as small as the guard's own, so that everything that is due gets its turn.
  void pass(base::Duration length) {
    for (base::Duration gone{}; gone <= length; gone += millis(100)) {
      if (gone > base::Duration::zero()) clock_.advance(millis(100));
      context_.restart();
      context_.poll();
    }
  }

  void tripped(const std::string& detail) override { told_.push_back("tripped: " + detail); }
  void judged(const std::string& condition, const std::optional<std::string>& why) override {
    told_.push_back(condition + (why ? ": " + *why : " again"));
  }

  aio::asio::io_context context_;
  aio::VirtualClock clock_;
  std::string dir_;
  std::optional<targets::LocalTarget> target_;
  targets::Catalog catalog_;
  std::vector<api::Action> conditions_;
  std::optional<targets::Context> what_;
  std::optional<AbortGuard> guard_;
  std::stop_source stop_;
  std::vector<std::string> told_;
  bool ended_ = false;
};

TEST_F(AbortGuardTest, AConditionThatHangsDoesNotKeepAnotherFromTripping) {
  add("hangs", hangs);
  bool gone = false;
  add("gone", [&gone](aio::Clock&, std::stop_token) {
    return says(targets::Check{gone, "process b is Gone"});
  });
  start();
  pass(millis(700));
  EXPECT_THAT(told_, IsEmpty());
  gone = true;
  pass(millis(500));
  EXPECT_THAT(told_, ElementsAre("tripped: process b is Gone"));
  EXPECT_TRUE(ended_);  // the one that hangs was stopped
}

TEST_F(AbortGuardTest, AConditionThatCannotBeJudgedIsToldOnceAndWhenItIsOver) {
  base::Result<targets::Check> answer = base::fail(base::Code::NotFound, "no process 'c'");
  Scripted& condition = add("process", [&](aio::Clock&, std::stop_token) { return says(answer); });
  start();
  pass(base::seconds(10));
  EXPECT_GE(condition.looks, 15);
  EXPECT_THAT(told_, ElementsAre("process: no process 'c'"));
  answer = targets::Check{false, "process c is Running"};
  pass(base::seconds(5));
  EXPECT_THAT(told_, ElementsAre("process: no process 'c'", "process again"));
  answer = base::fail(base::Code::Unavailable, "gone");
  pass(base::seconds(5));
  EXPECT_THAT(told_, ElementsAre("process: no process 'c'", "process again", "process: gone"));
}

TEST_F(AbortGuardTest, ALookHasATimeLimitAndIsRepeated) {
  Scripted& condition = add("hangs", hangs);
  start();
  pass(base::seconds(5));
  EXPECT_EQ(condition.looks, 1);
  EXPECT_THAT(told_, IsEmpty());
  pass(base::seconds(12));
  EXPECT_EQ(condition.looks, 4);  // every 5.5 s
  EXPECT_THAT(told_, ElementsAre(HasSubstr("5.00 s")));
}

TEST_F(AbortGuardTest, StoppingItIsNothingToTell) {
  add("hangs", hangs);
  start();
  pass(base::seconds(1));
  stop_.request_stop();
  pass(base::Duration::zero());
  EXPECT_TRUE(ended_);
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace runner
