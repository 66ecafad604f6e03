// The audit log: chained across writers and crashes; a change is found, a crash is none.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/resource.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "store/audit_check.h"
#include "store/audit_format.h"
#include "store/audit_log.h"

namespace store {
namespace {

using testing::HasSubstr;

class AuditTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "muster-audit-XXXXXX";
    root_ = mkdtemp(pattern.data());
    path_ = root_ + "/audit.log";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string bytes() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }
  void put(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  static AuditEntry entry(const std::string& event, const std::string& drill = "d-1") {
    AuditEntry out;
    out.at = base::WallTime(base::seconds(1'795'000'000));
    out.drill = drill;
    out.event = event;
    out.subject = "primary-dies";
    out.text = "KILL \"a\"\n";
    out.uid = 1000;
    out.user = "ops";
    out.host = "db";
    out.command = "muster drill run plan.yaml";
    return out;
  }
  void write(int entries) const {
    auto log = AuditLog::open(path_);
    ASSERT_TRUE(log.has_value()) << log.error().message;
    for (int i = 0; i < entries; ++i) {
      ASSERT_TRUE(log->append(entry("Event" + std::to_string(i))).has_value());
    }
  }

  std::string root_, path_;
};

TEST_F(AuditTest, KeepsWhatWasWrittenAndWhoAskedForIt) {
  write(3);
  const AuditTrailRead read = read_audit(bytes());
  ASSERT_EQ(read.damage, "");
  ASSERT_EQ(read.entries.size(), 3U);
  EXPECT_EQ(read.entries[1].seq, 2U);
  EXPECT_EQ(read.entries[1].event, "Event1");
  EXPECT_EQ(read.entries[1].user, "ops");
  EXPECT_EQ(read.entries[1].command, "muster drill run plan.yaml");
  EXPECT_EQ(read.entries[1].at, entry("").at);
  EXPECT_EQ(read.head, read.entries[2].digest);
  EXPECT_EQ(read.entries[0].write_before, base::Duration::zero()) << "nothing was written before";
  EXPECT_GT(read.entries[2].write_before, base::Duration::zero());
  const auto mode = std::filesystem::status(path_).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(AuditTest, SeveralWritersMakeOneChain) {
  auto one = AuditLog::open(path_);
  auto two = AuditLog::open(path_);
  ASSERT_TRUE(one && two);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE((i % 3 == 0 ? one : two)->append(entry("E")).has_value());
  }
  const AuditTrailRead read = read_audit(bytes());
  EXPECT_EQ(read.damage, "");
  EXPECT_EQ(read.entries.size(), 10U);
}

TEST_F(AuditTest, AnyChangedByteIsFoundAndItsLineNamed) {
  write(6);
  const std::string good = bytes();
  base::Random random(1);
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    std::string changed = good;
    const std::size_t at = random.below(changed.size());
    changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1 + random.below(127)));
    const AuditTrailRead read = read_audit(changed);
    const auto line =
        1 + std::count(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    if (at + 1 == good.size()) {
      EXPECT_GT(read.torn, 0U) << "without its newline the last line is one that was not finished";
      continue;
    }
    ASSERT_THAT(read.damage, HasSubstr("line " + std::to_string(line) + ",")) << "byte " << at;
    ASSERT_EQ(read.entries.size(), static_cast<std::size_t>(line - 1));
  }
}

TEST_F(AuditTest, LinesThatWereDroppedSwappedOrAddedAreFound) {
  write(5);
  std::vector<std::string> lines;
  std::istringstream text(bytes());
  for (std::string line; std::getline(text, line);) lines.push_back(line + "\n");
  const auto joined = [](const std::vector<std::string>& parts) {
    std::string out;
    for (const std::string& part : parts) out += part;
    return out;
  };
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    std::vector<std::string> parts = lines;
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_NE(read_audit(joined(parts)).damage, "") << "dropped " << i;
    parts = lines;
    std::swap(parts[i], parts[i + 1]);
    EXPECT_NE(read_audit(joined(parts)).damage, "") << "swapped " << i;
    parts = lines;
    parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_NE(read_audit(joined(parts)).damage, "") << "doubled " << i;
  }
}

TEST_F(AuditTest, ACrashTearsTheLastLineAndIsNoChange) {
  write(4);
  const std::string good = bytes();
  const std::size_t last = good.rfind('\n', good.size() - 2) + 1;
  for (std::size_t size = last + 1; size < good.size(); ++size) {
    put(good.substr(0, size));
    const AuditTrailRead torn = read_audit(bytes());
    ASSERT_EQ(torn.damage, "");
    ASSERT_EQ(torn.torn, size - last);
    ASSERT_EQ(torn.entries.size(), 3U);
    const bool lacks_its_end_only = size + 1 == good.size();
    if (size % 40 != 0 && !lacks_its_end_only) continue;
    write(1);
    const AuditTrailRead after = read_audit(bytes());
    ASSERT_EQ(after.damage, "");
    ASSERT_EQ(after.torn, 0U);
    EXPECT_EQ(after.repaired, 1U);
    ASSERT_EQ(after.entries.size(), 5U);
    EXPECT_EQ(after.entries[3].event, "LineRepaired");
    EXPECT_EQ(after.entries[4].event, "Event0");
  }
}

TEST_F(AuditTest, TwoCrashesInARowAreOwnedUpToTogether) {
  write(2);
  put(bytes() + "half a line\nand half of another");
  write(1);
  const AuditTrailRead read = read_audit(bytes());
  EXPECT_EQ(read.damage, "");
  EXPECT_EQ(read.repaired, 1U);
  EXPECT_EQ(read.entries.size(), 4U);
  // What was owned up to cannot be made to say anything else.
  std::string changed = bytes();
  changed.replace(changed.find("half a line"), 11, "half a l");
  EXPECT_NE(read_audit(changed).damage, "");
}

TEST_F(AuditTest, AFullDiskIsToldAndTheChainGoesOn) {
  write(1);
  auto log = AuditLog::open(path_);
  ASSERT_TRUE(log.has_value());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = bytes().size() + 50;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto failed = log->append(entry("Full"));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old);
  EXPECT_FALSE(failed.has_value());
  ASSERT_TRUE(log->append(entry("Again")).has_value());
  const AuditTrailRead read = read_audit(bytes());
  EXPECT_EQ(read.damage, "");
  EXPECT_EQ(read.repaired, 1U);
  EXPECT_EQ(read.entries.back().event, "Again");
}

TEST_F(AuditTest, ATextThatIsTooLongSaysThatItIsCut) {
  auto log = AuditLog::open(path_);
  ASSERT_TRUE(log.has_value());
  AuditEntry whole = entry("Whole"), longer = entry("Longer");
  whole.text.assign(2000, 'x');
  longer.text.assign(2001, 'x');
  ASSERT_TRUE(log->append(whole).has_value());
  ASSERT_TRUE(log->append(longer).has_value());
  const AuditTrailRead read = read_audit(bytes());
  ASSERT_EQ(read.damage, "");
  EXPECT_EQ(read.entries.at(0).text, whole.text);
  EXPECT_EQ(read.entries.at(1).text, std::string(1997, 'x') + "…");
}

TEST_F(AuditTest, WhetherAFileCouldBeWrittenIsFoundOutWithoutMakingIt) {
  EXPECT_TRUE(check_audit_log(path_).has_value());
  EXPECT_FALSE(std::filesystem::exists(path_));
  write(1);
  EXPECT_TRUE(check_audit_log(path_).has_value());
  EXPECT_EQ(read_audit(bytes()).entries.size(), 1U);
  for (const std::string& wrong : {root_, root_ + "/nowhere/audit.log", path_ + "/below"}) {
    const auto checked = check_audit_log(wrong);
    ASSERT_FALSE(checked.has_value()) << wrong;
    EXPECT_THAT(checked.error().message, HasSubstr("cannot open the audit log " + wrong));
  }
}

TEST_F(AuditTest, AFileThatCannotBeOpenedIsNamed) {
  const auto log = AuditLog::open("/proc/muster/audit.log");
  ASSERT_FALSE(log.has_value());
  EXPECT_THAT(log.error().message, HasSubstr("/proc/muster/audit.log"));
}

}  // namespace
}  // namespace store
