#include "sidecar/cache.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cached.h"

namespace sidecar {
namespace {

using Way = Cache::Way;

/// One request and what the cache makes of it.
struct Request {
  explicit Request(Cache& the_cache, const std::string& what = "GET /a",
                   const std::string& lines = "")
      : asked(what, lines), cache(the_cache) {
    EXPECT_TRUE(cache.takes(asked.head, false, use));
  }
  Way look(int seconds = 0) {
    return cache.look(asked.head, use, after(seconds), [this] { ++woken; });
  }
  void bring(const std::string& body, const std::string& lines = "", int seconds = 0) {
    cache.finish(asked.head, use, stored(body, lines), after(seconds));
  }

  Asked asked;
  Cache& cache;
  CacheUse use;
  int woken = 0;
};

CacheSettings settings(std::size_t bytes_max = 1'000'000) {
  CacheSettings out;
  out.bytes_max = bytes_max;
  return out;
}

CacheSettings with_routes(std::vector<std::string> routes) {
  CacheSettings out = settings();
  out.routes = std::move(routes);
  return out;
}

TEST(SidecarCache, OneGoesAndTheOthersWait) {
  Cache cache(settings());
  Request first(cache), second(cache), third(cache), other(cache, "GET /b");
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(second.look(), Way::Wait);
  EXPECT_EQ(third.look(), Way::Wait);
  EXPECT_EQ(other.look(), Way::Lead);
  cache.stop_waiting(third.use);
  first.bring("hello");
  EXPECT_EQ(second.woken, 1);
  EXPECT_EQ(third.woken, 0);
  EXPECT_EQ(second.look(), Way::Serve);
  EXPECT_EQ(second.use.stored->body, "hello");
  const CacheFigures figures = cache.figures();
  EXPECT_EQ(figures.waited, 2U);
  EXPECT_EQ(figures.misses, 2U);
  EXPECT_EQ(figures.hits, 1U);
}

TEST(SidecarCache, AWaitHasAnEnd) {
  Cache cache(settings());
  Request first(cache), second(cache);
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(second.look(), Way::Wait);
  EXPECT_EQ(second.use.wait_until, after(5));
  cache.stop_waiting(second.use);
  EXPECT_EQ(second.look(4), Way::Wait) << "it may wait again for as long as its time lasts";
  cache.stop_waiting(second.use);
  EXPECT_EQ(second.look(5), Way::Alone);
}

TEST(SidecarCache, WhoLeadsTooLongIsWaitedForOnce) {
  Cache cache(settings());
  Request first(cache), second(cache);
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(second.look(), Way::Wait);
  cache.stop_waiting(second.use);
  EXPECT_EQ(second.look(5), Way::Alone);
  EXPECT_EQ(Request(cache).look(6), Way::Alone) << "five seconds are not lost by each";
  first.bring("hello");
  EXPECT_EQ(Request(cache).look(6), Way::Serve);
}

TEST(SidecarCache, WhatIsOnItsWayHasABound) {
  Cache cache(settings(1000));
  Request first(cache), second(cache, "GET /b"), third(cache, "GET /c");
  const Answered answer("Cache-Control: max-age=60\r\nContent-Length: 600\r\n");
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(second.look(), Way::Lead);
  EXPECT_EQ(third.look(), Way::Lead);
  EXPECT_TRUE(cache.keeps(first.asked.head, answer.head, first.use, after(0)));
  EXPECT_FALSE(cache.keeps(second.asked.head, answer.head, second.use, after(0)));
  cache.give_up(first.use);
  EXPECT_TRUE(cache.keeps(third.asked.head, answer.head, third.use, after(0)));
}

TEST(SidecarCache, WhatTheSidecarWritesChoosesNoResponse) {
  for (const char* name : {"X-Forwarded-For", "Accept, Forwarded", "traceparent"}) {
    Cache cache(settings());
    Request first(cache);
    EXPECT_EQ(first.look(), Way::Lead);
    const Answered answer(
        "Cache-Control: max-age=60\r\nContent-Length: 5\r\nVary: " + std::string(name) + "\r\n");
    EXPECT_FALSE(cache.keeps(first.asked.head, answer.head, first.use, after(0))) << name;
  }
}

TEST(SidecarCache, ALeaderThatFailsIsFollowed) {
  Cache cache(settings());
  Request first(cache), second(cache);
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(second.look(), Way::Wait);
  cache.give_up(first.use);
  EXPECT_EQ(second.woken, 1);
  second.use.waits = false;
  EXPECT_EQ(second.look(1), Way::Lead);
}

TEST(SidecarCache, NobodyWaitsForWhatIsNotKept) {
  Cache cache(settings());
  Request first(cache), second(cache);
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(second.look(), Way::Wait);
  EXPECT_FALSE(cache.keeps(first.asked.head, Answered("Cache-Control: no-store\r\n").head,
                           first.use, after(0)));
  EXPECT_EQ(second.woken, 1);
  second.use.waits = false;
  EXPECT_EQ(second.look(0), Way::Alone);
  EXPECT_EQ(Request(cache).look(9), Way::Alone);
  EXPECT_EQ(Request(cache).look(10), Way::Lead) << "it may have changed";
}

TEST(SidecarCache, KeepsWhatEndsByItselfAndFits) {
  CacheSettings small = settings(1000);
  small.entry_bytes_max = 10;
  Cache cache(small);
  for (const auto& [lines, keeps] :
       {std::pair{"Content-Length: 10\r\n", true}, std::pair{"Content-Length: 11\r\n", false},
        std::pair{"Transfer-Encoding: chunked\r\n", true},
        std::pair{"X-No-Length: 1\r\n", false}}) {
    Request request(cache, std::string("GET /") + std::to_string(std::string(lines).size()) +
                               (keeps ? "a" : "b"));
    ASSERT_EQ(request.look(), Way::Lead);
    const Answered answer(std::string("Cache-Control: max-age=1\r\n") + lines);
    EXPECT_EQ(cache.keeps(request.asked.head, answer.head, request.use, after(0)), keeps) << lines;
  }
}

TEST(SidecarCache, StaleIsAskedAboutAndServedMeanwhileWhereItMay) {
  Cache cache(settings());
  Request first(cache);
  ASSERT_EQ(first.look(), Way::Lead);
  cache.finish(
      first.asked.head, first.use,
      complete_stored(
          begin_stored(Answered("Cache-Control: max-age=10, stale-while-revalidate=20\r\n").head,
                       came(0)),
          "old"),
      after(0));
  EXPECT_EQ(Request(cache).look(9), Way::Serve);
  Request asks(cache);
  EXPECT_EQ(asks.look(15), Way::Lead);
  EXPECT_EQ(asks.use.stored->body, "old");
  EXPECT_EQ(Request(cache).look(15), Way::ServeStale);
  Request late(cache);
  EXPECT_EQ(late.look(30), Way::Wait);
  cache.stop_waiting(late.use);
}

TEST(SidecarCache, WhoReloadsDoesNotTakeWhatWasAskedForBefore) {
  Cache cache(settings());
  Request first(cache), reload(cache, "GET /a", "Cache-Control: no-cache\r\n");
  EXPECT_EQ(first.look(), Way::Lead);
  EXPECT_EQ(reload.look(), Way::Alone);
  first.bring("hello");
  EXPECT_EQ(reload.look(), Way::Lead);
  EXPECT_EQ(Request(cache, "GET /a", "Pragma: no-cache\r\n").look(), Way::Alone);
}

TEST(SidecarCache, SomeNeverLead) {
  Cache cache(settings());
  EXPECT_EQ(Request(cache, "HEAD /a").look(), Way::Alone);
  EXPECT_EQ(Request(cache, "GET /a", "Cache-Control: no-store\r\n").look(), Way::Alone);
  EXPECT_EQ(Request(cache, "GET /a", "If-None-Match: \"a\"\r\n").look(), Way::Alone);
  EXPECT_EQ(Request(cache, "GET /a", "Cache-Control: only-if-cached\r\n").look(), Way::Unavailable);
}

TEST(SidecarCache, WhatIsUnderWayWhenItIsMadeVoidIsNotKept) {
  for (const bool by_pattern : {false, true}) {
    Cache cache(settings());
    Request first(cache), second(cache);
    ASSERT_EQ(first.look(), Way::Lead);
    ASSERT_EQ(second.look(), Way::Wait);
    EXPECT_EQ(by_pattern ? cache.invalidate_matching("/*") : cache.invalidate("http://shop/a"), 0U);
    first.bring("old");
    EXPECT_EQ(second.woken, 1);
    second.use.waits = false;
    EXPECT_EQ(second.look(), Way::Lead) << by_pattern;
  }
}

TEST(SidecarCache, OthersVariantsDoNotWaitOnceItIsKnownThatThereAreSome) {
  Cache cache(settings());
  Request german(cache, "GET /a", "Accept-Language: de\r\n");
  Request french(cache, "GET /a", "Accept-Language: fr\r\n");
  Request english(cache, "GET /a", "Accept-Language: en\r\n");
  EXPECT_EQ(german.look(), Way::Lead);
  EXPECT_EQ(french.look(), Way::Wait);
  german.bring("de", "Vary: Accept-Language\r\n");
  french.use.waits = false;
  EXPECT_EQ(french.look(), Way::Lead);
  EXPECT_EQ(english.look(), Way::Lead);
}

TEST(SidecarCache, TakesItsRoutesOnly) {
  Cache cache(with_routes({"/products/*", "*.css"}));
  CacheUse use;
  EXPECT_TRUE(cache.takes(Asked("GET /products/1").head, false, use));
  EXPECT_TRUE(cache.takes(Asked("GET /a/b.css?v=1").head, false, use));
  EXPECT_FALSE(cache.takes(Asked("GET /products/../cart").head, false, use));
  EXPECT_TRUE(check(with_routes({"/a", "*"})).has_value());
  EXPECT_FALSE(check(with_routes({"a"})).has_value());
}

/// The second level as a list of what it was told.
class Behind final : public CacheRemote {
 public:
  bool find(std::shared_ptr<RemoteFind> /*find*/, Done /*done*/) override { return false; }
  std::uint64_t known() const override { return number; }
  void put(RemotePlace place, StoredPointer response, std::uint64_t known) override {
    told.push_back(place.uri + " " + response->body + " " + std::to_string(known) +
                   (place.variant.empty() ? "" : " varies"));
  }
  void make_void(const std::string& uri) override { told.push_back("void " + uri); }
  void make_void_matching(const std::string& pattern) override { told.push_back("all " + pattern); }

  std::uint64_t number = 5;
  std::vector<std::string> told;
};

TEST(SidecarCache, WhatIsStoredIsPutBehindWithWhatWasKnownBefore) {
  Cache cache(settings());
  Behind behind;
  cache.put_behind(&behind);
  Request request(cache);
  EXPECT_FALSE(cache.asks_remote(request.asked.head, request.use)) << "it does not lead";
  EXPECT_EQ(request.look(), Way::Lead);
  EXPECT_TRUE(cache.asks_remote(request.asked.head, request.use));
  behind.number = 6;
  request.bring("one");
  Request varied(cache, "GET /b", "Accept: text/html\r\n");
  varied.look();
  varied.bring("two", "Vary: Accept\r\n");
  EXPECT_THAT(behind.told,
              testing::ElementsAre("http://shop/a one 5", "http://shop/b two 6 varies"));
}

TEST(SidecarCache, WhatIsForOneOrToBeAskedAnewGoesPastTheSecondLevel) {
  Cache cache(settings());
  Behind behind;
  cache.put_behind(&behind);
  Request known(cache, "GET /a", "Authorization: Basic x\r\n");
  EXPECT_EQ(known.look(), Way::Lead);
  EXPECT_FALSE(cache.asks_remote(known.asked.head, known.use));
  known.bring("mine", "Cache-Control: public\r\n");
  EXPECT_THAT(behind.told, testing::IsEmpty());
  Request anew(cache, "GET /b", "Cache-Control: no-cache\r\n");
  EXPECT_EQ(anew.look(), Way::Lead);
  EXPECT_FALSE(cache.asks_remote(anew.asked.head, anew.use));
}

TEST(SidecarCache, WhatWasFoundBehindIsKeptHereAndNotPutThereAgain) {
  Cache cache(settings());
  Behind behind;
  cache.put_behind(&behind);
  Request first(cache), second(cache);
  first.look();
  EXPECT_EQ(second.look(), Way::Wait);
  cache.promote(first.asked.head, first.use, stored("found"), after(0));
  EXPECT_EQ(second.woken, 1);
  cache.stop_waiting(second.use);
  EXPECT_EQ(second.look(), Way::Serve);
  EXPECT_EQ(second.use.stored->body, "found");
  EXPECT_THAT(behind.told, testing::IsEmpty());
  EXPECT_EQ(cache.figures().promoted, 1U);
}

TEST(SidecarCache, NothingIsAnAnswerHereForLongerThanItMayWhateverItsLifetime) {
  CacheSettings brief = settings();
  brief.fresh_for = base::seconds(20);
  Cache cache(brief);
  Request first(cache);
  ASSERT_EQ(first.look(), Way::Lead);
  first.bring("old", "ETag: \"a\"\r\n", 5);  // of a lifetime of 60 s
  EXPECT_EQ(Request(cache).look(24), Way::Serve);
  EXPECT_EQ(Request(cache, "GET /a", "Cache-Control: only-if-cached\r\n").look(25),
            Way::Unavailable);
  Request asks(cache);
  ASSERT_EQ(asks.look(25), Way::Lead) << "to the second level, or the application";
  EXPECT_EQ(asks.use.stored->body, "old") << "which is asked whether it still holds";
  cache.renew(asks.asked.head, asks.use, asks.use.stored, after(26));
  EXPECT_EQ(Request(cache).look(45), Way::Serve);
  EXPECT_EQ(Request(cache).look(46), Way::Lead);
}

TEST(SidecarCache, WhatWasFoundBehindIsKeptAsLongFromThenOn) {
  Cache cache(settings());
  Behind behind;
  cache.put_behind(&behind);
  Request first(cache);
  first.look(1000);
  StoredResponse found = *stored("found");
  found.freshness.lifetime = http1::Seconds(10'000);
  cache.promote(first.asked.head, first.use, std::make_shared<const StoredResponse>(found),
                after(1000));
  EXPECT_EQ(Request(cache).look(1059), Way::Serve);
  EXPECT_EQ(Request(cache).look(1060), Way::Lead);
}

TEST(SidecarCache, WhatIsVoidIsSoBehindAndWhatWasHeardIsNotToldAgain) {
  Cache cache(settings());
  Behind behind;
  cache.put_behind(&behind);
  Request request(cache);
  request.look();
  request.bring("one");
  behind.told.clear();
  EXPECT_EQ(cache.invalidate("http://shop/a"), 1U);
  cache.invalidate_matching("/b/*");
  EXPECT_THAT(behind.told, testing::ElementsAre("void http://shop/a", "all /b/*"));
  Request again(cache);
  EXPECT_EQ(again.look(), Way::Lead);
  cache.heard_void_matching("*");
  again.bring("old");
  EXPECT_EQ(Request(cache).look(), Way::Lead) << "void while it was under way";
  EXPECT_EQ(behind.told.size(), 2U);
  Request other(cache, "GET /c");
  other.look();
  other.bring("c");
  cache.heard_void("http://shop/c");
  EXPECT_EQ(Request(cache, "GET /c").look(), Way::Lead);
}

}  // namespace
}  // namespace sidecar
