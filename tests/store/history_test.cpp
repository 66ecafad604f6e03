#include "store/history.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using base::Code;
using base::millis;
using base::seconds;
using ::testing::HasSubstr;

class StoreHistory : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/muster-history-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ / "history.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  store::History open(const store::HistoryOptions& options = {}) {
    auto history = store::History::open(file_, options);
    EXPECT_TRUE(history) << history.error().message;
    return std::move(*history);
  }
  base::Error open_error() {
    auto history = store::History::open(file_, {10, std::chrono::milliseconds(50), 0});
    EXPECT_FALSE(history);
    return history ? base::Error{} : history.error();
  }
  /// Straight to SQLite, as another program would.
  void sql(const char* text) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, text, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
  }

  std::filesystem::path folder_, file_;
};

drill::Summary drill_number(int i, const std::string& plan = "failover") {
  drill::Summary d;
  d.drill_id = plan + "-" + std::to_string(100'000 + i);
  d.plan = plan;
  d.profile = "quick";
  d.mode = "Orchestrate";
  d.started = drill::WallTime(seconds(1'700'000'000 + i) + drill::Duration(123));
  d.finished = d.started + seconds(170);
  d.verdict = i % 2 == 0 ? drill::Verdict::Met : drill::Verdict::Missed;
  d.ending = drill::Ending::Completed;
  d.reason = i % 2 == 0 ? "" : "it's \"late\"; DROP TABLE drill --";
  d.rto = {seconds(300), drill::Bounds{millis(12'400), millis(12'420)},
           drill::Bounds{millis(12'389), std::nullopt}, drill::Verdict::Missed};
  d.rpo = {seconds(60), drill::Bounds{}, drill::Bounds{millis(31), millis(52)},
           drill::Verdict::Met};
  d.overrides = "spec.objectives.rtoSeconds=100";
  d.spec_digest = "0f" + std::to_string(i);
  d.rpo_records = d.lost = 4;
  d.acked = 15'874;
  d.unknown = 9;
  d.score = 93.75;
  d.phases = {{"onset→detected", millis(3'280), seconds(30)},
              {"detected→decided", std::nullopt, {}}};
  d.violations = {{"RTO", "critical", "it's \"late\""}, {"phase onset→detected", "low", ""}};
  d.directory = "/var/lib/muster/drills/" + d.drill_id;
  return d;
}

TEST_F(StoreHistory, KeepsEveryFieldAcrossOpenings) {
  ASSERT_TRUE(open().append(drill_number(1)));
  const auto back = open().find("failover-100001");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, drill_number(1));
}

TEST_F(StoreHistory, WhatWasNotMeasuredComesBackAsThat) {
  drill::Summary none = drill_number(1);
  none.rto.user_visible = none.rto.service = std::nullopt;
  none.lost = none.rpo_records = std::nullopt;
  ASSERT_TRUE(open().append(none));
  EXPECT_EQ(*open().find(none.drill_id), none);
}

TEST_F(StoreHistory, WhatWasNotAskedForComesBackAsThat) {
  drill::Summary none = drill_number(1);
  none.rpo = {};
  ASSERT_TRUE(open().append(none));
  EXPECT_EQ(*open().find(none.drill_id), none);
  // As it was written before a plan could leave an objective out.
  sql("UPDATE objective SET objective = 0, verdict = 'Invalid' WHERE name = 'RPO'");
  EXPECT_EQ(*open().find(none.drill_id), none);
}

TEST_F(StoreHistory, AHistoryOfTheFirstVersionIsMovedUp) {
  drill::Summary old = drill_number(1);
  ASSERT_TRUE(open().append(old));
  sql("ALTER TABLE drill DROP COLUMN overrides; ALTER TABLE drill DROP COLUMN spec_digest;"
      "ALTER TABLE drill DROP COLUMN ledger_read; ALTER TABLE objective DROP COLUMN measured;"
      "DROP TABLE violation; PRAGMA user_version = 1");
  old.overrides = old.spec_digest = "";
  old.violations.clear();  // the old version did not keep them
  EXPECT_EQ(*open().find(old.drill_id), old);
  ASSERT_TRUE(open().append(drill_number(2)));
  EXPECT_EQ(*open().find("failover-100002"), drill_number(2));
}

TEST_F(StoreHistory, ListsTheNewestFirstAndPlansInOrderOfTime) {
  auto history = open();
  for (const int i : {3, 1, 2}) ASSERT_TRUE(history.append(drill_number(i)));
  ASSERT_TRUE(history.append(drill_number(9, "other")));
  const auto all = history.list(3);
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (std::vector{drill_number(9, "other"), drill_number(3), drill_number(2)}));
  const auto plan = history.of_plan("failover", 2);
  ASSERT_TRUE(plan);
  EXPECT_EQ(*plan, (std::vector{drill_number(2), drill_number(3)}));
  EXPECT_EQ(history.of_plan("none", 10)->size(), 0U);
}

TEST_F(StoreHistory, AppendingAgainReplaces) {
  auto history = open();
  ASSERT_TRUE(history.append(drill_number(1)));
  drill::Summary changed = drill_number(1);
  changed.phases.pop_back();
  changed.score = 1;
  ASSERT_TRUE(history.append(changed));
  EXPECT_EQ(*history.list(10), std::vector{changed});
}

TEST_F(StoreHistory, DropsTheOldestOfThePlanAlone) {
  auto history = open({3, std::chrono::seconds(5), 0});
  ASSERT_TRUE(history.append(drill_number(0, "other")));
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(history.append(drill_number(i)));
  EXPECT_EQ(*history.of_plan("failover", 10),
            (std::vector{drill_number(3), drill_number(4), drill_number(5)}));
  EXPECT_EQ(history.of_plan("other", 10)->size(), 1U);
}

TEST_F(StoreHistory, UnknownDrillIsNotFound) {
  const auto found = open().find("nothing");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::NotFound);
  EXPECT_THAT(found.error().message, HasSubstr("no drill 'nothing'"));
}

// Three processes create the database and append at once; none of their drills is lost.
TEST_F(StoreHistory, ConcurrentWritersLoseNothing) {
  constexpr int kWriters = 3, kEach = 30;
  std::vector<pid_t> children;
  for (int w = 0; w < kWriters; ++w) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto history = store::History::open(file_, {10'000, std::chrono::seconds(30), 0});
      for (int i = 0; history && i < kEach; ++i) {
        if (!history->append(drill_number(w * kEach + i))) _exit(1);
      }
      _exit(history ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open().list(1000)->size(), static_cast<std::size_t>(kWriters * kEach));
}

TEST_F(StoreHistory, LockedDatabaseSaysSoAndCanBeTriedAgain) {
  auto history = open({10, std::chrono::milliseconds(20), 0});
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = history.append(drill_number(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::Unavailable);
  EXPECT_EQ(refused.error().retry, base::Retry::Backoff);
  EXPECT_THAT(refused.error().message, HasSubstr(file_.string() + ": locked by another process"));
  EXPECT_TRUE(history.list(10));  // readers are not held up
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE(history.append(drill_number(1)));
}

TEST_F(StoreHistory, FullDatabaseKeepsWhatItHad) {
  std::size_t before = 0;
  {
    auto history = open({10'000, std::chrono::seconds(5), 16});
    base::Result<> last;
    while ((last = history.append(drill_number(static_cast<int>(before))))) {
      ASSERT_LT(++before, 1000U);
    }
    EXPECT_EQ(last.error().code, Code::ResourceExhausted);
    EXPECT_THAT(last.error().message, HasSubstr("no space left"));
    EXPECT_EQ(history.list(1000)->size(), before);
  }
  auto roomier = open();
  EXPECT_TRUE(roomier.append(drill_number(5000)));
  EXPECT_EQ(roomier.list(1000)->size(), before + 1);
}

// The disk refuses to grow the file: in a process of its own, whose limits are its own.
TEST_F(StoreHistory, DiskThatRefusesToGrowIsAnError) {
  ASSERT_TRUE(open().append(drill_number(1)));
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    auto history = store::History::open(file_);
    const rlimit limit{8192, 8192};
    if (!history || setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(2);
    for (int i = 2; i < 100; ++i) {
      const auto result = history->append(drill_number(i));
      if (!result) _exit(result.error().code == Code::ResourceExhausted ? 0 : 3);
    }
    _exit(4);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(open().find("failover-100001"));
  EXPECT_TRUE(open().append(drill_number(200)));
}

TEST_F(StoreHistory, DamagedFileIsNamedAndLeftAlone) {
  {
    std::ofstream(file_) << std::string(8192, 'x');
  }
  const base::Error error = open_error();
  EXPECT_EQ(error.code, Code::DataLoss);
  EXPECT_THAT(error.message, HasSubstr("history " + file_.string() + ": damaged"));
  EXPECT_EQ(std::filesystem::file_size(file_), 8192U);
}

TEST_F(StoreHistory, OverwrittenPageIsFoundWhenOpening) {
  {
    auto history = open();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(history.append(drill_number(i)));
  }
  const auto size = std::filesystem::file_size(file_);
  std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t page = 1; page < size / 4096; ++page) {
    file.seekp(static_cast<std::streamoff>(page * 4096));
    file << std::string(64, '\xa5');
  }
  file.close();
  EXPECT_EQ(open_error().code, Code::DataLoss);
}

TEST_F(StoreHistory, NewerVersionIsRefusedAndNotTouched) {
  open();
  sql("PRAGMA user_version = 99");
  const base::Error error = open_error();
  EXPECT_EQ(error.code, Code::FailedPrecondition);
  EXPECT_THAT(error.message, HasSubstr("its version is 99"));
}

TEST_F(StoreHistory, FolderThatCannotBeWrittenIsAnError) {
  file_ = folder_ / "missing" / "history.db";
  EXPECT_EQ(open_error().code, Code::PermissionDenied);
  file_ = folder_;
  EXPECT_EQ(open_error().code, Code::PermissionDenied);
}

TEST_F(StoreHistory, RowOfAnUnknownVersionIsAnErrorNotAGuess) {
  ASSERT_TRUE(open().append(drill_number(1)));
  sql("UPDATE drill SET verdict = 'Splendid'");
  const auto all = open().list(10);
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code, Code::DataLoss);
  EXPECT_THAT(all.error().message, HasSubstr("unknown word 'Splendid'"));
}

}  // namespace
