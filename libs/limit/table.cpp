#include "limit/table.h"

#include <algorithm>

#include "base/check.h"

namespace limit {
namespace {

constexpr std::size_t kLineBytes = 64;
constexpr std::size_t kLineWords = kLineBytes / sizeof(Word);
constexpr int kAttemptsMax = 4;

Word* place_at(Word* set, std::size_t way) {
  return set + way * (1 + Table::kCounterWords);
}

Word* counter_of(Word* set, std::size_t way) {
  return place_at(set, way) + 1;
}

}  // namespace

Word* Table::find_in(Word* set, std::uint64_t key) {
  const std::size_t first = first_way(key);
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::size_t way = (first + i) % kWays;
    if (key_of(place_at(set, way)) == key) return counter_of(set, way);
  }
  return nullptr;
}

Table::Place Table::place_for(std::uint64_t key, Word* set, const Ranking& ranking) {
  const std::size_t first = first_way(key);
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::size_t way = (first + i) % kWays;
    if (key_of(place_at(set, way)) == kFree) return {way, kFree};
  }
  Place best;
  std::uint32_t lowest = Ranking::kOver;
  for (std::size_t i = 0; i < kWays; ++i) {
    const std::size_t way = (first + i) % kWays;
    const std::uint64_t there = key_of(place_at(set, way));
    if (there == kFree || there == kBusy) continue;
    const std::uint32_t rank = ranking.rank(there, counter_of(set, way));
    if (rank >= lowest) continue;
    lowest = rank;
    best = {way, there};
  }
  return best;
}

std::size_t Table::words_for(std::size_t keys) {
  const std::size_t sets = std::max<std::size_t>((keys + kWays - 1) / kWays, 1);
  return sets * kSetWords + kLineWords;  // room to begin at a cache line
}

Table::Table(std::span<Word> memory) {
  static_assert(kPlaceWords == kLineWords);
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::size_t skipped = (kLineBytes - address % kLineBytes) % kLineBytes / sizeof(Word);
  CHECK(memory.size() >= kSetWords + skipped);
  sets_start_ = memory.data() + skipped;
  sets_ = (memory.size() - skipped) / kSetWords;
  CHECK(sets_ <= 0xFFFF'FFFFU);
}

Word* Table::find(std::uint64_t key) {
  key = valid(key);
  return find_in(set_of(key), key);
}

Word* Table::find_elsewhere(std::uint64_t key, const Ranking& ranking) {
  Word* const found = find_in(set_of(key), key);
  return found != nullptr ? found : insert(key, ranking);
}

Word* Table::insert(std::uint64_t key, const Ranking& ranking) {
  Word* const set = set_of(key);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const Place place = place_for(key, set, ranking);
    if (place.way == kWays) break;
    if (take(set, place.way, place.key, key)) return counter_of(set, place.way);
    if (Word* const found = find_in(set, key)) return found;
  }
  untracked_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

bool Table::take(Word* set, std::size_t way, std::uint64_t seen, std::uint64_t key) {
  const std::atomic_ref<Word> place(*place_at(set, way));
  if (!place.compare_exchange_strong(seen, kBusy, std::memory_order_acquire)) return false;
  if (seen != kFree) {
    evictions_.fetch_add(1, std::memory_order_relaxed);
    Word* const counter = counter_of(set, way);
    for (std::size_t i = 0; i < kCounterWords; ++i) {
      std::atomic_ref<Word>(counter[i]).store(0, std::memory_order_relaxed);
    }
  }
  // Released after the zeros: who finds the key finds them.
  place.store(key, std::memory_order_release);
  return true;
}

}  // namespace limit
