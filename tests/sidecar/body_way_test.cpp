#include "sidecar/body_way.h"

#include <string>

#include <gtest/gtest.h>

namespace sidecar {
namespace {

using http1::Body;

struct Passed {
  std::string text;
  std::size_t taken = 0;
};

/// In pieces of `size` bytes, as a connection does.
Passed pass(BodyWay& way, std::string_view input, std::size_t size) {
  Passed out;
  std::size_t seen = 0;  // what has arrived
  while (seen < input.size() && !way.done() && way.refusal().status == 0) {
    seen = std::min(seen + size, input.size());
    while (out.taken < seen && !way.done() && way.refusal().status == 0) {
      const auto step = way.take(input.substr(out.taken, seen - out.taken));
      out.text += step.pass;
      out.taken += step.taken;
      if (step.taken == 0) break;
    }
  }
  return out;
}

constexpr std::string_view kChunks = "3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-T: 1\r\n\r\n";

TEST(BodyWay, EndsAtItsLengthWhateverFollows) {
  for (const std::size_t size : {1U, 3U, 100U}) {
    BodyWay way;
    way.begin(Body::Length, 5, 0);
    const Passed passed = pass(way, "helloGET / HTTP/1.1", size);
    EXPECT_TRUE(way.done());
    EXPECT_EQ(passed.text, "hello");
    EXPECT_EQ(passed.taken, 5U);
    EXPECT_EQ(way.bytes(), 5U);
  }
}

TEST(BodyWay, IsOverBeforeItBeganWithoutABody) {
  for (const Body kind : {Body::None, Body::Length}) {
    BodyWay way;
    way.begin(kind, 0, 0);
    EXPECT_TRUE(way.done());
    EXPECT_EQ(way.take("next").taken, 0U);
  }
}

TEST(BodyWay, PassesChunksAsTheyAre) {
  for (std::size_t size = 1; size <= kChunks.size(); ++size) {
    BodyWay way;
    way.begin(Body::Chunked, 0, 0);
    const Passed passed = pass(way, std::string(kChunks) + "GET", size);
    EXPECT_TRUE(way.done());
    EXPECT_EQ(passed.text, kChunks);
  }
}

TEST(BodyWay, LeavesChunksAwayForClientsThatDoNotKnowThem) {
  for (std::size_t size = 1; size <= kChunks.size(); ++size) {
    BodyWay way;
    way.begin(Body::Chunked, 0, 0);
    way.strip_chunks();
    const Passed passed = pass(way, std::string(kChunks) + "GET", size);
    EXPECT_TRUE(way.done());
    EXPECT_EQ(passed.text, "abcde");
    EXPECT_EQ(passed.taken, kChunks.size());
  }
}

TEST(BodyWay, RefusesChunksThatAreWrongOrTooMuch) {
  BodyWay wrong;
  wrong.begin(Body::Chunked, 0, 0);
  pass(wrong, "3\r\nabcd", 100);
  EXPECT_EQ(wrong.refusal().status, 400);
  BodyWay much;
  much.begin(Body::Chunked, 0, 4);
  pass(much, kChunks, 100);
  EXPECT_EQ(much.refusal().status, 413);
}

TEST(BodyWay, KnowsACutFromAnEnd) {
  BodyWay length;
  length.begin(Body::Length, 5, 0);
  length.take("abc");
  EXPECT_FALSE(length.ended());
  BodyWay open;
  open.begin(Body::UntilClose, 0, 0);
  EXPECT_EQ(open.take("abc").taken, 3U);
  EXPECT_FALSE(open.done());
  EXPECT_TRUE(open.ended());
  EXPECT_TRUE(open.done());
}

}  // namespace
}  // namespace sidecar
