#include "runner/drill_list.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"
#include "drill/summary.h"
#include "report/json.h"
#include "runner/recover.h"
#include "runner/status.h"
#include "store/history.h"

namespace runner {
namespace {

using report::DrillState;
using testing::HasSubstr;

class DrillListTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "muster-list-XXXXXX";
    root_ = mkdtemp(pattern.data());
    state_.emplace(StateDir::open(root_).value());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  DrillDir drill(std::int64_t day) {
    return state_->create_drill("shop", base::WallTime(base::seconds(day * 86'400)), 1).value();
  }
  static drill::Report report_of(const DrillDir& dir, std::int64_t day) {
    drill::Report report;
    report.drill_id = dir.id();
    report.plan = "shop";
    report.started = base::WallTime(base::seconds(day * 86'400));
    report.verdict = drill::Verdict::Missed;
    return report;
  }
  void save_report(const DrillDir& dir, std::int64_t day) {
    ASSERT_TRUE(aio::write_file_atomic(dir.report_json(), report::to_json(report_of(dir, day)))
                    .has_value());
  }
  void index(const drill::Report& report) {
    auto history = store::History::open(state_->history());
    ASSERT_TRUE(history.has_value());
    ASSERT_TRUE(history->append(drill::summarize(report)).has_value());
  }
  /// As a drill that had started its system and then died.
  static void leave_undone(const DrillDir& dir) {
    ASSERT_TRUE(aio::write_file_atomic(dir.system(), R"({"managed": true})").has_value());
  }

  std::string root_;
  std::optional<StateDir> state_;
};

TEST_F(DrillListTest, EveryDrillIsListedWithItsStateNewestFirst) {
  const DrillDir indexed = drill(1);  // its report is gone: the row alone tells of it
  index(report_of(indexed, 1));
  const DrillDir unknown_to_history = drill(2);
  save_report(unknown_to_history, 2);
  const DrillDir died = drill(3);
  leave_undone(died);
  const DrillDir silent = drill(4);
  const DrillDir running = drill(5);
  DrillStatus status;
  status.id = running.id();
  status.plan = "shop";
  status.profile = "quick";
  status.phase = "Baseline";
  status.elapsed_seconds = 12;
  status.phase_seconds = 3;
  save_status(running, status);
  const auto lock = aio::FileLock::try_lock(running.lock(), "the test");
  ASSERT_TRUE(lock.has_value());

  const auto list = list_drills(*state_);
  ASSERT_TRUE(list.has_value()) << list.error().message;
  EXPECT_TRUE(list->warnings.empty());
  ASSERT_EQ(list->drills.size(), 5U);
  EXPECT_EQ(list->drills[0].summary.drill_id, running.id());
  EXPECT_EQ(list->drills[0].state, DrillState::Running);
  EXPECT_EQ(list->drills[0].phase, "Baseline");
  EXPECT_EQ(list->drills[0].summary.profile, "quick");
  EXPECT_EQ(list->drills[0].elapsed, base::seconds(12));
  EXPECT_EQ(list->drills[0].summary.started, base::WallTime(base::seconds(5 * 86'400)));
  EXPECT_EQ(list->drills[1].state, DrillState::NoReport);
  EXPECT_EQ(list->drills[1].summary.drill_id, silent.id());
  EXPECT_EQ(list->drills[2].state, DrillState::NeedsRecovery);
  EXPECT_THAT(list->drills[2].note, HasSubstr("muster drill recover"));
  for (const std::size_t i : {3U, 4U}) {
    EXPECT_EQ(list->drills[i].state, DrillState::Finished);
    EXPECT_TRUE(list->drills[i].has_report);
    EXPECT_EQ(list->drills[i].summary.verdict, drill::Verdict::Missed);
  }
}

TEST_F(DrillListTest, AResultWithSomethingLeftToUndoKeepsItsVerdictAndSaysSo) {
  const DrillDir dir = drill(1);
  save_report(dir, 1);
  leave_undone(dir);
  auto list = list_drills(*state_);
  ASSERT_TRUE(list && list->drills.size() == 1);
  EXPECT_EQ(list->drills[0].state, DrillState::NeedsRecovery);
  EXPECT_TRUE(list->drills[0].has_report);
  ASSERT_TRUE(mark_ended(dir).has_value());
  list = list_drills(*state_);
  EXPECT_EQ(list->drills[0].state, DrillState::Finished);
  EXPECT_EQ(list->drills[0].note, "");
}

TEST_F(DrillListTest, ADamagedHistoryCostsAWarningAndNoRow) {
  const DrillDir dir = drill(1);
  save_report(dir, 1);
  std::ofstream(state_->history()) << "this is no database, and long enough to be looked at";
  const auto list = list_drills(*state_);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->drills.size(), 1U);
  ASSERT_EQ(list->warnings.size(), 1U);
  EXPECT_THAT(list->warnings[0], HasSubstr("history.db"));
}

TEST_F(DrillListTest, LookingMakesNothing) {
  const auto nowhere = StateDir::at(root_ + "/nowhere");
  ASSERT_TRUE(nowhere.has_value());
  const auto list = list_drills(*nowhere);
  ASSERT_TRUE(list.has_value());
  EXPECT_TRUE(list->drills.empty());
  EXPECT_FALSE(std::filesystem::exists(root_ + "/nowhere"));
  EXPECT_FALSE(std::filesystem::exists(state_->history()));
}

TEST_F(DrillListTest, LookingLeavesTheLockAndItsTextAlone) {
  const DrillDir dir = drill(1);
  EXPECT_FALSE(alive(dir));
  {
    const auto lock = aio::FileLock::try_lock(dir.lock(), "drill of the test");
    EXPECT_TRUE(alive(dir));
    EXPECT_EQ(aio::read_file(dir.lock()).value(), "drill of the test");
  }
  EXPECT_FALSE(alive(dir));
  EXPECT_EQ(aio::read_file(dir.lock()).value(), "drill of the test");
}

}  // namespace
}  // namespace runner
