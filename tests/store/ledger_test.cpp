// The ledger on disk: whatever happens to the process, the disk or the file's tail, what was
// acknowledged before is read back, and an operation that may have been sent is never forgotten.
#include "store/ledger.h"

#include <filesystem>
#include <fstream>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger_disk.h"
#include "store/crc32c.h"
#include "store/ledger_format.h"

namespace store {
namespace {

using base::Code;
using base::millis;
using base::seconds;
using base::TimePoint;
using drill::Cause;
using drill::Outcome;
using drill::Record;
using drill::StreamId;
using testing::HasSubstr;

const StreamId kWrites{1};
const StreamId kReads{2};
constexpr TimePoint kStart{seconds(100)};
const drill::ClockAnchor kAnchor{kStart, base::WallTime(seconds(1'700'000'000))};

Record ok(StreamId stream, std::uint64_t seq) {
  Record record;
  record.stream = stream;
  record.seq = seq;
  record.outcome = Outcome::Ok;
  record.scheduled = kStart + millis(10) * static_cast<int>(seq - 1);
  record.invoked = record.scheduled + millis(1);
  record.completed = record.scheduled + millis(2);
  record.server_id = 1;
  record.server_term = 7;
  record.server_position = 0x1'0000'0000ULL + seq;
  record.value = -1;
  return record;
}

drill::StreamInfo stream_info(StreamId id) {
  drill::StreamInfo info;
  info.id = id;
  info.name = "orders/W";
  info.probe = "orders";
  info.kind = drill::StreamKind::Ledger;
  info.endpoint = "127.0.0.1:5432";
  info.interval = millis(10);
  info.deadline = millis(1000);
  info.decides = true;
  return info;
}

/// Two seconds of a drill: 10 operations reserved and answered, 10 reserved of which 4 answered.
void write_two_rounds(LedgerWriter& ledger) {
  ledger.add_stream(stream_info(kWrites));
  ledger.add_server(1, "a@2026", "a");
  ledger.reserve({{kWrites, 1, 10, kStart, millis(10)}});
  std::vector<Record> first;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    first.push_back(ok(kWrites, seq));
  }
  ledger.append(first);
  ledger.add_stall(kWrites, {kStart, kStart + seconds(1)});
  ledger.reserve(
      {{kWrites, 11, 20, kStart + millis(100), millis(10)}, {kReads, 1, 2, kStart, millis(500)}});
  ledger.append({ok(kWrites, 12), ok(kWrites, 11), ok(kWrites, 14), ok(kReads, 1)});
}

/// The bytes of write_two_rounds(), closed.
std::string two_rounds() {
  MemoryDisk disk;
  auto ledger = LedgerWriter::create(disk.file(), "drill-1", kAnchor);
  write_two_rounds(**ledger);
  EXPECT_TRUE((*ledger)->close().has_value());
  return disk.contents();
}

TEST(Ledger, GivesBackWhatWasWrittenAndMakesTheUnansweredUnknown) {
  const auto ledger = parse_ledger(two_rounds());
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  EXPECT_EQ(ledger->drill_id, "drill-1");
  EXPECT_EQ(ledger->anchors, std::vector{kAnchor});
  EXPECT_EQ(ledger->streams, std::vector{stream_info(kWrites)});
  EXPECT_THAT(ledger->servers, testing::ElementsAre("", "a@2026"));
  EXPECT_THAT(ledger->server_instances, testing::ElementsAre("", "a"));
  EXPECT_EQ(ledger->stalls.size(), 1U);
  EXPECT_TRUE(ledger->closed);
  EXPECT_EQ(ledger->torn_at, 0U);
  ASSERT_EQ(ledger->records.size(), 22U);
  EXPECT_EQ(ledger->unknown, 8U);
  EXPECT_EQ(ledger->records[11], ok(kWrites, 12));
  const Record& lost = ledger->records[12];
  EXPECT_EQ(lost.seq, 13U);
  EXPECT_EQ(lost.outcome, Outcome::Info);
  EXPECT_EQ(lost.cause, Cause::Stopped);
  EXPECT_EQ(lost.scheduled, kStart + millis(120));
  EXPECT_EQ(lost.invoked, base::kNever);
  EXPECT_EQ(lost.completed, base::kNever);
  EXPECT_EQ(ledger->records[21].scheduled, kStart + millis(500));
}

TEST(Ledger, AReleasedReservationWasNeverSent) {
  MemoryDisk disk;
  auto ledger = LedgerWriter::create(disk.file(), "d", kAnchor);
  (*ledger)->reserve({{kWrites, 1, 10, kStart, millis(10)}});
  (*ledger)->reserve({{kWrites, 11, 20, kStart + millis(100), millis(10)}});
  (*ledger)->append({ok(kWrites, 1)});
  (*ledger)->release(kWrites, 3);
  (*ledger)->reserve({{kWrites, 4, 5, kStart + seconds(60), millis(10)}});  // started again
  ASSERT_TRUE((*ledger)->close().has_value());
  const auto read = parse_ledger(disk.contents());
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->records.size(), 5U);
  EXPECT_EQ(read->unknown, 4U);
  EXPECT_EQ(read->records[3].scheduled, kStart + seconds(60));
}

TEST(Ledger, ATicketIsDurableOnlyAfterItsSync) {
  MemoryDisk disk;
  auto ledger = LedgerWriter::create(disk.file(), "d", kAnchor);
  disk.mutex.lock();  // the disk hangs
  const auto ticket = (*ledger)->reserve({{kWrites, 1, 10, kStart, millis(10)}});
  EXPECT_FALSE((*ledger)->durable(ticket));
  disk.mutex.unlock();
  while (!(*ledger)->durable(ticket)) {
    std::this_thread::yield();
  }
  const std::scoped_lock hold(disk.mutex);
  EXPECT_EQ(disk.synced, disk.bytes.size());
}

// The first, second, third … call to the disk fails: the error surfaces, no ticket is durable
// whose sync did not succeed, and what had been synced is read back.
TEST(Ledger, SurvivesTheDiskFailingAtEveryCall) {
  int calls = 0;
  {
    MemoryDisk disk;
    disk.fail_at = 1'000'000;
    auto ledger = LedgerWriter::create(disk.file(), "d", kAnchor);
    write_two_rounds(**ledger);
    ASSERT_TRUE((*ledger)->close().has_value());
    calls = disk.calls;
  }
  ASSERT_GT(calls, 12);
  for (int step = 0; step < calls; ++step) {
    for (const int torn : {0, 5, 23}) {
      MemoryDisk disk;
      disk.fail_at = step;
      disk.torn_bytes = torn;
      auto ledger = LedgerWriter::create(disk.file(), "d", kAnchor);
      if (!ledger) {
        EXPECT_LT(step, 4);
        continue;
      }
      write_two_rounds(**ledger);
      const auto closed = (*ledger)->close();
      ASSERT_FALSE(closed.has_value()) << "step " << step;
      EXPECT_TRUE((*ledger)->failed());
      EXPECT_EQ((*ledger)->error(), closed.error());
      const auto read = parse_ledger(disk.contents());
      ASSERT_TRUE(read.has_value()) << "step " << step << ": " << read.error().message;
      EXPECT_FALSE(read->closed && step + 1 < calls);
      // A durable ticket means: everything it reserved is in the file.
      if ((*ledger)->durable(2)) {
        EXPECT_EQ(read->records.size(), 22U) << "step " << step;
      } else if ((*ledger)->durable(1)) {
        EXPECT_GE(read->records.size(), 10U) << "step " << step;
      }
    }
  }
}

TEST(Ledger, ATornTailIsDroppedWhereverItIsCut) {
  const std::string whole = two_rounds();
  std::size_t records = 0;
  for (std::size_t size = ledger_format::kMagic.size(); size < whole.size(); ++size) {
    const auto read = parse_ledger(std::string_view(whole).substr(0, size));
    ASSERT_TRUE(read.has_value()) << "cut at " << size << ": " << read.error().message;
    EXPECT_FALSE(read->closed);
    EXPECT_GE(read->records.size(), records) << "cut at " << size;
    records = read->records.size();
  }
  EXPECT_EQ(records, 22U);
}

TEST(Ledger, AZeroedTailAfterAPowerCutIsATornTail) {
  std::string whole = two_rounds();
  const std::size_t keep = whole.size() - 200;
  std::fill(whole.begin() + static_cast<std::ptrdiff_t>(keep), whole.end(), '\0');
  const auto read = parse_ledger(whole);
  ASSERT_TRUE(read.has_value());
  EXPECT_GT(read->torn_at, 0U);
  EXPECT_EQ(read->records.size(), 22U);  // all reserved before, so all unknown at worst
}

TEST(Ledger, DamageInWhatWasSyncedIsRefusedWithItsOffset) {
  const std::string whole = two_rounds();
  const std::size_t end_frame = whole.size() - ledger_format::kHeaderBytes;
  for (std::size_t at = ledger_format::kMagic.size(); at < end_frame; ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    const auto read = parse_ledger(broken);
    ASSERT_FALSE(read.has_value()) << "flipped byte " << at;
    EXPECT_EQ(read.error().code, Code::DataLoss);
    EXPECT_THAT(read.error().message, HasSubstr("damaged at offset "));
  }
}

TEST(Ledger, RefusesOtherFilesAndLaterVersions) {
  EXPECT_EQ(parse_ledger("").error().code, Code::InvalidArgument);
  EXPECT_THAT(parse_ledger("hello, world").error().message, HasSubstr("not a ledger"));
  EXPECT_THAT(parse_ledger("MUSTERL2").error().message, HasSubstr("version"));
  EXPECT_EQ(read_ledger("/nonexistent/ledger").error().code, Code::NotFound);
}

TEST(Ledger, RefusesTwoRecordsForOneOperation) {
  MemoryDisk disk;
  auto ledger = LedgerWriter::create(disk.file(), "d", kAnchor);
  (*ledger)->append({ok(kWrites, 1), ok(kWrites, 1)});
  ASSERT_TRUE((*ledger)->close().has_value());
  EXPECT_EQ(parse_ledger(disk.contents()).error().code, Code::DataLoss);
}

class LedgerOnDisk : public testing::Test {
 protected:
  LedgerOnDisk() { EXPECT_NE(mkdtemp(folder_.data()), nullptr); }
  ~LedgerOnDisk() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = testing::TempDir() + "muster-ledger-XXXXXX";
};

TEST_F(LedgerOnDisk, IsCreatedOnceOnly) {
  const std::string path = folder_ + "/ledger";
  auto file = create_ledger_file(path);
  ASSERT_TRUE(file.has_value());
  auto ledger = LedgerWriter::create(std::move(*file), "d", kAnchor);
  write_two_rounds(**ledger);
  ASSERT_TRUE((*ledger)->close().has_value());
  EXPECT_EQ(create_ledger_file(path).error().code, Code::AlreadyExists);
  EXPECT_EQ(read_ledger(path)->records.size(), 22U);
}

// The process is killed in the middle of writing: everything it knew to be durable is in the file.
TEST_F(LedgerOnDisk, KeepsWhatWasDurableWhenTheProcessIsKilled) {
  const std::string path = folder_ + "/ledger";
  int tickets[2];
  ASSERT_EQ(pipe(tickets), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto ledger = LedgerWriter::create(std::move(*create_ledger_file(path)), "d", kAnchor);
    for (std::uint64_t round = 0;; ++round) {
      const std::uint64_t first = 100 * round + 1;
      const auto ticket = (*ledger)->reserve(
          {{kWrites, first, first + 99, kStart + seconds(static_cast<int>(round)), millis(10)}});
      while (!(*ledger)->durable(ticket)) {
        std::this_thread::yield();
      }
      const std::uint64_t durable = first + 99;
      if (write(tickets[1], &durable, sizeof durable) != sizeof durable) {
        _exit(1);
      }
      std::vector<Record> records;
      for (std::uint64_t seq = first; seq < first + 99; ++seq) {
        records.push_back(ok(kWrites, seq));
      }
      (*ledger)->append(std::move(records));
    }
  }
  close(tickets[1]);
  std::uint64_t durable = 0;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(read(tickets[0], &durable, sizeof durable), ssize_t{sizeof durable});
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(tickets[0], &durable, sizeof durable) == ssize_t{sizeof durable}) {
  }
  close(tickets[0]);
  const auto ledger = read_ledger(path);
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  EXPECT_FALSE(ledger->closed);
  EXPECT_GE(ledger->records.size(), durable);
  EXPECT_GE(ledger->unknown, 19U);
}

// A really full disk, as far as a test without root can have one: the file may not grow.
TEST_F(LedgerOnDisk, AFullDiskSurfacesAsAnErrorAndTheFileStaysReadable) {
  const std::string path = folder_ + "/ledger";
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{8192, 8192};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto ledger = LedgerWriter::create(std::move(*create_ledger_file(path)), "d", kAnchor);
    std::uint64_t first = 1;
    for (; first < 1'000'000 && !(*ledger)->failed(); first += 10) {
      (*ledger)->append({ok(kWrites, first)});
    }
    const auto closed = (*ledger)->close();
    const bool right = !closed && closed.error().message.find(path) != std::string::npos;
    _exit(right ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  const auto ledger = read_ledger(path);
  ASSERT_TRUE(ledger.has_value()) << ledger.error().message;
  EXPECT_GT(ledger->records.size(), 50U);
  EXPECT_GT(ledger->torn_at, 0U);
}

TEST(Crc32c, MatchesTheKnownVectors) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

}  // namespace
}  // namespace store
