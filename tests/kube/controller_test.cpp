#include "kube/controller.h"

#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/measure.h"

namespace kube {
namespace {

namespace asio = boost::asio;
using base::millis;
using testing::ElementsAre;
using testing::HasSubstr;

const Key kA{"n", "a"}, kB{"n", "b"}, kC{"n", "c"};

class ControllerTest : public testing::Test {
 protected:
  void TearDown() override { stop_it(); }

  void make(std::size_t workers = 1) {
    controller = std::make_unique<Controller>(
        clock, ControllerOptions{"test", workers, {millis(5), base::seconds(1)}},
        [this](Key key, std::stop_token token) { return reconcile(*this, key, token); });
    controller->on_reconciled = [this](const Reconciled& one) {
      results.push_back(one.key.name + " " + name(one.result));
      numbers.push_back(one.number);
    };
  }
  void start() {
    stop = std::stop_source();
    ended = false;
    asio::co_spawn(context, controller->run(stop.get_token()),
                   [this](std::exception_ptr, base::Result<>) { ended = true; });
  }
  void stop_it() {
    if (ended) return;
    stop.request_stop();
    EXPECT_TRUE(until([this] { return ended; }));
  }
  bool until(const std::function<bool()>& holds) {
    const auto limit = clock.now() + base::seconds(10);
    context.restart();
    while (!holds() && clock.now() < limit) context.run_for(std::chrono::milliseconds(1));
    return holds();
  }
  void rest(base::Duration length) {
    context.restart();
    context.run_for(length);
  }

  /// Begins, takes its time, and ends as the test says.
  static aio::Task<base::Result<Outcome>> reconcile(ControllerTest& test, Key key,
                                                    std::stop_token token) {
    ++test.runs;
    if (test.begin) test.begin(key);
    if (!co_await aio::wait_for(test.clock, test.takes, token)) {
      co_return base::fail(base::Code::Cancelled, "told to stop");
    }
    co_return test.end ? test.end(key) : Outcome{};
  }

  std::function<void(const Key&)> begin;
  std::function<base::Result<Outcome>(const Key&)> end;
  base::Duration takes{};
  int runs = 0;
  aio::SystemClock clock;
  asio::io_context context;
  std::unique_ptr<Controller> controller;
  std::vector<std::string> results;
  std::vector<std::uint64_t> numbers;
  std::stop_source stop;
  bool ended = true;
};

TEST_F(ControllerTest, ReconcilesWhatWasAddedBeforeAndAfterItBegan) {
  make();
  controller->add(kA);
  controller->add(kA);
  start();
  ASSERT_TRUE(until([&] { return results.size() == 1; }));
  controller->add(kB);
  ASSERT_TRUE(until([&] { return results.size() == 2; }));
  rest(millis(20));
  EXPECT_THAT(results, ElementsAre("a success", "b success"));
  EXPECT_THAT(numbers, ElementsAre(1U, 2U)) << "each reconcile has its own";
}

TEST_F(ControllerTest, NothingIsReconciledBeforeItIsReady) {
  bool ready = false;
  controller = std::make_unique<Controller>(
      clock, ControllerOptions{.name = "test", .ready = [&] { return ready; }},
      [this](Key key, std::stop_token token) { return reconcile(*this, key, token); });
  controller->add(kA);
  start();
  rest(millis(50));
  EXPECT_EQ(runs, 0);
  ready = true;
  EXPECT_TRUE(until([&] { return runs == 1; }));
}

TEST_F(ControllerTest, WhatIsAddedWhenItIsReadyIsReconciledAtOnce) {
  bool ready = false;
  controller = std::make_unique<Controller>(
      clock, ControllerOptions{.name = "test", .ready = [&] { return ready; }},
      [this](Key key, std::stop_token token) { return reconcile(*this, key, token); });
  start();
  rest(millis(50));
  ready = true;
  controller->add(kA);
  context.restart();
  for (int i = 0; i < 10; ++i) context.poll();  // and no time for an alarm
  EXPECT_EQ(runs, 1);
}

TEST_F(ControllerTest, NeverOneKeyTwiceAtOnceAndNoMoreThanItsWorkers) {
  int running = 0, most = 0, twice = 0;
  std::map<Key, int> of;
  takes = millis(10);
  begin = [&](const Key& key) {
    most = std::max(most, ++running);
    twice += ++of[key] > 1;
  };
  end = [&](const Key& key) {
    --running;
    --of[key];
    return Outcome{};
  };
  make(2);
  start();
  for (int i = 0; i < 5; ++i) {
    for (const Key& key : {kA, kB, kC}) controller->add(key);
    rest(millis(7));
  }
  ASSERT_TRUE(until([&] { return running == 0 && controller->queue().depth() == 0; }));
  EXPECT_EQ(most, 2);
  EXPECT_EQ(twice, 0);
  EXPECT_GE(results.size(), 6U);
}

TEST_F(ControllerTest, WhatChangesWhileItIsReconciledIsReconciledOnceMore) {
  takes = millis(5);
  begin = [&](const Key&) {
    if (runs > 1) return;
    controller->add(kA);
    controller->add(kA);
  };
  make();
  controller->add(kA);
  start();
  ASSERT_TRUE(until([&] { return results.size() == 2; }));
  rest(millis(20));
  EXPECT_EQ(runs, 2);
}

TEST_F(ControllerTest, AnOutcomeSaysWhenItIsLookedAtAgain) {
  std::vector<base::TimePoint> at;
  end = [&](const Key&) {
    at.push_back(clock.now());
    return Outcome{at.size() < 3 ? millis(20) : base::Duration{}};
  };
  make();
  controller->add(kA);
  start();
  ASSERT_TRUE(until([&] { return at.size() == 3; }));
  rest(millis(40));
  EXPECT_THAT(results, ElementsAre("a requeue_after", "a requeue_after", "a success"));
  EXPECT_GE(at[2] - at[1], millis(20));
}

TEST_F(ControllerTest, AFailureIsTriedAgainAfterItsBackOffWhichASuccessForgets) {
  end = [&](const Key&) -> base::Result<Outcome> {
    if (runs < 4) return base::fail(base::Code::Unavailable, "later", base::Retry::Backoff);
    return Outcome{};
  };
  make();
  controller->add(kA);
  start();
  ASSERT_TRUE(until([&] { return results.size() == 4; }));
  EXPECT_THAT(results, ElementsAre("a error", "a error", "a error", "a success"));
  EXPECT_EQ(controller->queue().failures(kA), 0U);
}

TEST_F(ControllerTest, ATerminalErrorIsNotTriedAgain) {
  end = [](const Key&) -> base::Result<Outcome> {
    return base::fail(base::Code::InvalidArgument, "never");
  };
  make();
  controller->add(kA);
  start();
  ASSERT_TRUE(until([&] { return results.size() == 1; }));
  rest(millis(30));
  EXPECT_THAT(results, ElementsAre("a terminal"));
}

TEST_F(ControllerTest, AnErrorMaySayWhenToTryAgain) {
  end = [&](const Key&) -> base::Result<Outcome> {
    if (runs > 1) return Outcome{};
    return tl::unexpected(
        base::Error{base::Code::Unavailable, "then", base::Retry::After, millis(30)});
  };
  make();
  controller->add(kA);
  start();
  const auto began = clock.now();
  ASSERT_TRUE(until([&] { return results.size() == 2; }));
  EXPECT_GE(clock.now() - began, millis(30));
}

TEST_F(ControllerTest, ADelayedKeyIsDueByItself) {
  make();
  start();
  controller->add_after(kA, millis(25));
  rest(millis(10));
  EXPECT_EQ(results.size(), 0U);
  EXPECT_TRUE(until([&] { return results.size() == 1; }));
}

TEST_F(ControllerTest, RelistedObjectsGoBehindWhatChanged) {
  make();
  controller->add(kA, News::Relisted);
  controller->add(kB, News::Relisted);
  controller->add(kC, News::Added);
  start();
  ASSERT_TRUE(until([&] { return results.size() == 3; }));
  EXPECT_EQ(results.front(), "c success");
}

TEST_F(ControllerTest, IsMeasuredUnderTheNamesThatEveryoneKnows) {
  metrics::RuntimeMetrics metrics;
  end = [](const Key& key) -> base::Result<Outcome> {
    if (key == kB) return base::fail(base::Code::InvalidArgument, "never");
    return Outcome{};
  };
  make();
  measure(clock, *controller, metrics);
  controller->add(kA);
  controller->add(kB);
  EXPECT_THAT(metrics.text(), HasSubstr(R"(workqueue_depth{controller="test",name="test"} 2)"));
  start();
  ASSERT_TRUE(until([&] { return runs == 2 && controller->queue().out() == 0; }));
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr(R"(reconcile_total{controller="test",result="success"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(terminal_reconcile_errors_total{controller="test"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(workqueue_adds_total{controller="test",name="test"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(workqueue_depth{controller="test",name="test"} 0)"));
}

TEST_F(ControllerTest, StoppingTellsWhatRunsAndBeginsNothingNew) {
  takes = base::seconds(30);
  make();
  controller->add(kA);
  controller->add(kB);
  start();
  ASSERT_TRUE(until([&] { return controller->queue().out() == 1; }));
  const auto began = clock.now();
  stop_it();
  EXPECT_LT(clock.now() - began, base::seconds(5));
  EXPECT_THAT(results, ElementsAre("a error"));
  EXPECT_EQ(controller->queue().depth(), 2U) << "both are there for the next run";
}

}  // namespace
}  // namespace kube
