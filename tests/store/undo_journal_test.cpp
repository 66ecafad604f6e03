// The journal against a disk that fails at step 0, 1, 2 …, tears its last write, or rots.
#include "store/undo_journal.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace store {
namespace {

/// A disk in memory. It counts operations and fails from `fail_at` on, `failures` times; a failing
/// append leaves half of its bytes behind, as a full disk does.
struct Disk {
  std::string bytes;
  int operations = 0;
  int fail_at = -1;
  int failures = 1;
  bool fails() {
    const int n = operations++;
    return fail_at >= 0 && n >= fail_at && n < fail_at + failures;
  }
};

class MemoryFile final : public JournalFile {
 public:
  explicit MemoryFile(Disk& disk) : disk_(disk) {}
  base::Result<> append(std::string_view bytes) override {
    if (disk_.fails()) {
      disk_.bytes += bytes.substr(0, bytes.size() / 2);
      return base::fail(base::Code::ResourceExhausted, "No space left on device");
    }
    disk_.bytes += bytes;
    return {};
  }
  base::Result<> sync() override {
    if (disk_.fails()) return base::fail(base::Code::Internal, "Input/output error");
    return {};
  }
  base::Result<> truncate(std::uint64_t size) override {
    if (disk_.fails()) return base::fail(base::Code::Internal, "Input/output error");
    disk_.bytes.resize(size);
    return {};
  }
  base::Result<std::string> read_all() override { return disk_.bytes; }

 private:
  Disk& disk_;
};

UndoRecord record_of(const std::string& part) {
  return {part,
          "primary-dies",
          "process",
          R"({"name":"a","signal":"KILL"})",
          R"({"start":"a"})",
          "IfNotPromoted",
          false};
}

/// What a drill writes, stopping at the first failure; how many appends succeeded.
int script(UndoJournal& journal) {
  int done = 0;
  const auto step = [&](const base::Result<>& result) {
    if (result) ++done;
    return result.has_value();
  };
  if (!step(journal.record(record_of("fault:0")))) return done;
  if (!step(journal.result("fault:0", JournalEntry::State::Applied, "pid 17"))) return done;
  if (!step(journal.record(record_of("step:2")))) return done;
  if (!step(journal.undone("step:2"))) return done;
  if (!step(journal.undone("fault:0"))) return done;
  step(journal.close(true, ""));
  return done;
}

std::string whole_journal() {
  Disk disk;
  auto journal = UndoJournal::create(std::make_unique<MemoryFile>(disk), "d1");
  EXPECT_TRUE(journal);
  EXPECT_EQ(script(*journal), 6);
  return disk.bytes;
}

TEST(UndoJournal, TellsWhatWasRecorded) {
  const auto contents = parse_journal(whole_journal());
  ASSERT_TRUE(contents) << contents.error().message;
  EXPECT_EQ(contents->drill, "d1");
  ASSERT_EQ(contents->entries.size(), 2U);
  EXPECT_EQ(contents->entries[0].record, record_of("fault:0"));
  EXPECT_EQ(contents->entries[0].state, JournalEntry::State::Applied);
  EXPECT_EQ(contents->entries[0].detail, "pid 17");
  EXPECT_TRUE(contents->entries[0].undone);
  EXPECT_EQ(contents->entries[1].state, JournalEntry::State::Recorded);
  EXPECT_FALSE(contents->needs_recovery());
}

TEST(UndoJournal, FailureAtAnyStepMeansTheEntryIsNotThere) {
  Disk healthy;
  {
    auto journal = UndoJournal::create(std::make_unique<MemoryFile>(healthy), "d1");
    ASSERT_TRUE(journal);
    script(*journal);
  }
  for (int at = 0; at < healthy.operations; ++at) {
    for (const int failures : {1, 2, 3, 1000}) {
      SCOPED_TRACE(testing::Message() << "fails at " << at << ", " << failures << " times");
      Disk disk;
      disk.fail_at = at;
      disk.failures = failures;
      auto journal = UndoJournal::create(std::make_unique<MemoryFile>(disk), "d1");
      const int done = journal ? script(*journal) : -1;
      if (journal) EXPECT_LT(done, 6);
      disk.fail_at = -1;
      const auto contents = parse_journal(disk.bytes);
      ASSERT_TRUE(contents) << contents.error().message;
      // Everything that was said to be done is there. Something more can only be there where the
      // sync of whole bytes failed and the disk then refused to take them back.
      EXPECT_GE(static_cast<int>(contents->next_seq), done + 1);
      if (failures == 1) EXPECT_EQ(static_cast<int>(contents->next_seq), done + 1);
    }
  }
}

TEST(UndoJournal, GoesOnAfterAFullDiskHasRoomAgain) {
  Disk disk;
  auto journal = UndoJournal::create(std::make_unique<MemoryFile>(disk), "d1");
  ASSERT_TRUE(journal);
  disk.fail_at = disk.operations;
  const auto full = journal->record(record_of("fault:0"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, base::Code::ResourceExhausted);
  EXPECT_TRUE(journal->record(record_of("fault:0")));
  const auto contents = parse_journal(disk.bytes);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->entries.size(), 1U);
  EXPECT_FALSE(contents->torn_at);
}

TEST(UndoJournal, TakesNoMoreWhenAFailedWriteCannotBeTakenBack) {
  Disk disk;
  auto journal = UndoJournal::create(std::make_unique<MemoryFile>(disk), "d1");
  ASSERT_TRUE(journal);
  disk.fail_at = disk.operations;
  disk.failures = 2;  // the append and the truncation
  EXPECT_FALSE(journal->record(record_of("fault:0")));
  EXPECT_FALSE(journal->record(record_of("fault:0")));
}

TEST(UndoJournal, EveryTornTailIsCutOff) {
  const std::string bytes = whole_journal();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(size);
    const auto contents = parse_journal(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(contents) << contents.error().message;
    EXPECT_LE(contents->size, size);
    EXPECT_EQ(contents->torn_at.has_value(), contents->size != size);
    // Blocks that never reached the disk read as zeros.
    std::string zeros = bytes.substr(0, size);
    zeros.append(bytes.size() - size, '\0');
    const auto same = parse_journal(zeros);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ(same->entries, contents->entries);
  }
}

TEST(UndoJournal, AnyChangedByteIsRefusedWithItsOffset) {
  const std::string bytes = whole_journal();
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
    SCOPED_TRACE(at);
    std::string rotten = bytes;
    rotten[at] = static_cast<char>(rotten[at] ^ 0x04);
    const auto contents = parse_journal(rotten);
    const bool last_line_end = rotten.find('\n', rotten.rfind("MUJ1")) == std::string::npos;
    if (contents) {
      EXPECT_TRUE(last_line_end) << "taken for a torn tail";
      continue;
    }
    EXPECT_EQ(contents.error().code, base::Code::DataLoss);
    EXPECT_NE(contents.error().message.find("offset"), std::string::npos);
  }
}

TEST(UndoJournal, ReopenCutsTheTornEntryAndContinues) {
  Disk disk;
  {
    auto journal = UndoJournal::create(std::make_unique<MemoryFile>(disk), "d1");
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal->record(record_of("fault:0")));
  }
  disk.bytes += "MUJ1 200 0badc0";
  auto journal = UndoJournal::reopen(std::make_unique<MemoryFile>(disk));
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_TRUE(journal->contents().needs_recovery());
  EXPECT_TRUE(journal->undone("fault:0"));
  EXPECT_TRUE(journal->close(false, "replica not back"));
  EXPECT_TRUE(journal->contents().needs_recovery());
  EXPECT_TRUE(journal->undone("fault:0"));
  EXPECT_TRUE(journal->close(true, ""));
  EXPECT_FALSE(journal->contents().needs_recovery());
  EXPECT_TRUE(parse_journal(disk.bytes));
}

TEST(UndoJournal, RefusesWhatDoesNotFit) {
  Disk disk;
  auto journal = UndoJournal::create(std::make_unique<MemoryFile>(disk), "d1");
  ASSERT_TRUE(journal);
  EXPECT_FALSE(journal->undone("fault:0")) << "never recorded";
  EXPECT_FALSE(journal->result("fault:0", JournalEntry::State::Applied, ""));
  auto bad = record_of("fault:0");
  bad.undo = "{not json";
  EXPECT_FALSE(journal->record(bad));
  ASSERT_TRUE(journal->record(record_of("fault:0")));
  EXPECT_FALSE(journal->record(record_of("fault:0"))) << "recorded twice";
  EXPECT_TRUE(journal->result("fault:0", JournalEntry::State::Failed, "not \xff UTF-8"));
  EXPECT_FALSE(UndoJournal::create(std::make_unique<MemoryFile>(disk), "d2")) << "file in use";
  Disk newer;
  newer.bytes = disk.bytes;
  EXPECT_TRUE(UndoJournal::reopen(std::make_unique<MemoryFile>(newer)));
}

TEST(UndoJournal, LivesOnARealDisk) {
  std::string folder = (std::filesystem::temp_directory_path() / "muster-journal-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/journal";
  {
    auto file = open_journal_file(path);
    ASSERT_TRUE(file) << file.error().message;
    auto journal = UndoJournal::create(std::move(*file), "d1");
    ASSERT_TRUE(journal);
    ASSERT_TRUE(journal->record(record_of("fault:0")));
  }
  std::ofstream(path, std::ios::app) << "MUJ1 12 torn";
  {
    auto file = open_journal_file(path);
    ASSERT_TRUE(file);
    auto journal = UndoJournal::reopen(std::move(*file));
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_EQ(journal->contents().entries.size(), 1U);
    EXPECT_TRUE(journal->undone("fault:0"));
  }
  std::filesystem::remove_all(folder);
  EXPECT_FALSE(open_journal_file(path)) << "the folder is gone";
}

TEST(UndoJournal, ReservesItsSpaceBeforeTheDiskIsFull) {
  std::string folder = (std::filesystem::temp_directory_path() / "muster-journal-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/journal";
  auto file = open_journal_file(path);
  ASSERT_TRUE(file) << file.error().message;
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 0);
  EXPECT_GE(info.st_blocks * 512, 128 << 10);
  // Cutting off what was torn keeps it.
  ASSERT_TRUE((*file)->append("torn"));
  ASSERT_TRUE((*file)->truncate(0));
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_GE(info.st_blocks * 512, 128 << 10);
  std::filesystem::remove_all(folder);
}

TEST(UndoJournal, AFullDiskIsNamed) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  auto file = open_journal_file("/dev/full");
  if (!file) GTEST_SKIP() << "cannot open /dev/full: " << file.error().message;
  const auto appended = (*file)->append("x");
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().code, base::Code::ResourceExhausted);
}

}  // namespace
}  // namespace store
