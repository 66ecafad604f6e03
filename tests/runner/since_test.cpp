#include <gtest/gtest.h>

#include "runner/plan_compliance.h"

namespace runner {
namespace {

const base::WallTime kNow = base::WallTime(base::seconds(1'800'000'000));

TEST(Since, ReadsDaysMomentsAndLengths) {
  EXPECT_EQ(*parse_since("2026-11-01", kNow), base::WallTime(base::seconds(1'793'491'200)));
  EXPECT_EQ(*parse_since("2026-11-01T10:30:00Z", kNow),
            base::WallTime(base::seconds(1'793'491'200 + 37'800)));
  EXPECT_EQ(*parse_since("2026-11-01T10:30:00", kNow), *parse_since("2026-11-01T10:30:00Z", kNow));
  EXPECT_EQ(*parse_since("2026-11-01T10:30:00.25Z", kNow),
            *parse_since("2026-11-01T10:30:00Z", kNow) + base::millis(250));
  EXPECT_EQ(*parse_since("90d", kNow), kNow - base::seconds(90 * 86'400));
  EXPECT_EQ(*parse_since("12h", kNow), kNow - base::seconds(12 * 3600));
}

TEST(Since, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "90", "-1d", "d", "90 d", "2026-13-01", "2026-11-1",
                           "2026-11-01T25:00:00Z", "999999999999d", "1e3d"}) {
    const auto time = parse_since(text, kNow);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().code, base::Code::InvalidArgument);
    EXPECT_NE(time.error().message.find("90d"), std::string::npos);
  }
}

}  // namespace
}  // namespace runner
