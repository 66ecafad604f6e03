#include "base/interval.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Interval, IsRoundedOutwards) {
  struct Case {
    Duration lower;
    std::optional<Duration> upper;
    const char* text;
  };
  const Case cases[] = {
      {Duration(12'389'000'000), Duration(12'423'000'000), "12.389 – 12.423 s"},
      {Duration(12'389'900'000), Duration(12'423'100'000), "12.389 – 12.424 s"},
      {Duration(31'000'000), Duration(52'000'000), "31 – 52 ms"},
      {Duration(31'990'000), Duration(52'010'000), "31.9 – 52.1 ms"},
      {Duration(0), Duration(0), "0 s"},
      {Duration(0), Duration(10'400'000), "0 – 10.4 ms"},
      {Duration(0), std::nullopt, "≥ 0 ms"},
      {seconds(700), seconds(730), "11.66 – 12.17 min"},
      {seconds(3), seconds(3), "3 s"},
      {seconds(136), std::nullopt, "≥ 136 s"},
  };
  for (const Case& one : cases) EXPECT_EQ(interval(one.lower, one.upper), one.text);
}

}  // namespace
}  // namespace base
