#include "traffic/label.h"

#include <gtest/gtest.h>

namespace traffic {
namespace {

std::string label(std::string_view value) {
  std::string out = "x";
  append_label(out, value);
  return out.substr(1);
}

TEST(Label, EscapesBackslashQuoteAndLineFeedOnly) {
  EXPECT_EQ(label(""), "");
  EXPECT_EQ(label("/a{b}=,'\t"), "/a{b}=,'\t");
  EXPECT_EQ(label("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
}

TEST(Label, KeepsUtf8AndReplacesWhatIsNone) {
  const char* const whole[] = {"caf\xc3\xa9",  "\xe2\x82\xac", "\xf0\x9f\x99\x82",
                               "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf",
                               "\xc2\x80",     "\xe0\xa0\x80"};
  for (const char* const text : whole) EXPECT_EQ(label(text), text);
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(label("\x80"), r);
  EXPECT_EQ(label("\xc3("), r + "(");
  EXPECT_EQ(label("\xc3"), r) << "cut off";
  EXPECT_EQ(label("\xe2\x82"), r + r) << "cut off";
  EXPECT_EQ(label("\xc0\xaf"), r + r) << "overlong";
  EXPECT_EQ(label("\xe0\x9f\xbf"), r + r + r) << "overlong";
  EXPECT_EQ(label("\xed\xa0\x80"), r + r + r) << "surrogate";
  EXPECT_EQ(label("\xf4\x90\x80\x80"), r + r + r + r) << "beyond the last code point";
  EXPECT_EQ(label("\xf0\x8f\xbf\xbf"), r + r + r + r) << "overlong";
  EXPECT_EQ(label("\xff"), r);
}

}  // namespace
}  // namespace traffic
