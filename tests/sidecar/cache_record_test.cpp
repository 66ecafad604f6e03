#include "sidecar/cache_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cached.h"

namespace sidecar {
namespace {

const std::string kKey = record_key("a secret of replicas");

StoredPointer aged() {
  return complete_stored(
      begin_stored(
          Answered("Cache-Control: max-age=60\r\nAge: 7\r\nETag: \"x\"\r\nVary: Accept\r\n").head,
          came(2, 0)),
      std::string("a body\0with a zero", 18));
}

/// By a replica whose clocks are so far.
std::optional<CacheRecord> read_at(int steady, int wall, std::string_view text,
                                   std::string_view name = "name", std::string_view key = kKey) {
  return read_record(key, name, text, after(steady), at(wall));
}

std::optional<CacheRecord> read_now(std::string_view text, std::string_view name = "name",
                                    std::string_view key = kKey) {
  return read_at(2, 2, text, name, key);
}

TEST(CacheRecord, IsReadAsItWasWritten) {
  const StoredPointer stored = aged();
  const auto read = read_now(write_record(kKey, "name", *stored, 12));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->known, 12U);
  ASSERT_NE(read->response, nullptr);
  EXPECT_EQ(read->response->head, stored->head);
  EXPECT_EQ(read->response->body, stored->body);
  EXPECT_EQ(read->response->freshness, stored->freshness);
  EXPECT_EQ(read->response->vary, "accept");
  EXPECT_EQ(read->response->validators.etag, stored->validators.etag);
}

TEST(CacheRecord, AgesWhileItLiesThere) {
  const StoredPointer stored = aged();
  const std::string text = write_record(kKey, "name", *stored, 12);
  const http1::Seconds then = http1::age(stored->freshness, aged_to(*stored, after(2)));
  // Who reads it has other clocks: it began 500 s earlier.
  const auto read = read_at(502, 32, text);
  ASSERT_TRUE(read);
  const auto age = [&](int steady) {
    return http1::age(read->response->freshness, aged_to(*read->response, after(steady)));
  };
  EXPECT_EQ(age(502), then + http1::Seconds(30));
  EXPECT_EQ(age(512), then + http1::Seconds(40));
}

TEST(CacheRecord, OfAClockThatWasSetIsNone) {
  const std::string text = write_record(kKey, "name", *aged(), 12);
  const auto ahead = read_at(2, -3, text);
  ASSERT_TRUE(ahead) << "clocks of replicas differ by a little";
  EXPECT_EQ(http1::age(ahead->response->freshness, aged_to(*ahead->response, after(2))),
            aged()->freshness.age_received)
      << "nothing is younger than it came";
  EXPECT_FALSE(read_at(2, -4, text)) << "it would be as young for the length of the step";
  const auto late = read_at(2, 3602, text);
  ASSERT_TRUE(late);
  EXPECT_EQ(http1::age(late->response->freshness, aged_to(*late->response, after(2))),
            aged()->freshness.age_received + http1::Seconds(3600));
}

TEST(CacheRecord, ASignpostNamesWhatResponsesVaryBy) {
  const auto read = read_now(write_signpost(kKey, "name", "accept,cookie"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->response, nullptr);
  EXPECT_EQ(read->vary, "accept,cookie");
}

TEST(CacheRecord, OfAnotherKeyOrNameIsNone) {
  const std::string text = write_record(kKey, "name", *aged(), 12);
  EXPECT_FALSE(read_now(text, "another")) << "it was moved";
  EXPECT_FALSE(read_now(text, "name", record_key("another secret of them")));
}

TEST(CacheRecord, ThatWasTouchedIsNone) {
  const std::string text = write_record(kKey, "name", *aged(), 12);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string touched = text;
    touched[i] = static_cast<char>(touched[i] ^ 1);
    EXPECT_FALSE(read_now(touched)) << i;
    EXPECT_FALSE(read_now(text.substr(0, i))) << i;
  }
}

TEST(CacheRecord, NamesTellPlacesApartAndNothingElse) {
  const RemotePlace place{"http://shop/a", "/a", "", ""};
  const std::string name = record_name("muster", kKey, place);
  EXPECT_THAT(name, testing::MatchesRegex("muster:cache:[0-9a-f]{32}"));
  EXPECT_EQ(name, record_name("muster", kKey, place));
  std::vector<std::string> names{name, record_name("muster", record_key("another"), place)};
  const std::vector<RemotePlace> others{{"http://shop/b", "/a", "", ""},
                                        {"http://shop/a", "/a", "x", ""},
                                        {"http://shop/a", "/a", "", "x"},
                                        {"http://shop/", "/a", "a", ""}};
  for (const RemotePlace& other : others) names.push_back(record_name("muster", kKey, other));
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace sidecar
