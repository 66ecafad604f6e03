// What a probe operation says when a real PostgreSQL is killed, stopped, shut down, read-only,
// full, or loses its standby: measurement.md §1.
#include <signal.h>

#include <gtest/gtest.h>

#include "harness.h"

namespace probes {
namespace {

using drill::Outcome;
using testing_postgres::Server;

/// "fail/Refused".
std::string said(const Completion& completion) {
  return std::string(drill::name(completion.outcome)) + "/" + drill::name(completion.cause);
}

testing_postgres::Options options(std::string name, std::vector<std::string> settings = {}) {
  return {std::move(name), std::move(settings)};
}

Server started(testing_postgres::Options options = {}) {
  auto server = Server::start(std::move(options));
  if (!server) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

void make_ledger(const Server& server) {
  const PgLedger ledger("drill-x", kTestKey);
  ASSERT_EQ(sql(address_of(server), ledger.create().text), "");
}

std::string rows(const Server& server) {
  return sql(address_of(server), "select count(*) from muster_drill_drill_x.ledger");
}

TEST(PgOutcomes, AnAcknowledgedInsertIsOkAndSaysWhoAnswered) {
  const Server server = started(options("left"));
  make_ledger(server);
  for (const Connections connections : {Connections::New, Connections::Open}) {
    OperationHarness probe(address_of(server), connections, PgDeed::Insert, 2, "a");
    const Completion first = probe.once(1);
    EXPECT_EQ(said(first), "ok/None");
    EXPECT_EQ(first.server_term, 1u);
    EXPECT_GT(first.server_position, 0u);
    const auto servers = probe.table.all();
    ASSERT_EQ(servers.size(), 2u);
    EXPECT_EQ(servers[first.server_id].instance, "a");
    EXPECT_EQ(servers[first.server_id].name.substr(0, 7), "left@20");
    const Completion second = probe.once(2);
    EXPECT_EQ(said(second), "ok/None");
    EXPECT_GT(second.server_position, first.server_position);
    EXPECT_EQ(second.server_id, first.server_id);
  }
  EXPECT_EQ(rows(server), "4");
  OperationHarness reader(address_of(server), Connections::Open, PgDeed::Highest);
  const Completion seen = reader.once(1);
  EXPECT_EQ(said(seen), "ok/None");
  EXPECT_EQ(seen.value, 2);
}

TEST(PgOutcomes, KilledServerFailsNewConnectionsAndLeavesSentOnesUnknown) {
  Server server = started();
  make_ledger(server);
  OperationHarness open(address_of(server), Connections::Open, PgDeed::Insert);
  OperationHarness idle(address_of(server), Connections::Open, PgDeed::Insert);
  OperationHarness fresh(address_of(server), Connections::New, PgDeed::Insert);
  EXPECT_EQ(said(open.once(1)), "ok/None");
  EXPECT_EQ(said(idle.once(1)), "ok/None");
  // A lock makes the insert wait: it is in flight when the server dies.
  OperationHarness holder(address_of(server), Connections::Open, PgDeed::Insert);
  PgConnection lock(holder.context.get_executor(), address_of(server));
  lock.connect([&](PgOutcome<> connected) {
    ASSERT_TRUE(connected);
    PgQuery begin;
    begin.text = "begin";
    lock.execute(begin, [&](PgOutcome<PgResult>) {
      PgQuery take;
      take.text = "lock table muster_drill_drill_x.ledger in access exclusive mode";
      lock.execute(take, [&](PgOutcome<PgResult> locked) { EXPECT_TRUE(locked); });
    });
  });
  const char* const held =
      "select count(*) from pg_locks where relation = 'muster_drill_drill_x.ledger'::regclass and "
      "mode = 'AccessExclusiveLock' and granted";
  ASSERT_TRUE(holder.until(address_of(server), held, "1"));
  open.start(2);
  ASSERT_TRUE(open.until(address_of(server),
                         "select count(*) from pg_stat_activity where wait_event_type = 'Lock'",
                         "1"));
  EXPECT_FALSE(open.last);
  server.kill();
  EXPECT_EQ(said(open.finish()), "info/Reset");
  // The idle connection is found dead before anything is sent: proof that nothing happened.
  EXPECT_EQ(said(idle.once(2)), "fail/Refused");
  EXPECT_EQ(said(fresh.once(3)), "fail/Refused");
  ASSERT_TRUE(server.restart()) << server.log();
  EXPECT_EQ(said(open.once(4)), "ok/None");
  EXPECT_EQ(open.table.all().size(), 3u) << "a restarted server is another one";
  EXPECT_EQ(said(fresh.once(4)), "ok/None");
  EXPECT_EQ(rows(server), "4");
}

TEST(PgOutcomes, StoppedServerTimesOutUnknownWhenSentAndFailedWhenNotConnected) {
  Server server = started();
  make_ledger(server);
  OperationHarness open(address_of(server), Connections::Open, PgDeed::Insert);
  OperationHarness fresh(address_of(server), Connections::New, PgDeed::Insert);
  EXPECT_EQ(said(open.once(1)), "ok/None");
  server.freeze();
  EXPECT_EQ(said(open.once(2, base::millis(150))), "info/Timeout");
  EXPECT_EQ(said(fresh.once(2, base::millis(150))), "fail/ConnectTimeout");
  // The open connection was dropped: its next operation begins with connecting.
  EXPECT_EQ(said(open.once(3, base::millis(150))), "fail/ConnectTimeout");
  server.thaw();
  EXPECT_EQ(said(open.once(4)), "ok/None");
}

TEST(PgOutcomes, ShutdownsAreFailuresBeforeAndUnknownAfterSending) {
  Server server = started();
  make_ledger(server);
  OperationHarness open(address_of(server), Connections::Open, PgDeed::Insert);
  OperationHarness waiting(address_of(server), Connections::Open, PgDeed::Insert);
  OperationHarness fresh(address_of(server), Connections::New, PgDeed::Insert);
  EXPECT_EQ(said(open.once(1)), "ok/None");
  EXPECT_EQ(said(waiting.once(1)), "ok/None");
  // Smart: sessions go on, new ones are refused with 57P03.
  server.signal(SIGTERM);
  Completion refused = fresh.once(2);
  for (int tries = 0; refused.outcome == Outcome::Ok && tries < 100; ++tries)
    refused = fresh.once(2);
  EXPECT_EQ(said(refused), "fail/Unavailable");
  EXPECT_EQ(said(open.once(2)), "ok/None");
  // Fast: a session in the middle of an insert gets 57P01.
  PgConnection lock(waiting.context.get_executor(), address_of(server));
  EXPECT_EQ(said(open.once(3)), "ok/None");
  server.signal(SIGINT);
  ASSERT_TRUE(server.wait_gone());
  EXPECT_EQ(said(open.once(4)), "fail/Refused");
}

TEST(PgOutcomes, FastShutdownDuringAnInsertIsUnknown) {
  Server server = started();
  make_ledger(server);
  OperationHarness probe(address_of(server), Connections::Open, PgDeed::Insert);
  EXPECT_EQ(said(probe.once(1)), "ok/None");
  ASSERT_EQ(sql(address_of(server),
                "create function muster_drill_drill_x.slow() returns trigger language plpgsql as "
                "$$begin perform pg_sleep(30); return new; end$$"),
            "");
  ASSERT_EQ(sql(address_of(server),
                "create trigger slow before insert on muster_drill_drill_x.ledger for each row "
                "execute function muster_drill_drill_x.slow()"),
            "");
  probe.start(2);
  ASSERT_TRUE(probe.until(address_of(server),
                          "select count(*) from pg_stat_activity where wait_event = 'PgSleep'",
                          "1"));
  EXPECT_FALSE(probe.last);
  server.signal(SIGINT);
  EXPECT_EQ(said(probe.finish()), "info/Unavailable");
}

TEST(PgOutcomes, ExplicitRejectionsAreFailures) {
  const Server server =
      started(options("a", {"max_connections = 6", "superuser_reserved_connections = 0"}));
  make_ledger(server);
  ASSERT_EQ(
      sql(address_of(server), "alter database postgres set default_transaction_read_only = on"),
      "");
  {
    OperationHarness probe(address_of(server), Connections::New, PgDeed::Insert);
    EXPECT_EQ(said(probe.once(1)), "fail/ReadOnly");
  }
  ASSERT_EQ(
      sql(address_of(server),
          "begin read write; alter database postgres reset default_transaction_read_only; commit")
          .substr(0, 6),
      "cannot")
      << "several statements are refused in one query";
  PgAddress writable = address_of(server);
  writable.database = "template1";
  ASSERT_EQ(sql(writable, "alter database postgres reset default_transaction_read_only"), "");
  {
    OperationHarness many(address_of(server), Connections::Open, PgDeed::Insert, 6);
    for (std::size_t slot = 0; slot < 6; ++slot) {
      // Sessions of earlier questions may still be on their way out.
      Completion stands = Completion::fail(drill::Cause::Unavailable);
      for (int tries = 0; stands.outcome != Outcome::Ok && tries < 500; ++tries) {
        many.start(10 + slot, slot);
        stands = many.finish(base::seconds(10), slot);
      }
      ASSERT_EQ(said(stands), "ok/None");
    }
    OperationHarness probe(address_of(server), Connections::New, PgDeed::Insert);
    EXPECT_EQ(said(probe.once(2)), "fail/Unavailable");
  }
  PgAddress nobody = address_of(server);
  nobody.user = "nobody";
  OperationHarness stranger(nobody, Connections::New, PgDeed::Insert);
  EXPECT_EQ(said(stranger.once(3)), "fail/Rejected");
  ASSERT_EQ(sql(address_of(server), "drop table muster_drill_drill_x.ledger"), "");
  OperationHarness tableless(address_of(server), Connections::Open, PgDeed::Insert);
  EXPECT_EQ(said(tableless.once(4)), "fail/Rejected");
}

TEST(PgOutcomes, CancelledWaitForTheStandbyIsUnknown) {
  const Server server = started();
  make_ledger(server);
  ASSERT_EQ(sql(address_of(server), "alter system set synchronous_standby_names = 'nobody'"), "");
  ASSERT_EQ(sql(address_of(server), "select pg_reload_conf()"), "t");
  OperationHarness probe(address_of(server), Connections::Open, PgDeed::Insert);
  probe.settle();
  probe.start(1);
  probe.settle();
  EXPECT_FALSE(probe.last) << "CommandComplete alone must not count as an acknowledgement";
  ASSERT_TRUE(probe.until(
      address_of(server),
      "select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'", "t"));

  EXPECT_EQ(said(probe.finish()), "info/SyncCancelled");
  EXPECT_EQ(rows(server), "1") << "it is committed here: neither lost nor acknowledged";
  probe.start(2);
  probe.settle();
  ASSERT_TRUE(probe.until(
      address_of(server),
      "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'", "t"));

  const Completion ended = probe.finish();
  EXPECT_STREQ(drill::name(ended.outcome), "info");
  EXPECT_EQ(rows(server), "2");
}

TEST(PgOutcomes, StandbyRefusesWritesAndAnswersReadsWithItsTimeline) {
  const Server primary = started(options("a"));
  make_ledger(primary);
  auto standby = Server::standby_of(primary, options("b"));
  ASSERT_TRUE(standby) << standby.error().message;
  OperationHarness write(address_of(primary), Connections::Open, PgDeed::Insert, 1, "a");
  EXPECT_EQ(said(write.once(41)), "ok/None");
  OperationHarness refused(address_of(*standby), Connections::Open, PgDeed::Insert, 1, "b");
  EXPECT_EQ(said(refused.once(1)), "fail/ReadOnly");
  OperationHarness read(address_of(*standby), Connections::Open, PgDeed::Highest, 1, "b");
  Completion seen = read.once(1);
  const base::TimePoint patience = aio::now() + base::seconds(20);
  while (seen.value != 41 && aio::now() < patience) seen = read.once(1);
  EXPECT_EQ(said(seen), "ok/None");
  EXPECT_EQ(seen.value, 41);
  EXPECT_EQ(seen.server_term, 1u);
  EXPECT_GT(seen.server_position, 0u);
  ASSERT_EQ(sql(address_of(*standby), "select pg_promote()"), "t");
  const Completion promoted = refused.once(2);
  EXPECT_EQ(said(promoted), "ok/None");
  EXPECT_EQ(promoted.server_term, 2u) << "the new timeline shows at once";
}

}  // namespace
}  // namespace probes
