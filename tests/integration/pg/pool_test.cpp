// Requirement R8 against a real PostgreSQL: size, attempts, time limits, warnings, statistics,
// transactions, health.
#include <optional>

#include <gtest/gtest.h>

#include "aio/task_group.h"
#include "harness.h"
#include "probes/pg_pool.h"

namespace probes {
namespace {

using drill::Cause;
using testing_postgres::Server;

PgQuery text(std::string statement) {
  PgQuery query;
  query.text = std::move(statement);
  return query;
}

struct PoolTest : testing::Test {
  static void SetUpTestSuite() {
    auto started = Server::start({"a", {"max_connections = 12"}});
    if (!started) throw std::runtime_error(started.error().message);
    server_ = new Server(std::move(*started));
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  PgPoolSettings settings() const {
    PgPoolSettings made;
    made.address = address_of(*server_);
    made.attempt_gap = base::millis(30);
    return made;
  }
  PgPool::Warn warn() {
    return [this](const PgPoolWarning& warning) { warnings.push_back(warning); };
  }

  static Server* server_;
  aio::SystemClock clock;
  boost::asio::io_context context;
  std::vector<PgPoolWarning> warnings;
};
Server* PoolTest::server_ = nullptr;

TEST_F(PoolTest, DefaultsAreTheRequirement) {
  const PgPoolSettings defaults;
  EXPECT_EQ(defaults.size, 10u);
  EXPECT_EQ(defaults.attempts, 3);
  EXPECT_EQ(defaults.attempt_gap, base::seconds(2));
  EXPECT_EQ(defaults.connect_timeout, base::seconds(10));
  EXPECT_EQ(defaults.query_timeout, base::seconds(30));
  EXPECT_EQ(defaults.slow_query, base::seconds(1));
  EXPECT_EQ(defaults.held_too_long, base::seconds(5));
}

TEST_F(PoolTest, ReusesConnectionsAndCounts) {
  PgPool pool(context.get_executor(), clock, settings(), warn());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(await(context, pool.query(text("select 40 + 2"), {}))->first(), "42");
  }
  const PgPoolStats stats = pool.stats();
  EXPECT_EQ(stats.created, 1u);
  EXPECT_EQ(stats.acquired, 5u);
  EXPECT_EQ(stats.queries, 5u);
  EXPECT_EQ(stats.idle, 1u);
  EXPECT_EQ(stats.busy, 0u);
  EXPECT_EQ(stats.errors, 0u);
}

aio::Task<base::Result<>> query_slowly(PgPool& pool, int& done) {
  const auto answer = co_await pool.query(text("select pg_sleep(0.1)"), {});
  EXPECT_TRUE(answer);
  ++done;
  co_return base::Result<>();
}

aio::Task<base::Result<>> six_at_once(PgPool& pool, int& done, PgPoolStats& meanwhile) {
  const auto executor = co_await aio::asio::this_coro::executor;
  aio::TaskGroup group(executor);
  for (int i = 0; i < 6; ++i) group.spawn(query_slowly(pool, done));
  aio::SystemClock clock;
  co_await aio::wait_for(clock, base::millis(50), {});
  meanwhile = pool.stats();
  co_return co_await group.join();
}

TEST_F(PoolTest, NeverExceedsItsSizeAndServesEveryWaiter) {
  PgPoolSettings two = settings();
  two.size = 2;
  PgPool pool(context.get_executor(), clock, two, warn());
  int done = 0;
  PgPoolStats meanwhile;
  EXPECT_TRUE(await(context, six_at_once(pool, done, meanwhile)));
  EXPECT_EQ(done, 6);
  EXPECT_EQ(meanwhile.busy, 2u);
  EXPECT_EQ(meanwhile.waiting, 4u);
  EXPECT_EQ(pool.stats().created, 2u);
  EXPECT_GE(pool.stats().waited_max, base::millis(150));
}

TEST_F(PoolTest, ConnectsInAsManyAttemptsAsAllowed) {
  PgPoolSettings nowhere = settings();
  nowhere.address.port = 1;
  PgPool pool(context.get_executor(), clock, nowhere, warn());
  const base::TimePoint began = clock.now();
  const auto answer = await(context, pool.query(text("select 1"), {}));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, Cause::Refused);
  EXPECT_EQ(answer.error().outcome(), drill::Outcome::Fail);
  EXPECT_EQ(pool.stats().errors, 3u);
  EXPECT_GE(clock.now() - began, base::millis(60));
  PgPoolSettings once = nowhere;
  once.attempts = 1;
  PgPool probe_pool(context.get_executor(), clock, once, warn());
  EXPECT_FALSE(await(context, probe_pool.query(text("select 1"), {})));
  EXPECT_EQ(probe_pool.stats().errors, 1u) << "a probe never retries";
}

TEST_F(PoolTest, TimeLimitsEndWhatHangs) {
  PgPoolSettings hasty = settings();
  hasty.query_timeout = base::millis(80);
  hasty.connect_timeout = base::millis(80);
  hasty.attempts = 1;
  PgPool pool(context.get_executor(), clock, hasty, warn());
  const auto slow = await(context, pool.query(text("select pg_sleep(20)"), {}));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().cause, Cause::Timeout);
  EXPECT_EQ(slow.error().outcome(), drill::Outcome::Info);
  EXPECT_EQ(pool.stats().idle, 0u) << "a late answer must not become the next one's";
  server_->freeze();
  const auto hung = await(context, pool.query(text("select 1"), {}));
  server_->thaw();
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().cause, Cause::ConnectTimeout);
  EXPECT_EQ(hung.error().outcome(), drill::Outcome::Fail);
  EXPECT_EQ(pool.stats().timeouts, 2u);
  EXPECT_EQ(hung.error().error().code, base::Code::DeadlineExceeded);
}

TEST_F(PoolTest, SlowQueriesAndHeldConnectionsAreWarnedAbout) {
  PgPoolSettings strict = settings();
  strict.slow_query = base::millis(40);
  strict.held_too_long = base::millis(60);
  PgPool pool(context.get_executor(), clock, strict, warn());
  EXPECT_TRUE(await(context, pool.query(text("select pg_sleep(0.1)"), {})));
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[0].kind, PgPoolWarning::Kind::HeldTooLong) << "while it is still held";
  EXPECT_LT(warnings[0].took, base::millis(100));
  EXPECT_EQ(warnings[1].kind, PgPoolWarning::Kind::SlowQuery);
  EXPECT_EQ(warnings[1].what, "select pg_sleep(0.1)");
  EXPECT_GE(warnings[1].took, base::millis(100));
  EXPECT_EQ(pool.stats().slow, 1u);
  EXPECT_EQ(pool.stats().held, 1u);
}

TEST_F(PoolTest, TransactionsCommitAsOneOrNotAtAll) {
  PgPool pool(context.get_executor(), clock, settings(), warn());
  ASSERT_TRUE(await(context, pool.query(text("create table things (n int)"), {})));
  std::vector<PgQuery> good = {text("insert into things values (1)"),
                               text("insert into things values (2)")};
  EXPECT_TRUE(await(context, pool.transaction(good, {})));
  std::vector<PgQuery> bad = {text("insert into things values (3)"),
                              text("insert into nothing values (4)")};
  const auto failed = await(context, pool.transaction(bad, {}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().sqlstate, "42P01");
  EXPECT_EQ(await(context, pool.query(text("select sum(n) from things"), {}))->first(), "3");
  EXPECT_EQ(pool.stats().idle, 1u) << "rolled back, so the connection is as good as new";
}

aio::Task<PgOutcome<>> leave_open(PgPool& pool) {
  auto lease = co_await pool.acquire("careless", {});
  if (lease) co_await lease->run(text("begin"), {});
  co_return PgOutcome<>();
}

TEST_F(PoolTest, AConnectionLeftInATransactionIsNotGivenToAnother) {
  PgPool pool(context.get_executor(), clock, settings(), warn());
  EXPECT_TRUE(await(context, leave_open(pool)));
  EXPECT_EQ(pool.stats().idle, 0u);
  EXPECT_EQ(pool.stats().busy, 0u);
}

TEST_F(PoolTest, HealthCheckDropsDeadConnectionsAndFindsTheServerAgain) {
  PgPoolSettings once = settings();
  once.attempts = 1;
  PgPool pool(context.get_executor(), clock, once, warn());
  EXPECT_TRUE(await(context, pool.check({})));
  server_->kill();
  const auto dead = await(context, pool.check({}));
  ASSERT_FALSE(dead);
  EXPECT_EQ(pool.stats().idle, 0u);
  ASSERT_TRUE(server_->restart());
  EXPECT_TRUE(await(context, pool.check({})));
}

TEST_F(PoolTest, StoppingEndsWaitersAndQueries) {
  PgPoolSettings one = settings();
  one.size = 1;
  PgPool pool(context.get_executor(), clock, one, warn());
  std::stop_source stop;
  const auto alarm = clock.alarm(context.get_executor());
  alarm->arm(clock.now() + base::millis(100), [&] { stop.request_stop(); });
  std::optional<PgOutcome<PgResult>> first, second;
  boost::asio::co_spawn(
      context, pool.query(text("select pg_sleep(20)"), stop.get_token()),
      [&](std::exception_ptr, PgOutcome<PgResult> value) { first = std::move(value); });
  boost::asio::co_spawn(
      context, pool.query(text("select 1"), stop.get_token()),
      [&](std::exception_ptr, PgOutcome<PgResult> value) { second = std::move(value); });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!(first && second) && context.run_one_until(until) > 0) {
  }
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->error().cause, Cause::Stopped);
  EXPECT_EQ(first->error().outcome(), drill::Outcome::Info);
  EXPECT_EQ(second->error().cause, Cause::Stopped);
  EXPECT_EQ(second->error().outcome(), drill::Outcome::Fail);
  EXPECT_EQ(pool.stats().busy, 0u);
}

TEST_F(PoolTest, ResolvesNamesWithoutBlocking) {
  PgPoolSettings named = settings();
  named.address.host = "localhost";
  named.attempts = 1;
  PgPool pool(context.get_executor(), clock, named, warn());
  const auto answer = await(context, pool.query(text("select 1"), {}));
  EXPECT_TRUE(answer) << answer.error().message;
  named.address.host = "no such host";
  PgPool lost(context.get_executor(), clock, named, warn());
  const auto failed = await(context, lost.query(text("select 1"), {}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().cause, Cause::Unreachable);
}

}  // namespace
}  // namespace probes
