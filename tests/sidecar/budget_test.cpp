#include "sidecar/budget.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

base::TimePoint at(std::int64_t millis) {
  return base::TimePoint(base::seconds(10) + base::millis(millis));
}

TEST(Budget, GivesWhatItHasAndThenSoMuchASecond) {
  Budget budget(10, 20);
  EXPECT_TRUE(budget.take(20, at(0)));
  EXPECT_FALSE(budget.take(1, at(0)));
  EXPECT_FALSE(budget.take(1, at(99)));
  EXPECT_TRUE(budget.take(1, at(100)));
  EXPECT_FALSE(budget.take(11, at(1100)));
  EXPECT_TRUE(budget.take(10, at(1100)));
}

TEST(Budget, KeepsNoMoreThanItsMost) {
  Budget budget(10, 20);
  EXPECT_TRUE(budget.take(1, at(0)));
  EXPECT_FALSE(budget.take(21, at(3'600'000)));
  EXPECT_TRUE(budget.take(20, at(3'600'000)));
}

TEST(Budget, GivesNothingUntilWhatWasUsedBeyondItIsMadeUpFor) {
  Budget budget(10, 20);
  budget.charge(30, at(0));
  EXPECT_FALSE(budget.take(0, at(999)));
  EXPECT_FALSE(budget.take(1, at(1000)));
  EXPECT_TRUE(budget.take(1, at(1100)));
}

}  // namespace
}  // namespace sidecar
