// Two processes measure one real PostgreSQL as the two vantages of a drill: each with a prober, a
// clock, a responder and a ledger file of its own, in one ledger table. Where this machine lets us,
// the clock of the second one is an hour ahead, by a time namespace: how far is known exactly, and
// must be what the exchanges find.
#include "drill/vantage.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "aio/process.h"
#include "aio/task_group.h"
#include "integration/postgres_fixture.h"
#include "measured_system.h"
#include "runner/instrument.h"
#include "runner/second_vantage.h"
#include "runner/unix_link.h"
#include "runner/vantage_service.h"

namespace runner {
namespace {

using drill::StreamKind;
using testing::HasSubstr;
using testing::SizeIs;

constexpr base::Duration kAhead = base::seconds(3600);

class TwoProcesses : public testing::Test {
 protected:
  void SetUp() override {
    auto started = testing_postgres::Server::start({"a", {"max_connections = 200"}});
    ASSERT_TRUE(started) << started.error().message;
    server = std::make_unique<testing_postgres::Server>(std::move(*started));
    system = measured_system(std::to_string(server->port()));
    ASSERT_TRUE(aio::make_dirs(dir.path).has_value());
    start_vantage();
    instrument = std::make_unique<Instrument>(clock, executor, dir, plan, system, nullptr);
    ASSERT_TRUE(run(instrument->start({})).has_value());
  }
  void TearDown() override {
    second.reset();
    instrument.reset();
    vantage.reset();
    server.reset();
    static_cast<void>(aio::remove_tree(folder));
  }

  template <class T>
  base::Result<T> run(aio::Task<base::Result<T>> task) {
    return aio::run(context, std::move(task));
  }
  template <class T>
  T await(aio::Task<T> task) {
    return *run(kept(std::move(task)));
  }
  void await(aio::Task<> task) { ASSERT_TRUE(run(kept(std::move(task))).has_value()); }
  template <class T>
  static aio::Task<base::Result<T>> kept(aio::Task<T> task) {
    co_return co_await std::move(task);
  }
  static aio::Task<base::Result<bool>> kept(aio::Task<> task) {
    co_await std::move(task);
    co_return true;
  }
  bool until(const std::function<bool()>& holds) {
    const auto end = clock.now() + base::seconds(40);
    context.restart();
    while (!holds() && clock.now() < end) context.run_for(std::chrono::milliseconds(10));
    return holds();
  }

  void start_vantage() {
    aio::Command command;
    command.argv = {aio::own_program(), "vantage", socket, std::to_string(server->port()),
                    folder + "/b"};
    aio::Command probe;
    probe.argv = {"unshare", "--time", "--monotonic", "1", "--fork", "true"};
    const auto probed = run(aio::run_process(clock, probe, {}));
    ahead = probed && probed->ok() ? kAhead : base::Duration{};
    if (ahead != base::Duration{}) {
      const std::vector<std::string> other = {"unshare", "--time", "--monotonic",
                                              "3600",    "--fork", "--kill-child"};
      command.argv.insert(command.argv.begin(), other.begin(), other.end());
    }
    auto child = aio::Child::spawn(executor, command, {});
    ASSERT_TRUE(child.has_value()) << child.error().message;
    vantage.emplace(std::move(*child));
  }
  void begin() {
    VantageAsk ask;
    ask.drill = dir.id();
    ask.key = instrument->key();
    second = std::make_unique<SecondVantage>(
        clock, executor,
        [this](std::stop_token stop) { return connect_unix(socket, std::move(stop)); }, ask,
        [this](bool, const std::string& text) { told.push_back(text); }, times);
    await(second->begin({}));
  }
  /// Lets both measure until the runner has written so much more.
  void measure(std::uint64_t writes) {
    const std::uint64_t before = written();
    ASSERT_TRUE(until([&] { return written() >= before + writes; }));
  }
  std::uint64_t written() const {
    for (const probes::StreamStatus& status : instrument->statuses()) {
      if (status.info.kind == StreamKind::Ledger) return status.ok;
    }
    return 0;
  }
  /// The end of a drill, as DrillRun does it.
  drill::Evidence ended() {
    second->stop_writing();
    await(instrument->stop_writing());
    await(second->written({}));
    read = await(instrument->final_read(drill::FinalRead::Which::Survivor, "a",
                                        *instrument->service_address(), {}));
    EXPECT_TRUE(read.complete) << read.error;
    drill::Evidence out;
    out.drill_id = dir.id();
    second->finish();
    EXPECT_TRUE(run(kept_result(instrument->finish(out))).has_value());
    await(second->into(out));
    EXPECT_TRUE(run(kept_result(instrument->drop_table(*instrument->service_address(), {}))));
    return out;
  }
  static aio::Task<base::Result<bool>> kept_result(aio::Task<base::Result<>> task) {
    CO_TRY(co_await std::move(task));
    co_return true;
  }

  /// Of the vantage's ledger stream, in order.
  static std::vector<drill::Record> writes_of(const drill::Evidence& evidence, std::size_t k) {
    std::vector<drill::Record> out;
    for (const drill::StreamInfo& info : evidence.streams) {
      if (info.kind != StreamKind::Ledger || drill::vantage_of(info.id) != k) continue;
      for (const drill::Record& record : evidence.records) {
        if (record.stream == info.id) out.push_back(record);
      }
    }
    return out;
  }
  void expect_kept(const std::vector<drill::Record>& writes) const {
    std::set<std::pair<drill::StreamId, std::uint64_t>> rows;
    for (const drill::FinalRow& row : read.rows) {
      EXPECT_TRUE(row.hmac_ok) << "signed with the runner's key";
      rows.insert({row.stream, row.seq});
    }
    for (const drill::Record& write : writes) {
      if (write.outcome != drill::Outcome::Ok) continue;
      EXPECT_TRUE(rows.contains({write.stream, write.seq})) << write.seq;
    }
  }

  aio::SystemClock clock;
  boost::asio::io_context context;
  aio::Executor executor = context.get_executor();
  std::string folder = testing::TempDir() + "muster-two-" + std::to_string(::getpid());
  std::string socket = folder + "/socket";
  DrillDir dir{folder + "/orders-1"};
  base::Duration ahead{};
  std::unique_ptr<testing_postgres::Server> server;
  api::LocalSystem system;
  api::RecoveryPlan plan = measured_plan();
  std::optional<aio::Child> vantage;
  std::unique_ptr<Instrument> instrument;
  SecondVantage::Times times;
  std::unique_ptr<SecondVantage> second;
  std::vector<std::string> told;
  drill::FinalRead read;
};

TEST_F(TwoProcesses, MeasureAsOneAndTheirClocksAreCompared) {
  begin();
  measure(300);
  const drill::Evidence evidence = ended();
  ASSERT_THAT(evidence.vantages, SizeIs(1));
  ASSERT_EQ(evidence.vantages.front().missing, "");
  EXPECT_EQ(evidence.vantages.front().place, "another process");
  const drill::Clocks clocks(evidence);
  ASSERT_TRUE(clocks.fit(1).known) << clocks.fit(1).why;
  const base::Duration wrong = clocks.fit(1).offset - ahead;
  EXPECT_LE(std::chrono::abs(wrong), clocks.fit(1).uncertainty) << "the truth is inside";
  EXPECT_LT(clocks.fit(1).uncertainty, base::millis(50));

  const auto own = writes_of(evidence, 0);
  const auto other = writes_of(evidence, 1);
  ASSERT_GT(own.size(), 200U);
  ASSERT_GT(other.size(), 200U);
  expect_kept(own);
  expect_kept(other);
  EXPECT_EQ(own.back().server_id, other.back().server_id) << "both were answered by the same";
  EXPECT_EQ(evidence.server_instances[other.back().server_id], "a");
  EXPECT_TRUE(std::is_sorted(evidence.records.begin(), evidence.records.end(),
                             [](const drill::Record& a, const drill::Record& b) {
                               return std::pair(a.stream, a.seq) < std::pair(b.stream, b.seq);
                             }));
  // On one axis they are of the same seconds.
  const drill::Placed placed = drill::place(evidence, clocks);
  ASSERT_THAT(placed.parts, SizeIs(2));
  const auto end_of = [](const drill::Evidence& part, std::size_t k) {
    return writes_of(part, k).back().completed;
  };
  EXPECT_LT(std::chrono::abs(end_of(placed.parts[0], 0) - end_of(placed.parts[1], 1)),
            base::seconds(2));
  for (const drill::StreamInfo& info : placed.parts[1].streams) {
    EXPECT_TRUE(info.name.starts_with("b/")) << info.name;
  }
  EXPECT_FALSE(run(vantage->wait({}))->exit_code) << "with its records received it ends";
}

TEST_F(TwoProcesses, ALinkThatIsCutCostsNothing) {
  begin();
  measure(100);
  auto thief = run(connect_unix(socket, {}));
  ASSERT_TRUE(thief.has_value());
  ASSERT_TRUE(until([&] { return told.size() == 3; })) << "broken, and reached again";
  measure(100);
  const drill::Evidence evidence = ended();
  ASSERT_EQ(evidence.vantages.front().missing, "");
  const auto other = writes_of(evidence, 1);
  ASSERT_GT(other.size(), 150U);
  for (std::size_t i = 1; i < other.size(); ++i) {
    ASSERT_EQ(other[i].seq, other[i - 1].seq + 1) << "it measured on";
    EXPECT_LT(other[i].scheduled - other[i - 1].scheduled, base::millis(500));
  }
  expect_kept(other);
}

TEST_F(TwoProcesses, AVantageThatIsKilledCostsItsFiguresAndNotTheDrill) {
  times.stop = base::seconds(2);
  times.finish = base::seconds(2);
  begin();
  measure(100);
  vantage->signal(SIGKILL);
  measure(100);
  const drill::Evidence evidence = ended();
  ASSERT_THAT(evidence.vantages, SizeIs(1));
  EXPECT_THAT(evidence.vantages.front().missing, HasSubstr("could not be made to stop writing"));
  EXPECT_FALSE(evidence.vantages.front().exchanges.empty());
  EXPECT_TRUE(writes_of(evidence, 1).empty());
  const auto own = writes_of(evidence, 0);
  ASSERT_GT(own.size(), 150U);
  expect_kept(own);
}

aio::Task<base::Result<>> say_why(Instrument& instrument, VantageOrders& orders, std::string& why,
                                  std::stop_token stop) {
  const auto measured = co_await measure_by(instrument, "orders-1", orders, std::move(stop));
  why = measured ? "measured" : measured.error().message;
  co_return base::Result<>{};
}

TEST_F(TwoProcesses, AVantageWhoseRunnerIsGoneSaysWhatItHadMeasured) {
  const DrillDir own{folder + "/c/orders-1"};
  ASSERT_TRUE(aio::make_dirs(own.path).has_value());
  Instrument beside(clock, executor, own, plan, system, nullptr, {1, instrument->key()});
  VantageOrders orders(executor);
  std::string why;
  aio::TaskGroup measuring(executor);
  measuring.spawn(say_why(beside, orders, why, measuring.token()));
  const auto writes = [&] {
    const auto statuses = beside.statuses();
    return std::any_of(statuses.begin(), statuses.end(), [](const probes::StreamStatus& status) {
      return status.info.kind == StreamKind::Ledger && status.ok > 20;
    });
  };
  ASSERT_TRUE(until(writes));
  measuring.cancel();
  ASSERT_TRUE(until([&] { return !why.empty(); }));
  EXPECT_THAT(why, HasSubstr("it was ended before the drill was, and had measured "));
  EXPECT_THAT(why, testing::ContainsRegex("[0-9]{2,} operations within "));
  EXPECT_THAT(why, HasSubstr(", until 20"));
  EXPECT_TRUE(run(kept_result(measuring.join())).has_value());
}

}  // namespace
}  // namespace runner
