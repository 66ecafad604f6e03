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
          at(0), at(2)),
      std::string("a body\0with a zero", 18));
}

TEST(CacheRecord, IsReadAsItWasWritten) {
  const StoredPointer stored = aged();
  const auto read = read_record(kKey, "name", write_record(kKey, "name", *stored, 12));
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
  const auto read = read_record(kKey, "name", write_record(kKey, "name", *stored, 12));
  ASSERT_TRUE(read);
  EXPECT_EQ(http1::age(read->response->freshness, at(2)), http1::age(stored->freshness, at(2)));
  EXPECT_EQ(http1::age(read->response->freshness, at(32)),
            http1::age(stored->freshness, at(2)) + http1::Seconds(30));
}

TEST(CacheRecord, ASignpostNamesWhatResponsesVaryBy) {
  const auto read = read_record(kKey, "name", write_signpost(kKey, "name", "accept,cookie"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->response, nullptr);
  EXPECT_EQ(read->vary, "accept,cookie");
}

TEST(CacheRecord, OfAnotherKeyOrNameIsNone) {
  const std::string text = write_record(kKey, "name", *aged(), 12);
  EXPECT_FALSE(read_record(kKey, "another", text)) << "it was moved";
  EXPECT_FALSE(read_record(record_key("another secret of them"), "name", text));
}

TEST(CacheRecord, ThatWasTouchedIsNone) {
  const std::string text = write_record(kKey, "name", *aged(), 12);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string touched = text;
    touched[i] = static_cast<char>(touched[i] ^ 1);
    EXPECT_FALSE(read_record(kKey, "name", touched)) << i;
    EXPECT_FALSE(read_record(kKey, "name", text.substr(0, i))) << i;
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
