#include "sidecar/gather.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace sidecar {
namespace {

/// What front() gives until nothing is left, with a bar between the pieces.
std::string fronts(Gather& gather, std::span<char> room, std::size_t taken) {
  std::string out;
  while (!gather.empty()) {
    const std::string_view first = gather.front(room);
    EXPECT_EQ(gather.front(room), first);  // the same until it is advanced
    const std::size_t count = std::min(taken, first.size());
    out.append(first.substr(0, count)).append("|");
    gather.advance(count);
  }
  return out;
}

TEST(Gather, GivesItsFirstBytesInOnePiece) {
  std::array<char, 4> room{};
  Gather gather;
  for (const char* piece : {"a", "bc", "defghi", "j"}) gather.add(piece);
  EXPECT_EQ(fronts(gather, room, 99), "abcd|efgh|ij|");
  for (const char* piece : {"a", "bc", "defghi", "j"}) gather.add(piece);
  EXPECT_EQ(fronts(gather, room, 3), "abc|def|ghi|j|");
}

TEST(Gather, CopiesNothingThatIsOnePiece) {
  std::array<char, 4> room{};
  const std::string large = "0123456789";
  Gather gather;
  gather.add(large);
  gather.add("x");
  EXPECT_EQ(gather.front(room).data(), large.data());
  EXPECT_EQ(gather.front(room).size(), 4U);
  Gather small;
  small.add(std::string_view(large).substr(0, 2));
  EXPECT_EQ(small.front(room).data(), large.data());
  EXPECT_EQ(small.front(room), "01");
}

}  // namespace
}  // namespace sidecar
