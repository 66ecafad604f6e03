// The whole postgres probe under the real prober, over a real pair, across the death of the primary
// and the promotion of the standby.
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include <gtest/gtest.h>

#include "harness.h"
#include "probes/pg_final_read.h"
#include "probes/pg_probe.h"

namespace probes {
namespace {

using drill::Outcome;
using drill::StreamKind;
using testing_postgres::Server;

class Collector final : public ProberListener {
 public:
  void on_records(std::vector<drill::Record> records) override {
    const std::lock_guard lock(mutex_);
    all_.insert(all_.end(), records.begin(), records.end());
    changed_.notify_all();
  }
  void on_stall(drill::StreamId, drill::Stall) override {}
  void on_anchor(drill::ClockAnchor) override {}
  void on_ledger_error(base::Error) override { ADD_FAILURE(); }

  /// Waits until a record of the stream satisfies the condition.
  template <class Condition>
  bool wait_for(drill::StreamId stream, Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(15), [&] {
      return std::any_of(all_.begin(), all_.end(), [&](const drill::Record& record) {
        return record.stream == stream && condition(record);
      });
    });
  }
  std::vector<drill::Record> of(drill::StreamId stream) const {
    const std::lock_guard lock(mutex_);
    std::vector<drill::Record> out;
    for (const drill::Record& record : all_) {
      if (record.stream == stream) out.push_back(record);
    }
    return out;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<drill::Record> all_;
};

PgProbe probe_of(const Server& primary, const Server& standby) {
  PgProbe probe;
  probe.name = "orders";
  probe.service = address_of(primary);
  probe.instances = {{"a", address_of(primary)}, {"b", address_of(standby)}};
  probe.interval = base::millis(50);
  probe.deadline = base::millis(250);
  probe.ack_timeout = base::seconds(1);
  return probe;
}

TEST(PgProbe, StreamsAndConnectionsFollowTheDesign) {
  ServerTable table;
  PgServers servers(table);
  const PgLedger ledger("drill-x", kTestKey);
  PgProbe probe;
  probe.name = "orders";
  probe.instances = {{"a", {}}, {"b", {}}};
  const std::vector<PgStream> streams = pg_streams(probe, {ledger, servers});
  std::map<std::string, const StreamSpec*> by_name;
  for (const PgStream& stream : streams) by_name[stream.spec.info.name] = &stream.spec;
  ASSERT_EQ(by_name.size(), 10u);
  const StreamSpec& writes = *by_name.at("orders/W");
  EXPECT_EQ(writes.info.kind, StreamKind::Ledger);
  EXPECT_EQ(writes.info.interval, base::millis(10));
  EXPECT_EQ(writes.ack_timeout, base::seconds(30));
  EXPECT_TRUE(writes.info.decides);
  EXPECT_EQ(writes.connections, Connections::Open);
  EXPECT_EQ(by_name.at("orders/A")->connections, Connections::New);
  EXPECT_EQ(by_name.at("orders/C/b")->info.kind, StreamKind::PinnedOpen);
  EXPECT_EQ(by_name.at("orders/D/a")->info.kind, StreamKind::PinnedNew);
  EXPECT_EQ(by_name.at("orders/R/b")->info.instance, "b");
  int deciding = 0;
  for (const auto& [name, spec] : by_name) deciding += spec->info.decides ? 1 : 0;
  EXPECT_EQ(deciding, 1);
  EXPECT_EQ(connections_max(probe), 101u + 6 * 11 + 3 * 12);
}

TEST(PgProbe, WatchesAFailover) {
  auto primary = Server::start({"a", {"max_connections = 200"}});
  ASSERT_TRUE(primary) << primary.error().message;
  auto standby = Server::standby_of(*primary, {"b", {"max_connections = 200"}});
  ASSERT_TRUE(standby) << standby.error().message;
  const PgLedger ledger("drill-x", kTestKey);
  ASSERT_EQ(sql(address_of(*primary), ledger.create().text), "");

  Collector collector;
  ServerTable table;
  PgServers servers(table);
  Prober prober(collector, nullptr);
  std::map<std::string, drill::StreamId> id;
  auto ids = add_streams(prober, pg_streams(probe_of(*primary, *standby), {ledger, servers}));
  ASSERT_TRUE(ids) << ids.error().message;
  for (const drill::StreamInfo& info : prober.streams()) id[info.name.substr(7)] = info.id;
  prober.start_all();
  const auto ok = [](const drill::Record& record) { return record.outcome == Outcome::Ok; };
  ASSERT_TRUE(
      collector.wait_for(id["W"], [](const drill::Record& record) { return record.seq >= 60; }));
  for (const char* stream : {"A", "B", "W", "R", "R/a", "R/b", "C/a", "D/a"}) {
    EXPECT_TRUE(collector.wait_for(id[stream], ok)) << stream;
  }
  EXPECT_TRUE(
      collector.wait_for(id["R/b"], [](const drill::Record& record) { return record.value > 10; }));
  for (const char* stream : {"C/b", "D/b"}) {
    EXPECT_TRUE(collector.wait_for(id[stream], [](const drill::Record& record) {
      return record.outcome == Outcome::Fail && record.cause == drill::Cause::ReadOnly;
    })) << stream;
  }

  primary->kill();
  EXPECT_TRUE(collector.wait_for(id["W"], [](const drill::Record& record) {
    return record.outcome == Outcome::Fail && record.cause == drill::Cause::Refused;
  }));
  EXPECT_EQ(sql(address_of(*standby), "select pg_promote()"), "t");
  for (const char* stream : {"C/b", "D/b"}) {
    EXPECT_TRUE(collector.wait_for(id[stream], [&](const drill::Record& record) {
      return ok(record) && record.server_term == 2 && table.all()[record.server_id].instance == "b";
    })) << stream;
  }
  prober.stop();

  // Who answered: the primary by its instance, also on the service streams.
  for (const drill::Record& record : collector.of(id["W"])) {
    if (!ok(record)) continue;
    EXPECT_EQ(table.all()[record.server_id].instance, "a");
    EXPECT_EQ(record.server_term, 1u);
  }
  // Every surviving row is one that was attempted, and intact.
  aio::SystemClock clock;
  boost::asio::io_context context;
  PgFinalReadSpec spec;
  spec.address = address_of(*standby);
  const drill::FinalRead read = await(context, read_ledger_table(clock, ledger, spec, {}));
  ASSERT_TRUE(read.complete) << read.error;
  std::map<std::uint16_t, std::uint64_t> last;
  for (const auto& [name, stream] : id) last[stream.value()] = collector.of(stream).size();
  std::set<std::pair<std::uint16_t, std::uint64_t>> seen;
  for (const drill::FinalRow& row : read.rows) {
    EXPECT_TRUE(row.hmac_ok);
    EXPECT_LE(row.seq, last[row.stream.value()]);
    EXPECT_TRUE(seen.insert({row.stream.value(), row.seq}).second) << "a probe never retries";
  }
  EXPECT_GT(read.rows.size(), 60u);
}

}  // namespace
}  // namespace probes
