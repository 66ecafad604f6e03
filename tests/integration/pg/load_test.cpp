// The users' load and the capacity stream against a real server.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "harness.h"
#include "probes/pg_load.h"

namespace probes {
namespace {

using drill::Cause;
using testing_postgres::Server;

struct LoadTest : testing::Test {
  static void SetUpTestSuite() {
    auto started = Server::start({"a", {}});
    if (!started) throw std::runtime_error(started.error().message);
    server_ = new Server(std::move(*started));
    const PgAddress address = address_of(*server_);
    sql(address, "create table customers (id bigint primary key, name text, region text)");
    sql(address,
        "create table orders (id bigint generated always as identity primary key, customer_id "
        "bigint not null references customers, item text not null, quantity integer not null, "
        "price_cents bigint not null, placed_at timestamptz not null default now())");
    sql(address, "insert into customers select n, 'c', 'north' from generate_series(1, 2000) n");
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  PgPoolSettings settings() const {
    PgPoolSettings made;
    made.address = address_of(*server_);
    made.attempt_gap = base::millis(20);
    return made;
  }
  static LoadPlan plan() {
    LoadPlan made;
    made.operations_per_minute = 12'000;
    made.mix = {{"read", 70}, {"write", 20}, {"heavy", 10}};
    made.drain = base::millis(200);
    return made;
  }
  /// Runs the users for a while.
  base::Result<> run(PgPool& pool, std::vector<LoadStatement> mix, LoadPlan of,
                     base::Duration length) {
    auto statements = with_defaults(std::move(mix));
    EXPECT_TRUE(statements);
    PgLoadSender sender(clock, pool, *statements, "test");
    LoadRunner runner(clock, sender, std::move(of),
                      [this](const drill::LoadSample& sample) { samples.push_back(sample); });
    std::stop_source stop;
    const auto alarm = clock.alarm(context.get_executor());
    alarm->arm(clock.now() + length, [&] { stop.request_stop(); });
    auto outcome = await(context, runner.run(stop.get_token()));
    EXPECT_EQ(runner.in_flight(), 0u);
    return outcome;
  }

  static Server* server_;
  aio::SystemClock clock;
  boost::asio::io_context context;
  std::vector<drill::LoadSample> samples;
};
Server* LoadTest::server_ = nullptr;

TEST_F(LoadTest, UsersRunTheirMixOverTheDefaultStatements) {
  PgPool pool(context.get_executor(), clock, settings());
  ASSERT_TRUE(run(pool, {{"read", ""}, {"write", ""}, {"heavy", ""}}, plan(), base::millis(700)));
  std::map<int, int> kinds;
  std::set<int> users;
  for (const drill::LoadSample& sample : samples) {
    EXPECT_TRUE(sample.ok) << drill::name(sample.cause);
    EXPECT_GE(sample.completed - sample.intended, sample.service_time);
    EXPECT_GT(sample.service_time, base::Duration(0));
    ++kinds[sample.operation];
    users.insert(sample.user);
  }
  ASSERT_GT(samples.size(), 70u);
  EXPECT_EQ(users.size(), 6u);
  const double all = static_cast<double>(samples.size());
  EXPECT_NEAR(kinds[0] / all, 0.7, 0.07);
  EXPECT_NEAR(kinds[1] / all, 0.2, 0.07);
  EXPECT_NEAR(kinds[2] / all, 0.1, 0.07);
  EXPECT_EQ(sql(address_of(*server_), "select count(*) from orders"), std::to_string(kinds[1]));
  EXPECT_LE(pool.stats().created, 10u);
}

TEST_F(LoadTest, LatencyCountsFromTheIntendedStartWhileTheServerHangs) {
  PgPoolSettings one = settings();
  one.size = 1;
  PgPool pool(context.get_executor(), clock, one);
  LoadPlan stuck = plan();
  stuck.mix = {{"hang", 1}};
  stuck.process = load::Process::Constant;
  stuck.operations_per_minute = 1200;  // every 50 ms
  stuck.drain = base::seconds(10);
  ASSERT_TRUE(run(pool, {{"hang", "select pg_sleep(0.2)"}}, stuck, base::millis(390)));
  ASSERT_EQ(samples.size(), 8u);
  base::Duration longest{};
  for (const drill::LoadSample& sample : samples) {
    EXPECT_TRUE(sample.ok);
    EXPECT_LT(sample.service_time, base::millis(300));
    longest = std::max(longest, sample.completed - sample.intended);
  }
  // The eighth was due at 350 ms and was served from 1,400 ms on.
  EXPECT_GE(longest, base::millis(1200)) << "waiting for a turn belongs to the latency";
}

TEST_F(LoadTest, BoundsWhatPilesUpAndSaysWhatNeverEnded) {
  PgPoolSettings one = settings();
  one.size = 1;
  PgPool pool(context.get_executor(), clock, one);
  LoadPlan stuck = plan();
  stuck.mix = {{"hang", 1}};
  stuck.process = load::Process::Constant;
  stuck.in_flight_max = 5;
  ASSERT_TRUE(run(pool, {{"hang", "select pg_sleep(20)"}}, stuck, base::millis(100)));
  std::map<Cause, int> causes;
  for (const drill::LoadSample& sample : samples) ++causes[sample.cause];
  EXPECT_EQ(causes[Cause::Stopped], 5);
  EXPECT_GT(causes[Cause::NotSent], 5);
  EXPECT_EQ(causes[Cause::None], 0);
}

TEST_F(LoadTest, RefusesAMixWithoutStatements) {
  const auto mix = with_defaults({{"read", ""}, {"login", ""}});
  ASSERT_FALSE(mix);
  EXPECT_NE(mix.error().message.find("read, write, heavy"), std::string::npos);
  PgPool pool(context.get_executor(), clock, settings());
  LoadPlan none = plan();
  none.mix.clear();
  EXPECT_FALSE(run(pool, {}, none, base::millis(10)));
}

TEST_F(LoadTest, CapacityReadsRiseAboveTheTarget) {
  PgPool pool(context.get_executor(), clock, settings());
  CapacityPlan plan;
  plan.stream = drill::StreamId(9);
  plan.target_per_second = 200;
  plan.rise = base::millis(300);
  PgLoadSender sender(clock, pool, {{"read", *default_statement("read")}}, "capacity");
  std::vector<drill::Record> records;
  CapacityRunner runner(clock, sender, plan,
                        [&](const drill::Record& record) { records.push_back(record); });
  std::stop_source stop;
  const auto alarm = clock.alarm(context.get_executor());
  const base::TimePoint began = clock.now();
  alarm->arm(began + base::millis(800), [&] { stop.request_stop(); });
  ASSERT_TRUE(await(context, runner.run(stop.get_token())));
  int held = 0;
  for (const drill::Record& record : records) {
    EXPECT_EQ(record.stream, plan.stream);
    if (record.outcome != drill::Outcome::Ok) continue;
    const base::Duration at = record.scheduled - began;
    if (at >= base::millis(300) && at < base::millis(700)) ++held;
  }
  EXPECT_NEAR(held, 240 * 0.4, 3);
  EXPECT_EQ(capacity_stream(plan, "orders", "127.0.0.1:1").kind, drill::StreamKind::Capacity);
}

}  // namespace
}  // namespace probes
