#include "kube/lines.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using testing::ElementsAre;

std::vector<std::string> cut(const std::vector<std::string>& parts, Lines::Options options) {
  std::vector<std::string> out;
  const auto keep = [&out](std::string_view line) {
    out.emplace_back(line);
    return true;
  };
  Lines lines(keep, options);
  for (const std::string& part : parts) EXPECT_TRUE(lines.take(part));
  lines.end();
  return out;
}

TEST(Lines, WherePartsEndDoesNotMatter) {
  const std::string text = "one\n\ntwo\nthree";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const std::vector<std::string> parts{text.substr(0, at), text.substr(at)};
    EXPECT_THAT(cut(parts, {}), ElementsAre("one", "two", "three")) << at;
    EXPECT_THAT(cut(parts, {.bytes_max = 5, .keep_empty = true}),
                ElementsAre("one", "", "two", "three"))
        << at;
  }
}

TEST(Lines, StopsWhenTheSinkHasEnoughOrALineIsTooLong) {
  int seen = 0;
  Lines some([&seen](std::string_view) { return ++seen < 2; }, {});
  EXPECT_FALSE(some.take("a\nb\nc\n"));
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(some.too_long());
  Lines shorts([](std::string_view) { return true; }, {.bytes_max = 3});
  EXPECT_TRUE(shorts.take("abc\nab"));
  EXPECT_FALSE(shorts.take("cd"));
  EXPECT_TRUE(shorts.too_long());
}

}  // namespace
}  // namespace kube
