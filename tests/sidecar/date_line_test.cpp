#include "sidecar/date_line.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

base::WallTime wall(std::int64_t millis) {
  return base::WallTime(base::seconds(784'111'777) + base::millis(millis));
}

TEST(SidecarDateLine, IsWrittenOnceForEachSecondOfTheDay) {
  DateLine line;
  int asked = 0;
  const base::TimePoint start{base::seconds(5)};
  const auto at = [&](std::int64_t millis) {
    return std::string(line.at(start + base::millis(millis), [&] {
      ++asked;
      return wall(300 + millis);  // the day's seconds begin in the middle of ours
    }));
  };
  EXPECT_EQ(at(0), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(at(699), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(at(700), "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
  EXPECT_EQ(at(1699), "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(at(60'000), "Date: Sun, 06 Nov 1994 08:50:37 GMT\r\n");
}

TEST(SidecarDateLine, AClockThatIsSetBackIsSeenWithinASecond) {
  DateLine line;
  line.at(base::TimePoint{}, [] { return wall(0); });
  EXPECT_EQ(line.at(base::TimePoint{base::seconds(1)}, [] { return wall(-60'000); }),
            "Date: Sun, 06 Nov 1994 08:48:37 GMT\r\n");
}

}  // namespace
}  // namespace sidecar
