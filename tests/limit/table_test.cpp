#include "limit/table.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace limit {
namespace {

/// The first word of a counter is the rank.
class FirstWord : public Ranking {
 public:
  std::uint32_t rank(std::uint64_t, const Word* counter) const override {
    return static_cast<std::uint32_t>(counter[0]);
  }
};

/// Keys of one set of a table with a single set.
std::uint64_t key(std::uint64_t i) {
  return (i + 1) << 32U | 7U;
}

TEST(Table, FindsWhatWasInsertedAndKeepsItsCounter) {
  std::vector<Word> memory(Table::words_for(8));
  Table table(memory);
  ASSERT_EQ(table.keys_max(), 8u);
  EXPECT_EQ(table.find(key(0)), nullptr);
  Word* const counter = table.find_or_insert(key(0), FirstWord());
  ASSERT_NE(counter, nullptr);
  counter[6] = 42;
  EXPECT_EQ(table.find(key(0)), counter);
  EXPECT_EQ(table.find_or_insert(key(0), FirstWord()), counter);
  EXPECT_EQ(counter[6], 42u);
}

TEST(Table, EveryNumberIsAKey) {
  std::vector<Word> memory(Table::words_for(8));
  Table table(memory);
  for (const std::uint64_t one : {0ULL, 1ULL, ~0ULL}) {
    EXPECT_EQ(table.find(one), nullptr) << one;
    Word* const counter = table.find_or_insert(one, FirstWord());
    ASSERT_NE(counter, nullptr);
    EXPECT_EQ(table.find(one), counter);
  }
}

TEST(Table, TheKeyFarthestFromItsLimitMakesRoomAndLeavesNothingBehind) {
  std::vector<Word> memory(Table::words_for(8));
  Table table(memory);
  for (std::uint64_t i = 0; i < 8; ++i) table.find_or_insert(key(i), FirstWord())[0] = 100 - i;
  Word* const fresh = table.find_or_insert(key(8), FirstWord());
  ASSERT_NE(fresh, nullptr);
  EXPECT_TRUE(std::all_of(fresh, fresh + Table::kCounterWords, [](Word w) { return w == 0; }));
  EXPECT_EQ(table.find(key(7)), nullptr) << "93 was the lowest";
  for (std::uint64_t i = 0; i < 7; ++i) EXPECT_NE(table.find(key(i)), nullptr) << i;
  EXPECT_EQ(table.evictions(), 1u);
}

TEST(Table, AKeyOverItsLimitNeverMakesRoom) {
  std::vector<Word> memory(Table::words_for(8));
  Table table(memory);
  for (std::uint64_t i = 0; i < 7; ++i) {
    table.find_or_insert(key(i), FirstWord())[0] = Ranking::kOver;
  }
  for (std::uint64_t i = 100; i < 10'000; ++i) {
    ASSERT_NE(table.find_or_insert(key(i), FirstWord()), nullptr) << "the eighth place is free";
  }
  for (std::uint64_t i = 0; i < 7; ++i) EXPECT_NE(table.find(key(i)), nullptr) << i;
  table.find_or_insert(key(7), FirstWord())[0] = Ranking::kOver;
  EXPECT_EQ(table.untracked(), 0u);
  EXPECT_EQ(table.find_or_insert(key(8), FirstWord()), nullptr);
  EXPECT_EQ(table.untracked(), 1u);
}

TEST(Table, AmongEqualsItIsNotAlwaysTheSamePlace) {
  std::vector<Word> memory(Table::words_for(8));
  Table table(memory);
  base::Random random(5);
  std::map<Word*, int> places;
  for (int i = 0; i < 1000; ++i) ++places[table.find_or_insert(random.next(), FirstWord())];
  EXPECT_EQ(places.size(), 8u);
  for (const auto& [place, times] : places) EXPECT_GT(times, 50);
}

TEST(Table, UsesAllOfItsMemoryAndNoMore) {
  for (const std::size_t keys : {1U, 8U, 9U, 1000U}) {
    for (std::size_t shift = 0; shift < 8; ++shift) {
      const std::size_t words = Table::words_for(keys);
      std::vector<Word> memory(words + shift + 1, 0);
      memory.back() = 0xABCD;
      const std::span<Word> used = std::span(memory).subspan(shift, words);
      Table table(used);
      ASSERT_GE(table.keys_max(), keys);
      base::Random random(keys);
      for (int i = 0; i < 2000; ++i) {
        Word* const counter = table.find_or_insert(random.next(), FirstWord());
        ASSERT_NE(counter, nullptr);
        ASSERT_GE(counter, used.data());
        ASSERT_LE(counter + Table::kCounterWords, used.data() + used.size());
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(counter) % 64, sizeof(Word));
      }
      EXPECT_EQ(memory.back(), 0xABCDu);
    }
  }
}

}  // namespace
}  // namespace limit
