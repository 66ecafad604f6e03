// What a guardian decides. That it does so when a drill is killed is shown in tests/e2e.
#include "runner/guardian.h"

#include <gtest/gtest.h>

namespace runner {
namespace {

constexpr base::Duration kMax = base::seconds(60);

TEST(Guardian, WaitsWhileTheDrillSpeaks) {
  EXPECT_EQ(turn_of({}, kMax), GuardianTurn::Wait);
  EXPECT_EQ(turn_of({.silence = kMax - base::millis(1)}, kMax), GuardianTurn::Wait);
}

TEST(Guardian, RecoversADrillThatIsGone) {
  EXPECT_EQ(turn_of({.closed = true}, kMax), GuardianTurn::Recover);
  EXPECT_EQ(turn_of({.closed = true, .silence = 2 * kMax}, kMax), GuardianTurn::Recover);
}

TEST(Guardian, KillsADrillThatStandsStill) {
  EXPECT_EQ(turn_of({.silence = kMax}, kMax), GuardianTurn::KillAndRecover);
  EXPECT_EQ(turn_of({.silence = 1000 * kMax}, base::Duration::zero()), GuardianTurn::Wait);
}

TEST(Guardian, LeavesWhenNothingIsLeftToDo) {
  EXPECT_EQ(turn_of({.closed = true, .dismissed = true}, kMax), GuardianTurn::Leave);
  EXPECT_EQ(turn_of({.closed = true, .ended = true}, kMax), GuardianTurn::Leave);
  EXPECT_EQ(turn_of({.dismissed = true, .silence = 2 * kMax}, kMax), GuardianTurn::Leave);
}

}  // namespace
}  // namespace runner
