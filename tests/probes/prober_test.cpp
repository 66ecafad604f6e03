// The prober with a protocol of the test's own: stamps, records, reservations, stops, and a disk
// that fails.
#include "probes/prober.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/descriptor.h"
#include "keeper.h"
#include "store/ledger.h"
#include "store/ledger_file.h"

namespace probes {
namespace {

using base::millis;
using base::seconds;
using drill::Cause;
using drill::Outcome;

/// Connects, and never gets so far that anything could be sent.
class ConnectingOperation final : public Operation {
 public:
  void open(const aio::Executor&, Completions&, std::size_t) override {}
  void start(std::size_t, const Due&) override {}
  bool sent(std::size_t) const override { return false; }
  Completion abandon(std::size_t, Cause) override {
    return Completion::fail(Cause::ConnectTimeout);
  }
  void close() override {}
};

/// Answers at once, or never.
class FakeOperation final : public Operation {
 public:
  explicit FakeOperation(bool answers) : answers_(answers) {}
  void open(const aio::Executor&, Completions& completions, std::size_t) override {
    completions_ = &completions;
  }
  void start(std::size_t slot, const Due&) override {
    if (answers_) {
      completions_->done(slot, Completion::ok());
    }
  }
  Completion abandon(std::size_t, Cause cause) override { return Completion::info(cause); }
  void close() override {}

 private:
  bool answers_;
  Completions* completions_ = nullptr;
};

std::unique_ptr<Operation> answering() {
  return std::make_unique<FakeOperation>(true);
}
std::unique_ptr<Operation> silent() {
  return std::make_unique<FakeOperation>(false);
}

void expect_whole(const std::vector<drill::Record>& records, base::Duration interval) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& record = records[i];
    ASSERT_EQ(record.seq, i + 1);
    ASSERT_EQ(record.outcome == Outcome::Ok, record.cause == Cause::None);
    if (record.invoked != base::kNever) {
      ASSERT_GE(record.invoked, record.scheduled);
      ASSERT_GE(record.completed, record.invoked);
    }
    if (i > 0) {
      ASSERT_EQ(record.scheduled - records[i - 1].scheduled, interval);
    }
  }
}

TEST(Prober, RecordsEveryOperationOnItsGrid) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  const auto stream =
      prober.add(spec_of("x", Connections::New, millis(5), millis(100)), answering());
  ASSERT_TRUE(stream.has_value());
  prober.start(*stream);
  ASSERT_TRUE(keeper.await_outcome(*stream, 20, Outcome::Ok));
  const auto status = prober.status(*stream);
  EXPECT_TRUE(status.running);
  EXPECT_GE(status.ok, 20U);
  prober.stop();
  expect_whole(keeper.records(*stream), millis(5));
  EXPECT_EQ(prober.streams().at(0).name, "x");
  EXPECT_GE(keeper.anchors().size(), 2U);
}

TEST(Prober, StreamsShareTheirWakeUps) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  std::vector<drill::StreamId> ids;
  for (const auto interval : {millis(10), millis(10), millis(20), millis(100), millis(100)}) {
    ids.push_back(*prober.add(spec_of("x", Connections::New, interval, millis(100)), answering()));
  }
  prober.start_all();
  for (const auto id : ids) {
    ASSERT_TRUE(keeper.await_outcome(id, 2, Outcome::Ok));
  }
  prober.stop();
  const auto first = keeper.records(ids[0]).at(0).scheduled;
  for (const auto id : ids) {
    EXPECT_EQ((keeper.records(id).at(0).scheduled - first) % millis(10), base::Duration::zero());
  }
  // and those that are due seldom do not all fall on the same wake-up
  EXPECT_NE((keeper.records(ids[3]).at(0).scheduled - keeper.records(ids[4]).at(0).scheduled) %
                millis(100),
            base::Duration::zero());
}

TEST(Prober, BlocksBusyConnectionsAndAbandonsAfterTheAcknowledgementTimeout) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  StreamSpec spec = spec_of("x", Connections::Open, millis(20), millis(60));
  spec.ack_timeout = millis(200);
  const auto stream = prober.add(spec, silent());
  prober.start(*stream);
  ASSERT_TRUE(keeper.await_cause(*stream, 8, Cause::Timeout));
  prober.stop();
  const auto records = keeper.records(*stream);
  expect_whole(records, millis(20));
  // Four connections: four in flight, then blocked until the first is given up.
  EXPECT_EQ(records[3].outcome, Outcome::Info);
  EXPECT_EQ(records[3].cause, Cause::Timeout);
  EXPECT_EQ(records[4].cause, Cause::Blocked);
  EXPECT_EQ(records[4].outcome, Outcome::Fail);
  EXPECT_NE(records[4].invoked, base::kNever);
  EXPECT_GE(records[0].completed - records[0].scheduled, millis(200));
}

TEST(Prober, AwaitsNoAcknowledgementOfWhatWasNotSent) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  StreamSpec spec = spec_of("x", Connections::Open, millis(20), millis(60));
  spec.ack_timeout = seconds(300);
  const auto stream = prober.add(spec, std::make_unique<ConnectingOperation>());
  prober.start(*stream);
  ASSERT_TRUE(keeper.await_cause(*stream, 8, Cause::ConnectTimeout));
  prober.stop();
  const auto records = keeper.records(*stream);
  EXPECT_EQ(records[0].outcome, Outcome::Fail);
  EXPECT_EQ(records[0].cause, Cause::ConnectTimeout);
  EXPECT_GE(records[0].completed - records[0].scheduled, seconds(2));
  EXPECT_THAT(records, testing::Contains(testing::Field(&drill::Record::cause, Cause::Blocked)));
}

TEST(Prober, StopEndsWhatIsInFlightAsInfo) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  StreamSpec spec = spec_of("x", Connections::New, millis(5), millis(100));
  spec.ack_timeout = seconds(30);
  const auto stream = prober.add(spec, silent());
  const auto other =
      prober.add(spec_of("y", Connections::New, millis(5), millis(100)), answering());
  prober.start_all();
  ASSERT_TRUE(keeper.await_outcome(*other, 10, Outcome::Ok));
  prober.stop();
  std::size_t in_flight = 0;
  for (const auto& record : keeper.records(*stream)) {
    // What fell due while a busy machine left the prober standing was never in flight.
    if (record.cause == Cause::NotSent) continue;
    ++in_flight;
    EXPECT_EQ(record.outcome, Outcome::Info);
    EXPECT_EQ(record.cause, Cause::Stopped);
    EXPECT_EQ(record.completed, base::kNever);
  }
  EXPECT_GE(in_flight, 5U);
}

TEST(Prober, AStreamStopsAloneAndDrains) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  StreamSpec spec = spec_of("x", Connections::New, millis(10), millis(50));
  const auto stream = prober.add(spec, silent());
  prober.start(*stream);
  ASSERT_TRUE(keeper.await_cause(*stream, 2, Cause::Timeout));
  std::promise<void> drained;
  prober.stop(*stream, [&] { drained.set_value(); });
  drained.get_future().wait();
  EXPECT_EQ(prober.status(*stream).in_flight, 0U);
  EXPECT_FALSE(prober.status(*stream).running);
}

TEST(Prober, RefusesStreamsThatMakeNoSense) {
  Keeper keeper;
  Prober prober(keeper, nullptr);
  const auto error = [&](base::Duration interval, base::Duration deadline) {
    return prober.add(spec_of("x", Connections::Open, interval, deadline), silent())
        .error()
        .message;
  };
  EXPECT_THAT(error(base::Duration(1), seconds(1)), testing::HasSubstr("interval"));
  EXPECT_THAT(error(millis(1), {}), testing::HasSubstr("deadline"));
  EXPECT_THAT(error(millis(1), seconds(100)), testing::HasSubstr("at most 4096"));
}

class ProberLedger : public testing::Test {
 protected:
  ProberLedger() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~ProberLedger() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/ledger"; }
  std::unique_ptr<store::LedgerWriter> ledger() const {
    return *store::LedgerWriter::create(std::move(*store::create_ledger_file(path())), "d",
                                        {aio::now(), aio::wall_now()});
  }
  std::string folder_ = testing::TempDir() + "muster-prober-XXXXXX";
};

TEST_F(ProberLedger, HoldsExactlyWhatTheListenerWasTold) {
  Keeper keeper;
  const auto ledger = this->ledger();
  Prober prober(keeper, ledger.get());
  const auto stream =
      prober.add(spec_of("x", Connections::New, millis(2), millis(100)), answering());
  prober.start(*stream);
  ASSERT_TRUE(keeper.await_outcome(*stream, 600, Outcome::Ok));  // more than one reservation
  prober.stop(*stream);
  prober.start(*stream);  // and once more
  ASSERT_TRUE(keeper.await_outcome(*stream, 700, Outcome::Ok));
  prober.stop();
  ASSERT_TRUE(ledger->close().has_value());
  const auto read = store::read_ledger(path());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->records, keeper.records(*stream));
  EXPECT_EQ(read->unknown, 0U);
  EXPECT_EQ(read->streams.at(0).name, "x");
}

/// A disk whose syncs can be held up or fail.
struct Disk {
  std::mutex mutex;
  std::atomic<bool> fails = false;
};
class DiskFile final : public store::LedgerFile {
 public:
  explicit DiskFile(Disk& disk) : disk_(disk) {}
  base::Result<> append(std::string_view) override { return outcome(); }
  base::Result<> sync() override {
    const std::scoped_lock hold(disk_.mutex);
    return outcome();
  }

 private:
  base::Result<> outcome() const {
    return disk_.fails ? base::fail(base::Code::ResourceExhausted, "no space left on device")
                       : base::Result<>{};
  }
  Disk& disk_;
};

TEST(ProberDisk, SendsNothingAnyMoreWhenTheLedgerCannotBeWritten) {
  Keeper keeper;
  Disk disk;
  auto ledger = *store::LedgerWriter::create(std::make_unique<DiskFile>(disk), "d", {});
  Prober prober(keeper, ledger.get());
  const auto stream =
      prober.add(spec_of("x", Connections::New, millis(5), millis(100)), answering());
  prober.start(*stream);
  ASSERT_TRUE(keeper.await_outcome(*stream, 10, Outcome::Ok));
  disk.fails = true;
  // A machine that stands still gives some too, so more are awaited than are looked at.
  ASSERT_TRUE(keeper.await_cause(*stream, 60, Cause::NotSent));
  prober.stop();
  const auto records = keeper.records(*stream);
  const auto first = records.end() - 20;
  EXPECT_TRUE(
      std::all_of(first, records.end(), [](const auto& r) { return r.cause == Cause::NotSent; }));
  EXPECT_EQ(first->outcome, Outcome::Fail);
  EXPECT_EQ(first->invoked, base::kNever);
  ASSERT_EQ(keeper.errors().size(), 1U);
  EXPECT_THAT(keeper.errors()[0].message, testing::HasSubstr("no space left"));
  EXPECT_FALSE(keeper.stalls().empty());
}

TEST(ProberDisk, ASlowDiskDelaysTheStreamInsteadOfSendingUnreserved) {
  Keeper keeper;
  Disk disk;
  auto ledger = *store::LedgerWriter::create(std::make_unique<DiskFile>(disk), "d", {});
  Prober prober(keeper, ledger.get());
  const auto stream =
      prober.add(spec_of("x", Connections::New, millis(10), millis(100)), answering());
  disk.mutex.lock();  // before the first reservation: the stream does not begin
  prober.start(*stream);
  const auto busy =
      prober.add(spec_of("y", Connections::New, millis(10), millis(100)), answering());
  EXPECT_EQ(prober.status(*stream).ok, 0U);
  disk.mutex.unlock();
  ASSERT_TRUE(keeper.await_outcome(*stream, 10, Outcome::Ok));
  EXPECT_EQ(keeper.records(*stream)[0].outcome, Outcome::Ok) << "nothing was lost at the start";
  disk.mutex.lock();  // in the middle: two seconds are reserved, then nothing is sent
  EXPECT_TRUE(keeper.await_cause(*stream, 20, Cause::NotSent));
  disk.mutex.unlock();
  const auto before = keeper.records(*stream).size();
  EXPECT_TRUE(keeper.await(*stream, 5, [before](const auto& r) {
    return r.seq > before && r.outcome == Outcome::Ok;
  })) << "goes on when the disk does";
  prober.stop();
  EXPECT_FALSE(keeper.stalls().empty());
  EXPECT_EQ(prober.status(*busy).ok, 0U);
}

// The whole process stands still for 600 ms: what was due meanwhile is not sent, the silence is a
// stall, and no record claims more than happened.
TEST_F(ProberLedger, StoppingTheProcessLeavesAStallAndNothingElse) {
  int ready[2];
  int go_on[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(go_on), 0);
  const pid_t child = fork();
  if (child == 0) {
    Keeper keeper;
    const auto own = ledger();
    Prober prober(keeper, own.get());
    const auto stream =
        prober.add(spec_of("x", Connections::New, millis(20), millis(100)), answering());
    prober.start(*stream);
    keeper.await_outcome(*stream, 10, Outcome::Ok);
    char byte = 1;
    if (write(ready[1], &byte, 1) != 1 || read(go_on[0], &byte, 1) != 1) {
      _exit(2);
    }
    const auto before = keeper.records(*stream).size();
    keeper.await(*stream, 10,
                 [before](const auto& r) { return r.seq > before && r.outcome == Outcome::Ok; });
    prober.stop();
    _exit(own->close() ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(child, SIGSTOP);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  const auto stopped = aio::now();
  const aio::Descriptor end(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  pollfd never{end.get(), POLLIN, 0};
  ASSERT_EQ(poll(&never, 1, 600), 0);
  const auto continued = aio::now();
  kill(child, SIGCONT);
  ASSERT_EQ(write(go_on[1], &byte, 1), 1);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  const auto read = store::read_ledger(path());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  const auto stall = std::find_if(read->stalls.begin(), read->stalls.end(), [&](const auto& one) {
    return one.from <= stopped && one.to >= continued;
  });
  EXPECT_NE(stall, read->stalls.end());
  EXPECT_GE(std::count_if(read->records.begin(), read->records.end(),
                          [](const auto& r) { return r.cause == Cause::NotSent; }),
            20);
  for (const auto& record : read->records) {
    EXPECT_FALSE(record.invoked > stopped && record.invoked < continued);
  }
  for (const int fd : {ready[0], ready[1], go_on[0], go_on[1]}) {
    close(fd);
  }
}

}  // namespace
}  // namespace probes
