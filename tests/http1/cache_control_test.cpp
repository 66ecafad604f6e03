#include "http1/cache_control.h"

#include <gtest/gtest.h>

#include "heads.h"

namespace http1 {
namespace {

CacheControl control(const std::string& value) {
  return cache_control(Answered("Cache-Control: " + value + "\r\n").head);
}

TEST(Rfc9111Section52, DirectivesAreReadWhateverTheirLettersAndOrder) {
  const CacheControl all = control("No-Store,no-cache ,PRIVATE, public, must-revalidate");
  EXPECT_TRUE(all.present && all.no_store && all.no_cache && all.is_private && all.is_public);
  EXPECT_TRUE(all.must_revalidate);
  EXPECT_FALSE(all.proxy_revalidate || all.must_understand || all.only_if_cached);
  const CacheControl rest = control("proxy-revalidate, must-understand, only-if-cached, x=1");
  EXPECT_TRUE(rest.proxy_revalidate && rest.must_understand && rest.only_if_cached);
  EXPECT_FALSE(rest.no_store || rest.max_age);
  EXPECT_FALSE(cache_control(Answered().head).present);
}

TEST(Rfc9111Section52, SecondsAreReadQuotedOrNotAndWhatIsNoNumberIsNone) {
  EXPECT_EQ(control("max-age=60").max_age, Seconds(60));
  EXPECT_EQ(control("s-maxage=\"60\"").s_maxage, Seconds(60));
  EXPECT_EQ(control("max-age = 60").max_age, Seconds(60));
  for (const char* value : {"max-age", "max-age=", "max-age=-1", "max-age=1.5", "max-age=60s"}) {
    EXPECT_EQ(control(value).max_age, Seconds(0)) << value;
  }
  EXPECT_EQ(control("max-age=99999999999999999999999").max_age, kLongest);
  EXPECT_EQ(control("min-fresh=x").min_fresh, kLongest);
  EXPECT_EQ(control("max-stale").max_stale, kLongest);
  EXPECT_EQ(control("max-stale=x").max_stale, Seconds(0));
  EXPECT_EQ(control("stale-while-revalidate=5").stale_while_revalidate, Seconds(5));
  EXPECT_EQ(control("stale-if-error=6").stale_if_error, Seconds(6));
}

TEST(Rfc9111Section421, OfWhatIsSaidTwiceTheStricterCounts) {
  EXPECT_EQ(control("max-age=60, max-age=30").max_age, Seconds(30));
  EXPECT_EQ(control("max-age=30, max-age=60").max_age, Seconds(30));
  EXPECT_EQ(control("min-fresh=30, min-fresh=60").min_fresh, Seconds(60));
  const Answered two("Cache-Control: max-age=60\r\nCache-Control: no-cache, max-age=x\r\n");
  EXPECT_EQ(cache_control(two.head).max_age, Seconds(0));
  EXPECT_TRUE(cache_control(two.head).no_cache);
}

TEST(Rfc9111Section52, QuotesHideCommasAndWithoutEndForbidStoring) {
  const CacheControl quoted = control("no-cache=\"a, no-store\", x=\"\\\", private\", max-age=1");
  EXPECT_TRUE(quoted.no_cache);
  EXPECT_FALSE(quoted.no_store || quoted.is_private);
  EXPECT_EQ(quoted.max_age, Seconds(1));
  EXPECT_TRUE(control("private=\"set-cookie\"").is_private);
  EXPECT_TRUE(control("max-age=60, x=\"private").no_store);
  EXPECT_TRUE(control("x=\"a\\\"").no_store);
}

}  // namespace
}  // namespace http1
