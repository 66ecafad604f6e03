#include "base/cut.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Cut, WhatFitsIsLeftAsItIs) {
  EXPECT_EQ(cut("", 3), "");
  EXPECT_EQ(cut("abcdef", 6), "abcdef");
}

TEST(Cut, WhatDoesNotEndsInAMarkThatIsCountedToo) {
  EXPECT_EQ(cut("abcdefg", 6), "abc…");
  EXPECT_EQ(cut("abcdefg", 3), "…");
  EXPECT_EQ(cut("abcdefg", 6).size(), 6U);
}

TEST(Cut, NoCharacterIsCutInHalf) {
  EXPECT_EQ(cut("aäöü", 6), "aä…") << "the ö would be half";
  EXPECT_EQ(cut("aäöü", 7), "aäöü");
}

}  // namespace
}  // namespace base
