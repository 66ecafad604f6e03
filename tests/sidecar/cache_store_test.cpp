#include "sidecar/cache_store.h"

#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "cached.h"
#include "sidecar/cache_key.h"

namespace sidecar {
namespace {

CacheKey key_of(const Asked& asked, bool tls = false) {
  CacheKey out;
  EXPECT_TRUE(make_cache_key(asked.head, tls, out));
  return out;
}

void put(CacheStore& store, const Asked& asked, StoredPointer response) {
  store.put(key_of(asked), asked.head, std::move(response));
}

std::string body(CacheStore& store, const Asked& asked) {
  const StoredPointer found = store.find(key_of(asked), asked.head);
  return found == nullptr ? "-" : found->body;
}

Asked page(int number) {
  return Asked("GET /" + std::to_string(number));
}

TEST(SidecarCacheKey, IsTheUriAndWhatAClientSaysOfIt) {
  EXPECT_EQ(key_of(Asked("GET /a/%41?b=1")).uri, "http://shop/a/%41?b=1");
  EXPECT_EQ(key_of(Asked("GET /a/%41?b=1")).path, "/a/A");
  EXPECT_EQ(key_of(Asked("GET http://Other:80/a")).uri, "http://other:80/a");
  EXPECT_EQ(key_of(Asked("GET /"), true).uri, "https://shop/");
  EXPECT_NE(key_of(Asked("GET /a?")).uri, key_of(Asked("GET /a")).uri);
  EXPECT_EQ(key_of(Asked("GET /", "X-Forwarded-For: 1.1.1.1\r\n")).said, "");
  EXPECT_NE(key_of(Asked("GET /", "X-Forwarded-Host: a\r\n")).said,
            key_of(Asked("GET /", "X-Forwarded-Host: b\r\n")).said);
  CacheKey key;
  EXPECT_FALSE(make_cache_key(Asked("GET /" + std::string(5000, '%')).head, false, key));
}

TEST(SidecarCacheKey, OnlyPlainReadingIsForTheCache) {
  EXPECT_TRUE(asks_cache(Asked("GET /").head));
  EXPECT_TRUE(asks_cache(Asked("HEAD /", "Content-Length: 0\r\n").head));
  for (const char* what : {"POST /", "OPTIONS *", "DELETE /a"}) {
    EXPECT_FALSE(asks_cache(Asked(what).head)) << what;
  }
  for (const char* lines :
       {"Range: bytes=0-1\r\n", "If-Match: \"a\"\r\n", "If-Unmodified-Since: x\r\n",
        "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "X-Original-URL: /b\r\n",
        "X-HTTP-Method-Override: DELETE\r\n", "Connection: upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Accept\r\nAccept: text/html\r\n", "Connection: close, origin\r\n"}) {
    EXPECT_FALSE(asks_cache(Asked("GET /", lines).head)) << lines;
  }
  EXPECT_TRUE(asks_cache(Asked("GET /", "Connection: Keep-Alive, TE,\r\nTE: trailers\r\n").head));
}

TEST(SidecarCacheStore, FindsByVary) {
  CacheStore store(100'000);
  const Asked german("GET /", "Accept-Language: de\r\n");
  const Asked french("GET /", "Accept-Language: fr\r\n");
  put(store, german, stored("de", "Vary: Accept-Language\r\n"));
  EXPECT_EQ(body(store, german), "de");
  EXPECT_EQ(body(store, french), "-");
  put(store, french, stored("fr", "Vary: Accept-Language\r\n"));
  EXPECT_EQ(body(store, german), "de");
  put(store, german, stored("de2", "Vary: Accept-Language\r\n"));
  EXPECT_EQ(body(store, german), "de2");
  EXPECT_EQ(store.size(), 2U);
  put(store, french, stored("all"));
  EXPECT_EQ(body(store, german), "all") << "the newest response says what counts";
  EXPECT_EQ(store.size(), 1U);
}

TEST(SidecarCacheStore, HasFewChoicesOfOneUri) {
  CacheStore store(1'000'000);
  for (std::size_t i = 0; i < 3 * CacheStore::kVariantsMax; ++i) {
    const Asked asked("GET /", "X-Forwarded-Host: " + std::to_string(i) + "\r\n");
    put(store, asked, stored("x"));
    EXPECT_EQ(body(store, asked), "x");
  }
  EXPECT_EQ(store.size(), CacheStore::kVariantsMax);
}

TEST(SidecarCacheStore, WhatIsAskedForStays) {
  CacheStore store(20'000);
  put(store, page(0), stored(std::string(1000, 'a')));
  for (int i = 1; i < 200; ++i) {
    EXPECT_NE(body(store, page(0)), "-") << i;
    put(store, page(i), stored(std::string(1000, 'b')));
    EXPECT_LE(store.bytes(), store.bytes_max());
  }
  EXPECT_GT(store.evictions(), 150U);
  EXPECT_EQ(body(store, page(1)), "-");
  EXPECT_NE(body(store, page(199)), "-");
}

TEST(SidecarCacheStore, WhatIsTooLargeTakesNoRoom) {
  CacheStore store(5'000);
  put(store, page(0), stored("a"));
  put(store, page(1), stored(std::string(10'000, 'b')));
  EXPECT_EQ(body(store, page(0)), "a");
  put(store, page(0), stored(std::string(10'000, 'c')));
  EXPECT_EQ(body(store, page(0)), "-") << "what it would have replaced is no longer true";
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(SidecarCacheStore, IsMadeVoidByUriAndByPattern) {
  CacheStore store(100'000);
  for (const char* what : {"GET /products/1", "GET /products/1?a", "GET /products/2", "GET /x"}) {
    put(store, Asked(what), stored(what));
  }
  EXPECT_EQ(store.erase("http://shop/products/1"), 1U);
  EXPECT_EQ(store.erase("http://shop/products/1"), 0U);
  EXPECT_EQ(body(store, Asked("GET /products/1?a")), "GET /products/1?a");
  EXPECT_EQ(store.erase_matching("/products/*"), 2U);
  EXPECT_EQ(body(store, Asked("GET /x")), "GET /x");
  EXPECT_EQ(store.erase_matching("*"), 1U);
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(SidecarCacheStore, CountsItsBytesWhateverHappens) {
  base::Random random(7);
  CacheStore store(30'000);
  for (int i = 0; i < 5000; ++i) {
    const Asked asked("GET /" + std::to_string(random.below(40)),
                      "A: " + std::to_string(random.below(4)) + "\r\n");
    const auto what = random.below(10);
    if (what < 5) {
      static_cast<void>(body(store, asked));
    } else if (what < 9) {
      put(store, asked,
          stored(std::string(random.below(3000), 'x'), random.below(2) == 0 ? "Vary: A\r\n" : ""));
    } else {
      store.erase(key_of(asked).uri);
    }
    ASSERT_LE(store.bytes(), store.bytes_max());
    ASSERT_EQ(store.bytes() == 0, store.size() == 0);
  }
  EXPECT_GT(store.evictions(), 0U);
  store.erase_matching("*");
  EXPECT_EQ(store.bytes(), 0U);
}

TEST(SidecarCacheStore, HoldsNoMoreThanSoMany) {
  CacheStore store(1'000'000, 3);
  for (int i = 0; i < 3; ++i) put(store, page(i), stored("a"));
  EXPECT_EQ(body(store, page(0)), "a");  // and so it is asked for
  put(store, page(2), stored("b"));
  EXPECT_EQ(store.evictions(), 0U) << "in place of itself";
  put(store, page(3), stored("a"));
  EXPECT_EQ(store.size(), 3U);
  EXPECT_EQ(store.evictions(), 1U);
  EXPECT_EQ(body(store, page(0)), "a");
  EXPECT_EQ(body(store, page(1)), "-");
  EXPECT_EQ(body(store, page(2)), "b");
  EXPECT_EQ(body(store, page(3)), "a");
}

}  // namespace
}  // namespace sidecar
