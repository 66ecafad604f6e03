#include "traffic/segments.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace traffic {
namespace {

std::vector<std::string> parts(std::string_view path) {
  const Segments segments(path);
  return {segments.parts().begin(), segments.parts().end()};
}

TEST(Segments, AreWhatStandsBetweenSlashes) {
  using List = std::vector<std::string>;
  EXPECT_EQ(parts("/"), List{});
  EXPECT_EQ(parts("/a"), List{"a"});
  EXPECT_EQ(parts("/a/b/"), (List{"a", "b"}));
  EXPECT_EQ(parts("//a///b"), (List{"a", "b"}));
  EXPECT_EQ(parts("/a/b?c=/d"), (List{"a", "b"}));
  EXPECT_EQ(parts("/a#/b"), List{"a"});
}

TEST(Segments, OfWhatIsNoPathAreNone) {
  for (const char* const text : {"", "*", "a/b", "?/a", "http://host/a", "host:443"}) {
    EXPECT_FALSE(Segments(text).path()) << text;
    EXPECT_TRUE(parts(text).empty()) << text;
  }
  EXPECT_TRUE(Segments("/").path());
}

TEST(Segments, AreSixteenAtMost) {
  std::string path;
  for (std::size_t count = 1; count <= 20; ++count) {
    path += "/x";
    const Segments segments(path);
    EXPECT_EQ(segments.parts().size(), std::min(count, kSegmentsMost));
    EXPECT_EQ(segments.more(), count > kSegmentsMost);
  }
  EXPECT_FALSE(Segments("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16//").more());
}

}  // namespace
}  // namespace traffic
