#include "alert/recent.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace alert {
namespace {

std::vector<double> list(std::span<const double> values) {
  return {values.begin(), values.end()};
}

TEST(Recent, KeepsTheNewestInOrder) {
  Recent recent(3);
  EXPECT_TRUE(recent.values().empty());
  for (int value = 1; value <= 20; ++value) {
    recent.push(value);
    std::vector<double> wanted;
    for (int kept = std::max(1, value - 2); kept <= value; ++kept) wanted.push_back(kept);
    ASSERT_EQ(list(recent.values()), wanted);
  }
  EXPECT_EQ(list(recent.newest(2)), (std::vector<double>{19, 20}));
  EXPECT_EQ(list(recent.newest(9)), (std::vector<double>{18, 19, 20}));
}

TEST(Recent, LeavesOutWhatIsNoNumberAndKeepsAtLeastOne) {
  Recent recent(0);
  EXPECT_FALSE(recent.push(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(recent.push(-std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(recent.push(1));
  EXPECT_TRUE(recent.push(2));
  EXPECT_EQ(list(recent.values()), std::vector<double>{2});
}

}  // namespace
}  // namespace alert
