#include "operator/guard.h"

#include <gtest/gtest.h>

namespace op {
namespace {

GuardLook claimed(RunnerPod pod, std::int64_t silence) {
  GuardLook look;
  look.claimed = true;
  look.pod = pod;
  look.silence = base::seconds(silence);
  return look;
}

constexpr base::Duration kMax = base::seconds(60);

TEST(Guard, ALivingRunnerIsLeftToItsWork) {
  EXPECT_EQ(turn_of(claimed(RunnerPod::Alive, 59), kMax), GuardTurn::Wait);
}

TEST(Guard, ADeadRunnerIsTakenOverFromAtOnce) {
  EXPECT_EQ(turn_of(claimed(RunnerPod::Dead, 0), kMax), GuardTurn::TakeOver);
}

TEST(Guard, ARunnerThatStandsStillIsTakenOverFrom) {
  EXPECT_EQ(turn_of(claimed(RunnerPod::Alive, 60), kMax), GuardTurn::TakeOver);
  EXPECT_EQ(turn_of(claimed(RunnerPod::Unknown, 60), kMax), GuardTurn::TakeOver);
}

TEST(Guard, OneThatIsBegunAnewCountsTheSilenceBeforeButGivesTheRunnerTimeToSpeak) {
  EXPECT_EQ(silence_before(base::seconds(30), kMax), base::seconds(30));
  EXPECT_EQ(silence_before(base::seconds(300), kMax), base::seconds(48));
  EXPECT_EQ(silence_before(base::seconds(30), base::seconds(8)), base::Duration{});
  EXPECT_EQ(silence_before(base::seconds(30), {}), base::Duration{});
}

TEST(Guard, SilenceOfZeroIsForEver) {
  EXPECT_EQ(turn_of(claimed(RunnerPod::Alive, 86'400), {}), GuardTurn::Wait);
}

TEST(Guard, WhatCannotBeAskedForIsNotTakenForDead) {
  EXPECT_EQ(turn_of(claimed(RunnerPod::Unknown, 5), kMax), GuardTurn::Wait);
}

TEST(Guard, ARunnerThatDoesNotUndoAtTheDeadlineIsTakenOverFrom) {
  GuardLook look = claimed(RunnerPod::Alive, 0);
  look.forward = true;
  EXPECT_EQ(turn_of(look, {}), GuardTurn::Wait);
  look.overdue = base::millis(2999);
  EXPECT_EQ(turn_of(look, {}), GuardTurn::Wait);
  look.overdue = base::seconds(3);
  EXPECT_EQ(turn_of(look, {}), GuardTurn::TakeOver);
  // One that undoes may take as long as it needs.
  look.forward = false;
  EXPECT_EQ(turn_of(look, {}), GuardTurn::Wait);
}

TEST(Guard, AfterTheEndThereIsNothingToGuard) {
  GuardLook look = claimed(RunnerPod::Dead, 600);
  look.finished = true;
  EXPECT_EQ(turn_of(look, kMax), GuardTurn::Leave);
  look.finished = false;
  look.drill_gone = true;
  EXPECT_EQ(turn_of(look, kMax), GuardTurn::Leave);
}

TEST(Guard, OneThatIsAskedToEndAndHasNoRightsLeaves) {
  GuardLook look;
  look.barred = true;
  EXPECT_EQ(turn_of(look, kMax), GuardTurn::Leave);
}

TEST(Guard, ItGoesOnWithWhatItHasTakenOver) {
  GuardLook look = claimed(RunnerPod::Unknown, 0);
  look.mine = true;
  EXPECT_EQ(turn_of(look, kMax), GuardTurn::TakeOver);
}

TEST(Guard, ARunnerThatNeverComesIsWaitedForFiveMinutes) {
  GuardLook look;
  look.unclaimed = base::seconds(299);
  EXPECT_EQ(turn_of(look, kMax), GuardTurn::Wait);
  look.unclaimed = base::seconds(300);
  EXPECT_EQ(turn_of(look, kMax), GuardTurn::TakeOver);
}

}  // namespace
}  // namespace op
