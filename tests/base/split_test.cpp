#include "base/split.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(TakeUntil, TakesPartsOffTheFront) {
  std::string_view text = "a|bc||d";
  EXPECT_EQ(take_until(text, '|'), "a");
  EXPECT_EQ(take_until(text, '|'), "bc");
  EXPECT_EQ(take_until(text, '|'), "");
  EXPECT_EQ(text, "d");
  EXPECT_EQ(take_until(text, '|'), "d");
  EXPECT_EQ(text, "");
  EXPECT_EQ(take_until(text, '|'), "");
}

}  // namespace
}  // namespace base
