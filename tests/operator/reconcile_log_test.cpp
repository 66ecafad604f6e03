#include "operator/reconcile_log.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/this_coro.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/task_group.h"
#include "sim/processes.h"

namespace op {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Pair;

const kube::Key kA{"shop", "a"}, kB{"shop", "b"};
const base::TimePoint kStart{base::seconds(1000)};

TEST(ToldErrors, TheSameTextOfAnObjectIsToldOnce) {
  ToldErrors told;
  EXPECT_EQ(told.due(kA, "no", kStart), 1U);
  EXPECT_EQ(told.due(kA, "no", kStart + base::seconds(1)), 0U);
  EXPECT_EQ(told.due(kB, "no", kStart + base::seconds(1)), 1U) << "another object";
  EXPECT_EQ(told.due(kA, "worse", kStart + base::seconds(2)), 1U) << "another text";
  EXPECT_EQ(told.due(kA, "no", kStart + base::seconds(3)), 1U);
}

TEST(ToldErrors, WhatLastsIsToldAgainWithHowOftenItCame) {
  ToldErrors told;
  EXPECT_EQ(told.due(kA, "no", kStart), 1U);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(told.due(kA, "no", kStart + base::seconds(i)), 0U);
  EXPECT_EQ(told.due(kA, "no", kStart + base::seconds(600)), 5U);
  EXPECT_EQ(told.due(kA, "no", kStart + base::seconds(601)), 0U);
}

TEST(ToldErrors, WhatWentWellIsToldAnewWhenItFailsAgain) {
  ToldErrors told;
  EXPECT_EQ(told.due(kA, "no", kStart), 1U);
  told.forget(kA);
  EXPECT_EQ(told.due(kA, "no", kStart), 1U);
}

TEST(ReconcileLog, ALineHasTheFieldsThatItIsLookedForBy) {
  const base::Error error{base::Code::Unavailable, "no"};
  const kube::Reconciled one{kA, 7, kube::ReconcileResult::Error, {}, {}, &error};
  EXPECT_THAT(
      fields_of(one, "drill", "Drill", 2),
      ElementsAre(Pair("controller", "drill"), Pair("kind", "Drill"), Pair("namespace", "shop"),
                  Pair("name", "a"), Pair("reconcileID", "drill-7"), Pair("result", "error"),
                  Pair("times", "2")));
}

struct Running {
  std::unique_ptr<kube::Controller> controller;
  std::stop_source stop;
};

aio::Task<base::Result<bool>> run(Running& running) {
  CO_TRY(co_await running.controller->run(running.stop.get_token()));
  co_return true;
}

aio::Task<base::Result<kube::Outcome>> refuse(kube::Key key, std::stop_token) {
  co_return base::fail(base::Code::Unavailable, "cannot do " + key.name, base::Retry::Backoff);
}

/// Thousands of tries, as many as the back-off makes of an hour.
TEST(ReconcileLog, AReconcileThatFailsForAnHourFillsNoLog) {
  std::vector<std::string> lines;
  listen_to_log([&](const std::string& text) { lines.push_back(text); });
  sim::Machine machine;
  sim::Process& process = machine.make("operator");
  auto running = std::make_shared<Running>();
  running->controller = std::make_unique<kube::Controller>(
      process.clock(), kube::ControllerOptions{"drill", 1, {.retry_longest = base::seconds(1)}},
      refuse);
  int tries = 0;
  running->controller->on_reconciled = [&](const kube::Reconciled&) { ++tries; };
  log_errors(process.clock(), *running->controller, "Drill");
  running->controller->add(kA);
  Running& all = *running;
  // Only the process keeps it: what it waits with goes with the process.
  process.run(std::move(running), run(all), {});
  machine.run_until([] { return false; }, machine.now() + base::seconds(3599));
  machine.end_all();
  listen_to_log({});
  EXPECT_GT(tries, 3000) << "and who listened before still does";
  EXPECT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines, testing::Each("cannot do a"));
}

}  // namespace
}  // namespace op
