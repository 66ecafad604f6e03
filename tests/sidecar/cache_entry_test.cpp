#include "sidecar/cache_entry.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cached.h"
#include "http1/date.h"

namespace sidecar {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SidecarCacheEntry, KeepsWhatAnyClientMayBeTold) {
  const Answered answer(
      "Connection: X-Hop\r\nX-Hop: 1\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
      "X-Request-ID: of-one\r\nETag: \"a\"\r\n");
  const StoredPointer kept = complete_stored(begin_stored(answer.head, came(0)), "hello");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->head, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"a\"\r\n" +
                            http1::date_line(at(0)) + "Content-Length: 5\r\n\r\n");
  EXPECT_EQ(kept->body, "hello");
  EXPECT_EQ(kept->validators.etag, "\"a\"");
  http1::ResponseHead head;
  ASSERT_TRUE(read_stored(*kept, head));
  EXPECT_EQ(head.length, 5U);
}

TEST(SidecarCacheEntry, KeepsTheDateThatItCameWithAndGetsOneElse) {
  const std::string said = http1::date_line(at(7));
  const Answered dated(said + "ETag: \"a\"\r\n");
  EXPECT_EQ(begin_stored(dated.head, came(9)).head,
            "HTTP/1.1 200 OK\r\n" + said + "ETag: \"a\"\r\n");
  // One that ends at this hop is none.
  const Answered named("Connection: Date\r\n" + said + "ETag: \"a\"\r\n");
  EXPECT_EQ(begin_stored(named.head, came(9)).head,
            "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n" + http1::date_line(at(9)));
}

TEST(SidecarCacheEntry, A304WithoutADateIsOfNow) {
  const StoredPointer old =
      stored("hello", http1::date_line(at(0)) + "Cache-Control: max-age=60\r\n");
  const StoredPointer fresh = freshened(*old, Answered("", "304 Not Modified").head, came(100));
  ASSERT_NE(fresh, nullptr);
  EXPECT_THAT(fresh->head, HasSubstr(http1::date_line(at(100))));
  EXPECT_THAT(fresh->head, Not(HasSubstr(http1::date_line(at(0)))));
  EXPECT_EQ(http1::age(fresh->freshness, at(100)), http1::Seconds(0));
}

TEST(SidecarCacheEntry, TellsNoLengthWhereThereIsNoBody) {
  const Answered answer("Cache-Control: max-age=1\r\n", "204 No Content");
  const StoredPointer kept = complete_stored(begin_stored(answer.head, came(0)), "");
  ASSERT_NE(kept, nullptr);
  EXPECT_THAT(kept->head, Not(HasSubstr("Content-Length")));
}

TEST(SidecarCacheEntry, TakesTheFieldsOfA304AndKeepsTheContent) {
  const StoredPointer old = stored(
      "hello", "Age: 7\r\nX-Seen: 1\r\nX-Seen: 2\r\nContent-Type: text/plain\r\nETag: \"a\"\r\n");
  const Answered again(
      "Cache-Control: max-age=600\r\nAge: 30\r\nX-Seen: 3\r\nContent-Type: text/html\r\n"
      "Connection: X-Hop\r\nX-Hop: 1\r\nX-Request-ID: of-one\r\n",
      "304 Not Modified");
  const StoredPointer fresh = freshened(*old, again.head, came(100));
  ASSERT_NE(fresh, nullptr);
  EXPECT_EQ(fresh->body, "hello");
  EXPECT_EQ(fresh->head,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag: \"a\"\r\nContent-Length: 5\r\n"
            "Cache-Control: max-age=600\r\nAge: 30\r\nX-Seen: 3\r\n" +
                http1::date_line(at(100)) + "\r\n");
  EXPECT_EQ(fresh->freshness.lifetime, http1::Seconds(600));
  EXPECT_EQ(http1::age(fresh->freshness, at(110)), http1::Seconds(40));
}

TEST(SidecarCacheEntry, AnAgeOfLongAgoIsNotKeptByA304WithoutOne) {
  const StoredPointer old = stored("hello", "Age: 50\r\n");
  const StoredPointer fresh = freshened(*old, Answered("", "304 Not Modified").head, came(100));
  ASSERT_NE(fresh, nullptr);
  EXPECT_EQ(http1::age(fresh->freshness, at(100)), http1::Seconds(0));
}

TEST(SidecarCacheEntry, AgesByTheSteadyClock) {
  const Answered answer("Cache-Control: max-age=60\r\n" + http1::date_line(at(5)));
  const StoredPointer kept = complete_stored(begin_stored(answer.head, came(5, 2)), "");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(http1::age(kept->freshness, aged_to(*kept, after(5))), http1::Seconds(3));
  EXPECT_EQ(http1::age(kept->freshness, aged_to(*kept, after(47))), http1::Seconds(45));
}

TEST(SidecarCacheEntry, WhatIsForAllIsForWhoIsAuthorised) {
  for (const auto& [lines, is] : {std::pair{"Cache-Control: public\r\n", true},
                                  std::pair{"Cache-Control: s-maxage=1\r\n", true},
                                  std::pair{"Cache-Control: must-revalidate\r\n", true},
                                  std::pair{"X-Nothing: 1\r\n", false}}) {
    EXPECT_EQ(stored("", lines)->for_authorised, is) << lines;
  }
}

TEST(SidecarCacheCopy, IsThePayloadWhereverItIsCut) {
  const std::string chunked = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: a\r\n\r\n";
  for (std::size_t cut = 0; cut <= chunked.size(); ++cut) {
    CacheCopy copy(http1::Body::Chunked, 0, 100);
    EXPECT_TRUE(copy.feed(chunked.substr(0, cut)));
    EXPECT_TRUE(copy.feed(chunked.substr(cut)));
    ASSERT_TRUE(copy.done()) << cut;
    EXPECT_EQ(copy.take(), "hello world");
  }
  CacheCopy copy(http1::Body::Length, 5, 5);
  EXPECT_TRUE(copy.feed("hel"));
  EXPECT_FALSE(copy.done());
  EXPECT_TRUE(copy.feed("lo"));
  EXPECT_TRUE(copy.done());
  EXPECT_TRUE(CacheCopy(http1::Body::None, 0, 0).done());
}

TEST(SidecarCacheCopy, EndsWhereItIsTooLong) {
  CacheCopy copy(http1::Body::Chunked, 0, 8);
  EXPECT_TRUE(copy.feed("5\r\nhello\r\n"));
  EXPECT_FALSE(copy.feed("5\r\nworld\r\n0\r\n\r\n"));
}

}  // namespace
}  // namespace sidecar
