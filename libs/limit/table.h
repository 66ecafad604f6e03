// Counters of all clients in one block of memory that never grows. The caller maps it, zeroed and
// lazily, so that what is not used costs nothing; a flood of new keys costs places, not memory.
//
// A key belongs to one set of eight places. A place is one cache line: the key and seven words of
// counter; a key begins to look for itself at a place of its own choice, so that mostly one line
// is read. Keys are secret hashes (limit/fingerprint.h), so nobody can choose keys that share a
// set.
//
// Which key makes room in a full set: the one that is farthest from its limit. One that is over
// its limit never does, so a flood cannot free a client that is limited; a flood's own keys,
// with one request each, push out one another. Least recently used was refused: it forgets
// exactly the client that waits. Where all eight are over their limits the new key is not counted
// and is told as `untracked`: at the default size that takes a hundred thousand limited clients.
//
// Thread: any number at once. Two threads that bring the same new key at once may give it two
// places, of which the first is found from then on; a request that is being counted while its key
// makes room is counted for the new one. Either way at most one request per thread and per new
// key is counted wrongly; nothing is lost between requests of known keys.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "limit/windows.h"

namespace limit {

/// How close a key is to its limit, for choosing who makes room.
class Ranking {
 public:
  static constexpr std::uint32_t kOver = 1U << 20U;  // from here on: never makes room

  virtual ~Ranking() = default;
  virtual std::uint32_t rank(std::uint64_t key, const Word* counter) const = 0;
};

class Table {
 public:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kCounterWords = 7;

  /// Words to map for at least `keys` keys: 64 bytes each.
  static std::size_t words_for(std::size_t keys);

  /// `memory`: zeroed, of words_for() words. Lifetime: the memory outlives the table.
  explicit Table(std::span<Word> memory);
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// The counter of a key, or null.
  Word* find(std::uint64_t key);
  /// The counter of a key, zeroed when it is new; null where all places of its set are over their
  /// limits.
  Word* find_or_insert(std::uint64_t key, const Ranking& ranking) {
    key = valid(key);
    Word* const place = first_place(key);
    return key_of(place) == key ? place + 1 : find_elsewhere(key, ranking);
  }
  /// Asks the processor for the place that a key most likely has, so that it is there when it is
  /// looked up.
  void prefetch(std::uint64_t key) const { __builtin_prefetch(first_place(key), 1); }

  std::size_t keys_max() const { return sets_ * kWays; }
  std::uint64_t evictions() const { return evictions_.load(std::memory_order_relaxed); }
  std::uint64_t untracked() const { return untracked_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kPlaceWords = 1 + kCounterWords;
  static constexpr std::size_t kSetWords = kWays * kPlaceWords;
  static constexpr std::uint64_t kFree = 0;
  static constexpr std::uint64_t kBusy = 1;  // a thread is moving in

  static std::uint64_t valid(std::uint64_t key) { return key <= kBusy ? key + 2 : key; }
  static std::uint64_t key_of(Word* place) {
    return std::atomic_ref<Word>(*place).load(std::memory_order_acquire);
  }
  /// Where a key begins to look for itself; also where the search for who makes room begins, so
  /// that among equals it is not always the same that goes.
  static std::size_t first_way(std::uint64_t key) { return (key >> 8U) % kWays; }
  /// The upper half of the key scaled to the number of sets: no division.
  Word* set_of(std::uint64_t key) const {
    return sets_start_ + ((key >> 32U) * sets_ >> 32U) * kSetWords;
  }
  Word* first_place(std::uint64_t key) const { return set_of(key) + first_way(key) * kPlaceWords; }

  static Word* find_in(Word* set, std::uint64_t key);
  Word* find_elsewhere(std::uint64_t key, const Ranking& ranking);
  /// The place that a new key takes; kWays where there is none.
  struct Place {
    std::size_t way = kWays;
    std::uint64_t key = kFree;
  };
  static Place place_for(std::uint64_t key, Word* set, const Ranking& ranking);
  Word* insert(std::uint64_t key, const Ranking& ranking);
  bool take(Word* set, std::size_t way, std::uint64_t seen, std::uint64_t key);

  Word* sets_start_;
  std::size_t sets_;
  std::atomic<std::uint64_t> evictions_{0};
  std::atomic<std::uint64_t> untracked_{0};
};

}  // namespace limit
