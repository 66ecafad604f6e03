#include "http1/date.h"

#include <gtest/gtest.h>

namespace http1 {
namespace {

constexpr base::WallTime kNow{base::seconds(1'795'000'000)};  // 2026-11-18

std::optional<std::int64_t> seconds_of(std::string_view text) {
  const auto time = parse_date(text, kNow);
  if (!time) return {};
  return std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count();
}

TEST(Rfc9110Section567, TheThreeFormsAreOneInstant) {
  EXPECT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), 784'111'777);
  EXPECT_EQ(seconds_of("Sunday, 06-Nov-94 08:49:37 GMT"), 784'111'777);
  EXPECT_EQ(seconds_of("Sun Nov  6 08:49:37 1994"), 784'111'777);
  EXPECT_EQ(seconds_of("Sat Nov 26 08:49:37 1994"), 785'839'777);
  EXPECT_EQ(seconds_of("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(seconds_of("Tue, 29 Feb 2000 23:59:60 GMT"), 951'868'800);
}

TEST(Rfc9110Section567, AYearOfTwoDigitsIsAtMostFiftyYearsAhead) {
  EXPECT_EQ(seconds_of("Friday, 01-Jan-76 00:00:00 GMT"), 3'345'062'400);  // 2076
  EXPECT_EQ(seconds_of("Friday, 01-Jan-77 00:00:00 GMT"), 220'924'800);    // 1977
  EXPECT_EQ(seconds_of("Friday, 01-Jan-26 00:00:00 GMT"), 1'767'225'600);
}

TEST(Rfc9110Section567, WhatIsNoDateIsNone) {
  for (const char* text :
       {"", "0", "-1", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "1994-11-06T08:49:37Z",
        "Sun Nov 06 08:49:37 1994 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 0:49:37 GMT"}) {
    EXPECT_EQ(seconds_of(text), std::nullopt) << text;
  }
}

TEST(Rfc9110Section567, YearsBeyondTheClockAreItsEnds) {
  EXPECT_GT(seconds_of("Fri, 31 Dec 9999 23:59:59 GMT"), 9'000'000'000);
  EXPECT_LT(seconds_of("Sat, 01 Jan 0001 00:00:00 GMT"), -9'000'000'000);
}

TEST(Rfc9110Section567, DatesAreWrittenInTheFirstForm) {
  EXPECT_EQ(format_date(base::WallTime(base::seconds(784'111'777))),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(base::WallTime{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(base::WallTime::min()), "Tue, 21 Sep 1677 00:12:43 GMT");
  EXPECT_EQ(format_date(base::WallTime(base::millis(-1))), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(Rfc9110Section567, WhatIsWrittenIsReadBack) {
  for (std::int64_t at = -2'000'000'000; at < 6'000'000'000; at += 12'345'678) {
    const base::WallTime time(base::seconds(at));
    EXPECT_EQ(parse_date(format_date(time), kNow), time) << at;
  }
}

}  // namespace
}  // namespace http1
