#include "http1/conditional.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "heads.h"
#include "http1/vary.h"

namespace http1 {
namespace {

constexpr base::WallTime kNow{base::seconds(1'795'000'000)};
constexpr const char* kEarly = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kLate = "Sun, 06 Nov 1994 08:49:38 GMT";

TEST(Rfc9110Section88, OnlyWhatIsAValidatorIsKept) {
  struct {
    const char *lines, *etag, *date;
  } const rows[] = {
      {"ETag: \"a\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "\"a\"", kEarly},
      {"ETag: W/\"a\"\r\n", "W/\"a\"", ""},
      {"ETag: \"\"\r\n", "\"\"", ""},
      {"ETag: a\r\nLast-Modified: yesterday\r\n", "", ""},
      {"ETag: w/\"a\"\r\n", "", ""},
      {"ETag: \"a\"b\"\r\n", "", ""},
      {"ETag: \"\"\"\"\r\n", "", ""},
      {"ETag: \"a b\"\r\n", "", ""},
      {"ETag: \"a\r\n", "", ""},
      {"", "", ""},
  };
  for (const auto& row : rows) {
    const Validators found = validators(Answered(row.lines).head);
    EXPECT_EQ(found.etag, row.etag) << row.lines;
    EXPECT_EQ(found.last_modified, row.date) << row.lines;
  }
}

TEST(Rfc9111Section431, WhatIsStoredIsAskedForByItsValidators) {
  EXPECT_EQ(validation_lines({}), "");
  EXPECT_EQ(validation_lines({"\"a\"", ""}), "If-None-Match: \"a\"\r\n");
  EXPECT_EQ(validation_lines({"\"a\"", kEarly}),
            "If-None-Match: \"a\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_TRUE(conditional("If-None-Match") && conditional("range") && conditional("IF-RANGE"));
  EXPECT_FALSE(conditional("If") || conditional("Accept"));
}

TEST(Rfc9110Section1312, AClientHasWhatItNamesByTheWeakComparison) {
  const auto has = [](const char* list, const char* etag) {
    return not_modified(Asked("If-None-Match: " + std::string(list) + "\r\n").head, {etag, kEarly},
                        kNow);
  };
  EXPECT_TRUE(has("\"a\"", "\"a\""));
  EXPECT_TRUE(has("W/\"a\"", "\"a\""));
  EXPECT_TRUE(has("\"a\"", "W/\"a\""));
  EXPECT_TRUE(has("\"x\", W/\"y\" ,\"a\"", "\"a\""));
  EXPECT_TRUE(has("\"x,\", \"a\"", "\"a\""));
  EXPECT_TRUE(has("*", "\"a\""));
  EXPECT_TRUE(has("*", ""));
  EXPECT_FALSE(has("\"A\"", "\"a\""));
  EXPECT_FALSE(has("\"x\"", "\"a\""));
  EXPECT_FALSE(has("a", "\"a\""));
  EXPECT_FALSE(has("\"x,\"a\"", "\"a\""));
  EXPECT_FALSE(has("\"a\"", ""));
  EXPECT_FALSE(has("", "\"a\""));
}

TEST(Rfc9110Section1313, ADateCountsOnlyWithoutTags) {
  const auto has = [](const std::string& lines, const char* modified) {
    return not_modified(Asked(lines).head, {"\"a\"", modified}, kNow);
  };
  const std::string since = "If-Modified-Since: " + std::string(kEarly) + "\r\n";
  EXPECT_TRUE(has(since, kEarly));
  EXPECT_FALSE(has(since, kLate));
  EXPECT_FALSE(has(since, ""));
  EXPECT_FALSE(has("If-Modified-Since: x\r\n", kEarly));
  EXPECT_FALSE(has("If-None-Match: \"b\"\r\n" + since, kEarly));
  EXPECT_TRUE(has("If-None-Match: \"b\"\r\nIf-None-Match: \"a\"\r\n", kEarly));
  EXPECT_FALSE(has("", kEarly));
}

TEST(Rfc9111Section32, A304ReplacesWhatDoesNotDescribeTheContent) {
  for (const char* name : {"Cache-Control", "Date", "ETag", "Expires", "X-A"}) {
    EXPECT_TRUE(updates_stored(name)) << name;
  }
  for (const char* name : {"Content-Length", "content-type", "Content-Encoding"}) {
    EXPECT_FALSE(updates_stored(name)) << name;
  }
}

TEST(Rfc9111Section41, NamesOfVaryAreSortedAndOnce) {
  EXPECT_EQ(vary_names(Answered().head), "");
  EXPECT_EQ(vary_names(Answered("Vary: B, a\r\nVary: b,, C\r\n").head), "a,b,c");
  EXPECT_EQ(vary_names(Answered("Vary: a\r\nVary: *\r\n").head), kVaryAlways);
  EXPECT_EQ(vary_names(Answered("Vary: a b\r\n").head), kVaryAlways);
}

TEST(Rfc9111Section41, OnlyRequestsThatAreTheSameHaveTheSameKey) {
  const auto key = [](const std::string& lines) { return vary_key("a,b", Asked(lines).head); };
  EXPECT_EQ(key("A: 1\r\nC: 3\r\nb:  2 \r\n"), key("B: 2\r\na: 1\r\n"));
  EXPECT_EQ(key("A: 1\r\nA: 2\r\n"), key("A: 1,2\r\n"));
  EXPECT_EQ(vary_key("", Asked("A: 1\r\n").head), "");
  const std::vector<std::string> all = {
      key(""),         key("A:\r\n"),   key("B:\r\n"),           key("A: 1\r\n"),
      key("A: 2\r\n"), key("B: 1\r\n"), key("A: 1\r\nA: 2\r\n"), key("A: 2\r\nA: 1\r\n"),
      key("A: b:\r\n")};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(all[i], all[j]) << i << " and " << j;
  }
}

}  // namespace
}  // namespace http1
