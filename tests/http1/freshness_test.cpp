#include "http1/freshness.h"

#include <gtest/gtest.h>

#include "heads.h"
#include "http1/date.h"

namespace http1 {
namespace {

constexpr base::WallTime kT0{base::seconds(1'795'000'000)};

std::string date_line(const char* name, int after_seconds) {
  return std::string(name) + ": " + format_date(kT0 + base::seconds(after_seconds)) + "\r\n";
}

Freshness stored(const std::string& lines) {
  return freshness(Answered(lines).head, kT0, kT0);
}

Reuse after(int seconds, const Freshness& kept, const std::string& asked = {}) {
  return reuse(kept, Asked(asked).head, kT0 + base::seconds(seconds));
}

TEST(Rfc9111Section3, WhatASharedCacheMayStore) {
  struct {
    const char *method, *asked;
    int status;
    const char *lines, *why;
  } const rows[] = {
      {"GET", "", 200, "Cache-Control: max-age=1\r\n", nullptr},
      {"GET", "", 200, "Cache-Control: s-maxage=1\r\n", nullptr},
      {"GET", "", 200, "Expires: 0\r\n", nullptr},
      {"GET", "", 200, "ETag: \"x\"\r\n", nullptr},
      {"GET", "", 404, "Cache-Control: max-age=1\r\n", nullptr},
      {"GET", "", 200, "", "the response has neither a lifetime nor a validator"},
      {"GET", "", 200, "Cache-Control: public\r\n",
       "the response has neither a lifetime nor a validator"},
      {"POST", "", 200, "Cache-Control: max-age=1\r\n", "the method is not GET"},
      {"HEAD", "", 200, "Cache-Control: max-age=1\r\n", "the method is not GET"},
      {"GET", "", 103, "Cache-Control: max-age=1\r\n", "the response is an interim one"},
      {"GET", "", 206, "Cache-Control: max-age=1\r\n", "the status is not one that is cached"},
      {"GET", "", 304, "Cache-Control: max-age=1\r\n", "the status is not one that is cached"},
      {"GET", "", 500, "Cache-Control: max-age=1\r\n", "the status is not one that is cached"},
      {"GET", "Cache-Control: no-store\r\n", 200, "Cache-Control: max-age=1\r\n",
       "the request says no-store"},
      {"GET", "", 200, "Cache-Control: max-age=1, no-store\r\n", "the response says no-store"},
      {"GET", "", 200, "Cache-Control: max-age=1, no-store, must-understand\r\n", nullptr},
      {"GET", "", 299, "Cache-Control: max-age=1, no-store, must-understand\r\n",
       "the status is not one that is cached"},
      {"GET", "", 200, "Cache-Control: max-age=1, private\r\n", "the response is private"},
      {"GET", "", 200, "Cache-Control: max-age=1\r\nVary: a, *\r\n",
       "the response varies with everything"},
      {"GET", "", 200, "Cache-Control: max-age=1\r\nSet-Cookie: a=b\r\n",
       "the response sets a cookie"},
      {"GET", "", 200, "Cache-Control: max-age=1, public\r\nSet-Cookie: a=b\r\n",
       "the response sets a cookie"},
  };
  for (const auto& row : rows) {
    const Asked asked(row.asked, row.method);
    const Answered answered(row.lines, row.status);
    EXPECT_STREQ(not_stored(asked.head, answered.head), row.why)
        << row.method << " " << row.status << " " << row.lines;
  }
}

TEST(Rfc9111Section35, WhatIsAuthorisedIsStoredOnlyWhenItIsSaidToBeForAll) {
  const Asked asked("Authorization: Basic eDp5\r\n");
  const auto why = [&asked](const std::string& directives) {
    return not_stored(asked.head, Answered("Cache-Control: " + directives + "\r\n").head);
  };
  EXPECT_STREQ(why("max-age=60"), "the request is authorised");
  EXPECT_STREQ(why("max-age=60, proxy-revalidate"), "the request is authorised");
  EXPECT_EQ(why("max-age=60, public"), nullptr);
  EXPECT_EQ(why("max-age=60, must-revalidate"), nullptr);
  EXPECT_EQ(why("s-maxage=60"), nullptr);
}

TEST(Rfc9111Section421, TheLifetimeIsTheFirstOfSMaxageMaxAgeAndExpires) {
  const std::string expires = date_line("Date", 0) + date_line("Expires", 30);
  EXPECT_EQ(stored(expires).lifetime, Seconds(30));
  EXPECT_EQ(stored(expires + "Cache-Control: max-age=60\r\n").lifetime, Seconds(60));
  EXPECT_EQ(stored("Cache-Control: max-age=60, s-maxage=10\r\n").lifetime, Seconds(10));
  EXPECT_EQ(stored(expires + "Cache-Control: max-age=0\r\n").lifetime, Seconds(0));
  EXPECT_EQ(stored("ETag: \"x\"\r\n").lifetime, Seconds(0));
}

TEST(Rfc9111Section53, ExpiresCountsFromDateAndWhatIsNoDateIsPast) {
  EXPECT_EQ(stored(date_line("Date", -10) + date_line("Expires", 30)).lifetime, Seconds(40));
  EXPECT_EQ(stored(date_line("Expires", 30)).lifetime, Seconds(30));
  EXPECT_EQ(stored(date_line("Date", 0) + date_line("Expires", -30)).lifetime, Seconds(0));
  EXPECT_EQ(stored("Expires: 0\r\n").lifetime, Seconds(0));
  EXPECT_EQ(stored(date_line("Expires", 30) + date_line("Expires", 40)).lifetime, Seconds(0));
  EXPECT_EQ(stored("Expires: Fri, 31 Dec 9999 23:59:59 GMT\r\n").lifetime, kLongest);
}

TEST(Rfc9111Section423, TheAgeCountsTheWayAndWhatOtherCachesSaid) {
  const auto kept = [](const std::string& lines, int way_seconds) {
    return freshness(Answered(lines).head, kT0 - base::seconds(way_seconds), kT0);
  };
  EXPECT_EQ(kept("", 0).age_received, Seconds(0));
  EXPECT_EQ(kept("", 3).age_received, Seconds(3));
  EXPECT_EQ(kept("Age: 10\r\n", 3).age_received, Seconds(13));
  EXPECT_EQ(kept("Age: 10\r\n" + date_line("Date", -60), 3).age_received, Seconds(60));
  EXPECT_EQ(kept("Age: 10\r\n" + date_line("Date", 60), 0).age_received, Seconds(10));
  EXPECT_EQ(kept("Age: x\r\n", 0).age_received, Seconds(0));
  const Freshness ten = kept("Age: 10\r\n", 0);
  EXPECT_EQ(age(ten, kT0 + base::seconds(5)), Seconds(15));
  EXPECT_EQ(age(ten, kT0 - base::seconds(5)), Seconds(10));
}

TEST(Rfc9111Section42, AResponseIsFreshWhileItsLifetimeExceedsItsAge) {
  const Freshness minute = stored("Cache-Control: max-age=60\r\n");
  EXPECT_EQ(after(59, minute), Reuse::Serve);
  EXPECT_EQ(after(60, minute), Reuse::Validate);
  EXPECT_EQ(after(0, stored("Cache-Control: max-age=60\r\nAge: 60\r\n")), Reuse::Validate);
  EXPECT_EQ(after(0, stored("ETag: \"x\"\r\n")), Reuse::Validate);
}

TEST(Rfc9111Section521, AClientAsksForFresherOrAcceptsStaler) {
  const Freshness minute = stored("Cache-Control: max-age=60\r\n");
  const auto asked = [&minute](int seconds, const std::string& directives) {
    return after(seconds, minute, "Cache-Control: " + directives + "\r\n");
  };
  EXPECT_EQ(asked(10, "no-cache"), Reuse::Validate);
  EXPECT_EQ(asked(0, "max-age=0"), Reuse::Validate);
  EXPECT_EQ(asked(10, "max-age=10"), Reuse::Serve);
  EXPECT_EQ(asked(11, "max-age=10"), Reuse::Validate);
  EXPECT_EQ(asked(40, "min-fresh=20"), Reuse::Serve);
  EXPECT_EQ(asked(41, "min-fresh=20"), Reuse::Validate);
  EXPECT_EQ(asked(70, "max-stale=10"), Reuse::Serve);
  EXPECT_EQ(asked(71, "max-stale=10"), Reuse::Validate);
  EXPECT_EQ(asked(7000, "max-stale"), Reuse::Serve);
  EXPECT_EQ(asked(59, "only-if-cached"), Reuse::Serve);
  EXPECT_EQ(asked(60, "only-if-cached"), Reuse::Unavailable);
}

TEST(Rfc9111Section522, WhatMustBeValidatedIsNeverServedStale) {
  const std::string wish = "Cache-Control: max-stale\r\n";
  for (const char* directive : {"must-revalidate", "proxy-revalidate", "s-maxage=60"}) {
    const Freshness kept =
        stored("Cache-Control: max-age=60, stale-while-revalidate=60, stale-if-error=60, " +
               std::string(directive) + "\r\n");
    EXPECT_EQ(after(59, kept, wish), Reuse::Serve) << directive;
    EXPECT_EQ(after(60, kept, wish), Reuse::Validate) << directive;
    EXPECT_EQ(after(60, kept), Reuse::Validate) << directive;
    EXPECT_FALSE(serves_on_error(kept, Asked().head, kT0 + base::seconds(61))) << directive;
  }
  EXPECT_EQ(after(0, stored("Cache-Control: max-age=60, no-cache\r\n"), wish), Reuse::Validate);
}

TEST(Rfc9111Section54, PragmaCountsOnlyWithoutCacheControl) {
  const Freshness minute = stored("Cache-Control: max-age=60\r\n");
  EXPECT_EQ(after(0, minute, "Pragma: no-cache\r\n"), Reuse::Validate);
  EXPECT_EQ(after(0, minute, "Pragma: x\r\n"), Reuse::Serve);
  EXPECT_EQ(after(0, minute, "Pragma: no-cache\r\nCache-Control: max-age=9\r\n"), Reuse::Serve);
}

TEST(Rfc5861, AStaleResponseIsServedWhileItIsRefreshedOrWhenTheServerFails) {
  const Freshness kept =
      stored("Cache-Control: max-age=60, stale-while-revalidate=10, stale-if-error=100\r\n");
  EXPECT_EQ(after(59, kept), Reuse::Serve);
  EXPECT_EQ(after(60, kept), Reuse::ServeAndRefresh);
  EXPECT_EQ(after(69, kept), Reuse::ServeAndRefresh);
  EXPECT_EQ(after(70, kept), Reuse::Validate);
  EXPECT_EQ(after(61, kept, "Cache-Control: max-age=60\r\n"), Reuse::Validate);
  const auto on_error = [](const Freshness& freshness, int seconds, const std::string& asked) {
    return serves_on_error(freshness, Asked(asked).head, kT0 + base::seconds(seconds));
  };
  EXPECT_TRUE(on_error(kept, 159, ""));
  EXPECT_FALSE(on_error(kept, 160, ""));
  EXPECT_FALSE(on_error(kept, 159, "Cache-Control: no-cache\r\n"));
  const Freshness minute = stored("Cache-Control: max-age=60\r\n");
  EXPECT_FALSE(on_error(minute, 60, ""));
  EXPECT_TRUE(on_error(minute, 60, "Cache-Control: stale-if-error=1\r\n"));
}

TEST(Rfc9111Section44, AnUnsafeRequestThatSucceededVoidsWhatIsStored) {
  EXPECT_TRUE(invalidates("POST", 200));
  EXPECT_TRUE(invalidates("DELETE", 303));
  EXPECT_TRUE(invalidates("FROBNICATE", 204));
  EXPECT_FALSE(invalidates("POST", 404));
  EXPECT_FALSE(invalidates("POST", 500));
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"}) {
    EXPECT_FALSE(invalidates(method, 200)) << method;
  }
}

}  // namespace
}  // namespace http1
