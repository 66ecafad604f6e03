// The final read of the ledger and the view of an instance, against a real pair.
#include <algorithm>

#include <gtest/gtest.h>

#include "harness.h"
#include "probes/pg_final_read.h"
#include "probes/pg_instance.h"

namespace probes {
namespace {

using testing_postgres::Server;

struct ReadingTest : testing::Test {
  static void SetUpTestSuite() {
    auto started = Server::start({"a", {}});
    if (!started) throw std::runtime_error(started.error().message);
    server_ = new Server(std::move(*started));
    auto standby = Server::standby_of(*server_, {"b", {}});
    if (!standby) throw std::runtime_error(standby.error().message);
    standby_ = new Server(std::move(*standby));
  }
  static void TearDownTestSuite() {
    delete standby_;
    delete server_;
    standby_ = server_ = nullptr;
  }

  drill::FinalRead read(PgFinalReadSpec spec) {
    if (spec.instance.empty()) spec.instance = "a";
    return await(context, read_ledger_table(clock, ledger, std::move(spec), {}));
  }
  void exec(const std::string& statement) {
    const std::string answer = sql(address_of(*server_), statement);
    ASSERT_EQ(answer, "") << statement;
  }

  static Server* server_;
  static Server* standby_;
  aio::SystemClock clock;
  boost::asio::io_context context;
  PgLedger ledger{"drill-x", kTestKey};
};
Server* ReadingTest::server_ = nullptr;
Server* ReadingTest::standby_ = nullptr;

TEST_F(ReadingTest, FindsEveryRowAndEveryDefectAmongAHundredThousand) {
  exec(ledger.create().text);
  // HMACs as the probe makes them, by the server: the digests of 100,000 inserts in one statement.
  exec("create extension if not exists pgcrypto");
  exec(
      "insert into muster_drill_drill_x.ledger select 'drill-x', 7, n, "
      "hmac(convert_to('drill-x', 'UTF8') || '\\x00'::bytea || int2send(7::int2) || int8send(n), "
      "convert_to(repeat('k', 32), 'UTF8'), 'sha256') from generate_series(1, 100000) n");
  exec(
      "insert into muster_drill_drill_x.ledger select * from muster_drill_drill_x.ledger where seq "
      "= 500");
  exec(
      "update muster_drill_drill_x.ledger set hmac = set_byte(hmac, 3, 255 - get_byte(hmac, 3)) "
      "where seq = 777");
  exec("update muster_drill_drill_x.ledger set drill = 'another' where seq = 888");
  exec("delete from muster_drill_drill_x.ledger where seq = 999");
  exec("insert into muster_drill_drill_x.ledger values ('drill-x', 99999, -1, '')");

  PgFinalReadSpec spec;
  spec.address = address_of(*server_);
  const drill::FinalRead result = read(spec);
  EXPECT_TRUE(result.complete) << result.error;
  EXPECT_EQ(result.rows.size(), 100001u);
  EXPECT_LT(result.began, result.ended);
  std::vector<std::uint64_t> damaged;
  std::vector<int> seen(100001);
  for (const drill::FinalRow& row : result.rows) {
    if (!row.hmac_ok) damaged.push_back(row.seq);
    if (row.stream == kTestStream) ++seen[row.seq];
  }
  std::sort(damaged.begin(), damaged.end());
  ASSERT_EQ(damaged.size(), 3u);
  EXPECT_EQ(damaged[1], 777u);
  EXPECT_EQ(damaged[2], 888u);
  EXPECT_EQ(seen[500], 2);
  EXPECT_EQ(seen[999], 0);
  EXPECT_EQ(std::count(seen.begin() + 1, seen.end(), 1), 99998);

  // Over the Unix socket alone, as an isolated server is read.
  spec.address.host = server_->socket_folder();
  EXPECT_EQ(read(spec).rows.size(), 100001u);

  spec.rows_max = 1000;
  const drill::FinalRead capped = read(spec);
  EXPECT_FALSE(capped.complete);
  EXPECT_EQ(capped.rows.size(), 1000u);
  EXPECT_EQ(capped.error, "more than 1000 rows");
  exec(ledger.drop().text);
}

TEST_F(ReadingTest, AReadThatBreaksOffIsNotComplete) {
  exec(ledger.create().text);
  exec(
      "insert into muster_drill_drill_x.ledger select 'drill-x', 7, n, '' from generate_series(1, "
      "10) n");
  PgFinalReadSpec spec;
  spec.address = address_of(*server_);
  spec.limit = base::millis(200);
  // The table is locked: the read hangs until its limit.
  PgConnection lock(context.get_executor(), address_of(*server_));
  ASSERT_TRUE(await(context, lock.open({})));
  for (const char* text :
       {"begin", "lock table muster_drill_drill_x.ledger in access exclusive mode"}) {
    PgQuery query;
    query.text = text;
    ASSERT_TRUE(await(context, lock.run(query, {})));
  }
  const drill::FinalRead hung = read(spec);
  EXPECT_FALSE(hung.complete);
  EXPECT_EQ(hung.error, "not read to its end within 200 ms");
  lock.close();
  exec(ledger.drop().text);
  const drill::FinalRead missing = read(spec);
  EXPECT_FALSE(missing.complete);
  EXPECT_NE(missing.error.find("does not exist"), std::string::npos) << missing.error;
  spec.address.port = 1;
  EXPECT_NE(read(spec).error.find("refused"), std::string::npos);
}

TEST_F(ReadingTest, SchemasAreListedAndDroppedOnesLeaveNothing) {
  const PgLedger other("Other-Drill-20261121T044224Z-ab12", kTestKey);
  EXPECT_EQ(other.schema(), "muster_drill_other_drill_20261121t044224z_ab12");
  exec(ledger.create().text);
  exec(other.create().text);
  PgConnection connection(context.get_executor(), address_of(*server_));
  ASSERT_TRUE(await(context, connection.open({})));
  auto found = await(context, connection.run(ledger_schemas(), {}));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->rows.size(), 2u);
  EXPECT_EQ(found->cell(0, 0), ledger.schema());
  EXPECT_EQ(found->cell(1, 0), other.schema());
  ASSERT_TRUE(await(context, connection.run(drop_schema(other.schema()), {})));
  ASSERT_TRUE(await(context, connection.run(ledger.drop(), {})));
  ASSERT_TRUE(await(context, connection.run(ledger.drop(), {}))) << "dropping twice is no error";
  EXPECT_EQ(
      sql(address_of(*server_), "select count(*) from pg_namespace where nspname like 'muster%'"),
      "0");
}

TEST_F(ReadingTest, KnowsHowManySessionsItsRoleMayHave) {
  exec("create role few login connection limit 7");
  exec("grant pg_monitor to few");
  PgAddress address = address_of(*server_);
  address.user = "few";
  PgInstances instances(clock, {{"a", address}});
  const auto seen = await(context, instances.look("a", {}));
  ASSERT_TRUE(seen);
  ASSERT_GT(seen->sessions, 0u) << seen->detail;
  // Sessions of other roles do not count against it, and one of these is its own.
  EXPECT_EQ(seen->sessions_max, 7u + seen->sessions - 1u);
  exec("drop role few");
}

TEST_F(ReadingTest, SeesPrimaryStandbyLagAndDown) {
  PgAddress nowhere = address_of(*server_);
  nowhere.port = 1;
  PgInstances instances(
      clock, {{"a", address_of(*server_)}, {"b", address_of(*standby_)}, {"c", nowhere}});
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  auto primary = await(context, instances.look("a", {}));
  // A standby that answers already may not stream yet.
  while (primary && primary->standbys.empty() && std::chrono::steady_clock::now() < patience) {
    primary = await(context, instances.look("a", {}));
  }
  ASSERT_TRUE(primary);
  EXPECT_EQ(primary->role, PgInstanceView::Role::Primary);
  EXPECT_EQ(primary->identity.cluster, "a");
  EXPECT_EQ(primary->identity.timeline, 1u);
  EXPECT_GT(primary->sessions_max, 0u);
  ASSERT_EQ(primary->standbys.size(), 1u);
  EXPECT_EQ(primary->standbys[0].application, "b");
  EXPECT_NE(primary->standbys[0].replay_heard, base::Duration(0));  // nullopt where it is unknown
  auto standby = await(context, instances.look("b", {}));
  ASSERT_TRUE(standby);
  EXPECT_EQ(standby->role, PgInstanceView::Role::Standby);
  EXPECT_EQ(standby->identity.cluster, "b");
  EXPECT_EQ(standby->identity.timeline, 1u);
  ASSERT_TRUE(standby->lag_bytes);
  // Its position is unknown until it has told one, with the first reply after a replay.
  exec("create table first ()");
  const auto told = [&] {
    primary = await(context, instances.look("a", {}));
    return primary && primary->standbys.size() == 1 && primary->standbys[0].bytes;
  };
  while (!told() && std::chrono::steady_clock::now() < patience) {
  }
  // Replay paused: what the primary writes from now on is lag.
  ASSERT_EQ(sql(address_of(*standby_), "select pg_wal_replay_pause()"), "");
  exec("create table bulk as select generate_series(1, 20000) n");
  standby = await(context, instances.look("b", {}));
  ASSERT_TRUE(standby && standby->lag_bytes);
  EXPECT_GT(*standby->lag_bytes, 500'000u);
  primary = await(context, instances.look("a", {}));
  ASSERT_TRUE(primary && primary->standbys.size() == 1 && primary->standbys[0].bytes);
  EXPECT_GT(*primary->standbys[0].bytes, 500'000u);
  ASSERT_EQ(sql(address_of(*standby_), "select pg_wal_replay_resume()"), "");
  const auto down = await(context, instances.look("c", {}));
  ASSERT_TRUE(down);
  EXPECT_EQ(down->role, PgInstanceView::Role::Down);
  EXPECT_NE(down->detail.find("refused"), std::string::npos);
  EXPECT_EQ(await(context, instances.look("d", {})).error().code, base::Code::NotFound);
}

TEST_F(ReadingTest, StatementsOnInstancesTellTheirErrorsApart) {
  PgAddress nowhere = address_of(*server_);
  nowhere.port = 1;
  PgInstances instances(
      clock, {{"a", address_of(*server_)}, {"b", address_of(*standby_)}, {"c", nowhere}});
  const auto ask = [&](const char* instance, const char* text, base::Duration limit) {
    return await(context, instances.query(instance, text, limit, {}));
  };
  const auto good = ask("a", "select 7 as seven", base::seconds(5));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->columns[0], "seven");
  EXPECT_EQ(good->first(), "7");
  EXPECT_EQ(ask("a", "selekt", base::seconds(5)).error().code, base::Code::FailedPrecondition);
  EXPECT_NE(ask("b", "create table x ()", base::seconds(5)).error().message.find("25006"),
            std::string::npos);
  EXPECT_EQ(ask("c", "select 1", base::seconds(5)).error().code, base::Code::Unavailable);
  EXPECT_EQ(ask("a", "select pg_sleep(10)", base::millis(150)).error().code,
            base::Code::DeadlineExceeded);
}

}  // namespace
}  // namespace probes
