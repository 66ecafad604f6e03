#include "aio/entropy.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace aio {
namespace {

std::string taken(EntropyPool& pool, std::size_t bytes) {
  std::string out(bytes, '\0');
  pool.take({reinterpret_cast<unsigned char*>(out.data()), out.size()});
  return out;
}

TEST(EntropyPool, HandsNothingOutTwice) {
  EntropyPool one, other;
  std::set<std::string> seen;
  std::size_t count = 0;
  for (const std::size_t bytes :
       {16U, 16U, 24U, 16U, 250U, 256U, 16U, 100U}) {  // some fill it anew
    for (int i = 0; i < 50; ++i, count += 2) {
      seen.insert(taken(one, bytes));
      seen.insert(taken(other, bytes));
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(EntropyPool, EveryBitIsAsOftenSetAsNot) {
  EntropyPool pool;
  constexpr std::size_t kDraws = 4096;
  std::array<std::size_t, 128> set{};
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    const std::string bytes = taken(pool, 16);
    for (std::size_t bit = 0; bit < set.size(); ++bit) {
      set[bit] += static_cast<unsigned char>(bytes[bit / 8]) >> (bit % 8) & 1U;
    }
  }
  // Half of them, within eight standard deviations of 32.
  for (const std::size_t count : set)
    EXPECT_NEAR(static_cast<double>(count), kDraws / 2.0, 8 * 32.0);
}

TEST(EntropyPoolDeathTest, GivesNoMoreThanItHolds) {
  EntropyPool pool;
  EXPECT_DEATH(taken(pool, EntropyPool::kBytes + 1), "");
}

}  // namespace
}  // namespace aio
