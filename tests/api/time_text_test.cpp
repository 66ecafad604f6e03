#include "api/time_text.h"

#include <gtest/gtest.h>

namespace api {
namespace {

TEST(TimeText, ReadsWhatApiServersWrite) {
  const auto seconds = parse_time("2026-11-21T04:42:24Z");
  ASSERT_TRUE(seconds);
  EXPECT_EQ(time_text(*seconds), "2026-11-21T04:42:24Z");
  const auto micros = parse_time("2026-11-21T04:42:24.123456Z");
  ASSERT_TRUE(micros);
  EXPECT_EQ(*micros - *seconds, base::Duration(123'456'000));
  EXPECT_EQ(micro_time_text(*micros), "2026-11-21T04:42:24.123456Z");
  EXPECT_EQ(time_text(*micros), "2026-11-21T04:42:24Z");
  EXPECT_EQ(parse_time("2026-11-21T06:42:24+02:00"), seconds);
  EXPECT_EQ(parse_time("2026-11-20T23:12:24-05:30"), seconds);
  EXPECT_EQ(parse_time("2026-11-21t04:42:24.5z"), *seconds + base::millis(500));
}

TEST(TimeText, IsRightBefore1970) {
  const auto time = parse_time("1969-12-31T23:59:59.75Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(*time, base::WallTime(base::millis(-250)));
  EXPECT_EQ(micro_time_text(*time), "1969-12-31T23:59:59.750000Z");
}

TEST(TimeText, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T04:42Z", "2026-11-21T04:42:24", "2026-11-21 04:42:24Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T04:42:24.Z", "2026-11-21T04:42:24.1234567890Z", "2026-11-21T04:42:24Z ",
        "2026-11-21T04:42:24+2:00", "1600-01-01T00:00:00Z", "9999-01-01T00:00:00Z",
        "2026-11-21T04:42:+4Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace api
