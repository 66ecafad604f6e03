#include "runner/schedule_dir.h"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/recover.h"

namespace runner {
namespace {

using scheduling::Instant;
using scheduling::Outcome;
using scheduling::Record;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Instant at(std::int64_t seconds) {
  return Instant(scheduling::Seconds(1'795'000'000 + seconds));
}

class ScheduleDirTest : public testing::Test {
 protected:
  ScheduleDirTest() {
    std::string pattern = testing::TempDir() + "muster-schedules-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~ScheduleDirTest() override { std::filesystem::remove_all(root_); }

  StateDir state() const {
    auto state = StateDir::open(root_);
    EXPECT_TRUE(state) << state.error().message;
    return *state;
  }
  ScheduleDir schedule(const std::string& name = "weekly") const {
    auto dir = ScheduleDir::open(state(), name);
    EXPECT_TRUE(dir) << dir.error().message;
    return *dir;
  }
  /// A drill of a slot that has ended without a report.
  DrillDir ended_drill(std::int64_t slot, const std::string& schedule = "weekly") const {
    auto dir = state().create_drill("tiny", at(slot), static_cast<std::uint64_t>(slot));
    EXPECT_TRUE(dir) << dir.error().message;
    if (!schedule.empty()) {
      EXPECT_TRUE(save_origin(*dir, {schedule, at(slot)}));
    }
    EXPECT_TRUE(mark_ended(*dir));
    return *dir;
  }

  std::string root_;
};

TEST_F(ScheduleDirTest, RemembersWhatWasDecided) {
  const ScheduleDir dir = schedule();
  ASSERT_TRUE(dir.load());
  EXPECT_FALSE(dir.load()->has_value()) << "never served";
  const scheduling::State decided =
      scheduling::State{at(0), {}, {}}.with({Outcome::Started, at(60), at(60), 1, at(61), ""});
  ASSERT_TRUE(dir.save(decided));
  EXPECT_EQ(**schedule().load(), decided);
}

TEST_F(ScheduleDirTest, ADamagedMemoryIsAnErrorAndNoBeginning) {
  const ScheduleDir dir = schedule();
  ASSERT_TRUE(aio::write_file_atomic(dir.state(), ""));
  const auto read = dir.load();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, base::Code::DataLoss);
  EXPECT_THAT(read.error().message, HasSubstr(dir.state()));
}

TEST_F(ScheduleDirTest, IsServedByOneProcess) {
  const ScheduleDir dir = schedule();
  EXPECT_FALSE(dir.served());
  {
    const auto lock = dir.lock();
    ASSERT_TRUE(lock) << lock.error().message;
    EXPECT_TRUE(dir.served());
    const auto second = schedule().lock();
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("schedule weekly is served already"));
    EXPECT_THAT(second.error().message, HasSubstr("pid "));
    EXPECT_TRUE(schedule("monthly").lock()) << "another schedule";
  }
  EXPECT_FALSE(dir.served());
  EXPECT_EQ(ScheduleDir::all(state()).size(), 2U);
}

TEST_F(ScheduleDirTest, ForgetsLogsWithTheirSlots) {
  const ScheduleDir dir = schedule();
  for (const std::int64_t slot : {0, 60}) {
    ASSERT_TRUE(aio::write_file_atomic(dir.log(at(slot)), "text"));
  }
  const scheduling::State known =
      scheduling::State{at(-1), {}, {}}.with({Outcome::Started, at(60), at(60), 1, at(61), ""});
  ASSERT_TRUE(dir.save(known));
  dir.forget_logs(known);
  EXPECT_FALSE(aio::file_exists(dir.log(at(0))));
  EXPECT_TRUE(aio::file_exists(dir.log(at(60))));
  EXPECT_TRUE(aio::file_exists(dir.state()));
}

TEST_F(ScheduleDirTest, FindsTheDrillOfASlot) {
  const DrillDir drill = ended_drill(60);
  const auto found = drill_of(state(), {"weekly", at(60)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id(), drill.id());
  EXPECT_FALSE(drill_of(state(), {"weekly", at(120)}));
  EXPECT_FALSE(drill_of(state(), {"monthly", at(60)}));
}

TEST_F(ScheduleDirTest, DrillsThatLiveHoldTheirLock) {
  const DrillDir ended = ended_drill(0);
  const auto running = state().create_drill("tiny", at(60), 1);
  const auto other_plan = state().create_drill("tiny-too", at(60), 1);
  ASSERT_TRUE(running && other_plan);
  EXPECT_THAT(living_drills(state(), "tiny"), IsEmpty()) << "none has a lock";
  const auto lock = aio::FileLock::try_lock(running->lock(), "drill");
  const auto other = aio::FileLock::try_lock(other_plan->lock(), "drill");
  ASSERT_TRUE(lock && other);
  const auto living = living_drills(state(), "tiny");
  ASSERT_EQ(living.size(), 1U);
  EXPECT_EQ(living[0].id(), running->id());
}

TEST_F(ScheduleDirTest, RemovesOnlyItsOwnDrillsThatAreOver) {
  const DrillDir oldest = ended_drill(0);
  const DrillDir by_hand = ended_drill(1, "");
  const DrillDir of_another = ended_drill(2, "monthly");
  const auto unfinished = state().create_drill("tiny", at(3), 3);
  ASSERT_TRUE(unfinished && save_origin(*unfinished, {"weekly", at(3)}));
  const DrillDir newest = ended_drill(60);
  scheduling::Spec spec;
  spec.name = "weekly";
  EXPECT_THAT(remove_beyond_limits(state(), spec), IsEmpty()) << "all are kept by default";
  spec.successful_limit = 1;
  EXPECT_THAT(remove_beyond_limits(state(), spec), IsEmpty()) << "none was successful";
  spec.failed_limit = 1;
  EXPECT_THAT(remove_beyond_limits(state(), spec), ElementsAre(oldest.id()));
  EXPECT_FALSE(aio::file_exists(oldest.path));
  for (const DrillDir& kept : {by_hand, of_another, *unfinished, newest}) {
    EXPECT_TRUE(aio::file_exists(kept.path)) << kept.id();
  }
}

}  // namespace
}  // namespace runner
