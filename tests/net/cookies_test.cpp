#include "net/cookies.h"

#include <gtest/gtest.h>

#include "net/server_timing.h"

namespace net {
namespace {

/// 2026-11-25 16:00:00 UTC.
const base::WallTime kNow{base::seconds(1'795'622'400)};

std::string after(std::initializer_list<const char*> headers) {
  CookieJar jar;
  for (const char* header : headers) jar.take(header, kNow);
  return jar.header();
}

TEST(CookieJar, KeepsNamesAndValuesAndSendsThemInOrder) {
  EXPECT_EQ(after({"sid=a1; Path=/; HttpOnly; Secure; SameSite=Lax", "theme=dark"}),
            "sid=a1; theme=dark");
  EXPECT_EQ(after({" sid = a=1== ;x"}), "sid=a=1==");
  EXPECT_EQ(after({"sid="}), "sid=");
  EXPECT_EQ(after({}), "");
}

TEST(CookieJar, TheSameNameAgainReplacesTheValue) {
  EXPECT_EQ(after({"sid=1", "a=b", "sid=2"}), "sid=2; a=b");
}

TEST(CookieJar, IgnoresWhatIsNone) {
  EXPECT_EQ(after({"", "novalue", "=x", "; a=b", "bad=\x01"}), "");
}

TEST(CookieJar, AnEndThatHasComeDeletes) {
  const auto left = [](const char* attributes) {
    CookieJar jar;
    jar.take("sid=1", kNow);
    jar.take(std::string("sid=2; ") + attributes, kNow);
    return jar.header();
  };
  for (const char* over :
       {"Max-Age=0", "max-age=-1", "MAX-AGE=00", "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "expires=Wed, 25 Nov 2026 15:59:59 GMT", "Expires=Wednesday, 25-Nov-26 15:59:59 GMT",
        "Expires=Wed Nov 25 15:59:59 2026", "Max-Age=0; Expires=Fri, 01 Jan 2099 00:00:00 GMT"}) {
    EXPECT_EQ(left(over), "") << over;
  }
  for (const char* stays :
       {"Max-Age=1", "Max-Age=", "Max-Age=soon", "Expires=Wed, 25 Nov 2026 16:00:01 GMT",
        "Expires=never", "Expires=Wed, 25 Nov 2026", "Expires=",
        "Expires=Fri, 31 Dec 9999 23:59:59 GMT", "Expires=Sun, 31 Feb 2020 00:00:00 GMT",
        "Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Path=/"}) {
    EXPECT_EQ(left(stays), "sid=2") << stays;
  }
}

TEST(CookieJar, DoesNotGrowForEver) {
  CookieJar jar;
  for (int i = 0; i < 1000; ++i) jar.take("c" + std::to_string(i) + "=x", kNow);
  EXPECT_LT(jar.header().size(), 1000U);
  jar.clear();
  EXPECT_TRUE(jar.empty());
}

TEST(ServerTiming, IsTheSumOfTheMetricsDurations) {
  const std::pair<const char*, double> cases[] = {
      {"db;dur=12.3", 12.3},
      {"db;dur=12.3;desc=\"x\"", 12.3},
      {"db ; desc=\"a, db;dur=9; \\\" \" ; Dur = 4", 4},
      {"cache;dur=1, db;dur=2, app;dur=3,db;dur=2.5", 4.5},
      {"db;dur=\"7\"", 7},
      {"db", 0},
      {"db;dur", 0},
      {"db;dur=fast", 0},
      {"db;dur=-3", 0},
      {"db;dur=inf", 0},
      {"db;dur=nan", 0},
      {"db;dur=1e300", 0},
      {"DB;dur=3", 0},
      {"dbx;dur=3", 0},
      {"", 0},
      {",;,=,\"", 0},
  };
  for (const auto& [header, millis] : cases) {
    EXPECT_DOUBLE_EQ(server_timing_millis(header, "db"), millis) << header;
  }
}

}  // namespace
}  // namespace net
