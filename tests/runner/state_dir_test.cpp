#include "runner/state_dir.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/recover.h"
#include "runner/track_record.h"
#include "store/history.h"

namespace runner {
namespace {

using testing::HasSubstr;

class StateDirTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "muster-state-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  std::string root_;
};

base::WallTime seconds(std::int64_t count) {
  return base::WallTime(base::seconds(count));
}

TEST_F(StateDirTest, DrillsAreNamedAfterPlanAndTimeAndListedNewestFirst) {
  const auto state = StateDir::open(root_);
  ASSERT_TRUE(state.has_value()) << state.error().message;
  const auto old = state->create_drill("zebra", seconds(1'000'000), 0x1a2b);
  const auto young = state->create_drill("ant", seconds(2'000'000), 0x3c4d);
  ASSERT_TRUE(old && young);
  EXPECT_EQ(old->id(), "zebra-19700112-134640-1a2b");
  const auto drills = state->drills();
  ASSERT_TRUE(drills.has_value());
  ASSERT_EQ(drills->size(), 2U);
  EXPECT_EQ(drills->front().id(), young->id());
}

TEST_F(StateDirTest, FindsByIdByPrefixAndLast) {
  const auto state = StateDir::open(root_);
  ASSERT_TRUE(state.has_value());
  const auto one = state->create_drill("plan", seconds(1'000'000), 1);
  const auto two = state->create_drill("plan", seconds(2'000'000), 2);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(state->find("last")->id(), two->id());
  EXPECT_EQ(state->find(one->id())->id(), one->id());
  EXPECT_EQ(state->find("plan-19700112")->id(), one->id());
  EXPECT_THAT(state->find("plan-1970").error().message, HasSubstr("ambiguous"));
  EXPECT_THAT(state->find("nothing").error().message, HasSubstr("the newest is " + two->id()));
  EXPECT_THAT(state->find("plan-19700112-134640-0002").error().message,
              HasSubstr("the nearest: " + one->id() + ";"));
  EXPECT_THAT(state->find("134640").error().message, HasSubstr("the nearest: " + one->id()));
}

TEST_F(StateDirTest, FolderThatCannotBeMadeIsNamed) {
  const auto state = StateDir::open("/proc/muster-cannot-be");
  ASSERT_FALSE(state.has_value());
  EXPECT_THAT(state.error().message, HasSubstr("/proc/muster-cannot-be"));
}

TEST_F(StateDirTest, TheTrackRecordSpeaksOfComparableDrillsOnly) {
  const auto state = StateDir::open(root_);
  ASSERT_TRUE(state.has_value());
  auto history = store::History::open(state->history());
  ASSERT_TRUE(history.has_value());
  const auto drill = [](int number, const char* digest, drill::Verdict verdict) {
    drill::Summary row;
    row.drill_id = "plan-" + std::to_string(number);
    row.plan = "plan";
    row.spec_digest = digest;
    row.started = seconds(number);
    row.rto.objective = base::seconds(300);
    row.rto.verdict = verdict;
    row.rto.service = drill::Bounds{};
    return row;
  };
  ASSERT_TRUE(history->append(drill(1, "full", drill::Verdict::Met)));
  ASSERT_TRUE(history->append(drill(2, "quick", drill::Verdict::Missed)));
  ASSERT_TRUE(history->append(drill(3, "", drill::Verdict::Missed)));  // of an older version
  const auto full = track_record(*state, "plan", "full", drill(4, "full", drill::Verdict::Met));
  ASSERT_TRUE(full.has_value()) << full.error().message;
  EXPECT_EQ(full->drills, 2U);
  EXPECT_EQ(full->left_out, 2U);
  EXPECT_EQ(full->rto.met, 2U);
  EXPECT_EQ(full->rto.of, 2U);
  EXPECT_THAT(describe(*full), HasSubstr("2 others of this plan differ"));
  EXPECT_THAT(describe(*full), HasSubstr("RPO: none of them had such an objective"));
}

TEST_F(StateDirTest, ARecoveryKnowsHowTheInstancesStoodBeforeTheFault) {
  const auto state = StateDir::open(root_);
  ASSERT_TRUE(state.has_value()) << state.error().message;
  const auto drill = state->create_drill("ant", seconds(1'000'000), 0x1a2b);
  ASSERT_TRUE(drill.has_value()) << drill.error().message;
  const InstanceBaseline assumed = saved_baseline(*drill, "a");
  EXPECT_EQ(assumed.primary, "a");
  EXPECT_EQ(assumed.standbys, 1U);
  ASSERT_TRUE(save_baseline(*drill, {"b", 3, 0}).has_value());
  const InstanceBaseline saved = saved_baseline(*drill, "a");
  EXPECT_EQ(saved.primary, "b");
  EXPECT_EQ(saved.timeline, 3U);
  EXPECT_EQ(saved.standbys, 0U);
}

}  // namespace
}  // namespace runner
