// How many requests of one client or user are under way at once: by default 5, and 10 more may
// wait. What is above is refused. The table says admit, queue or refuse; the queue itself is the
// edge's, which resumes a waiting request when one ends and abandons it when its client goes away.
//
//   begin -> Admit -> end
//         -> Queue -> resume (true: now it is admitted) -> end
//                  -> abandon
//         -> Refuse
//
// Memory: one word per user in a block of the caller's that does not grow; a place is free again
// when nothing of its user is under way, so the block bounds the users at once, not all users.
// Where all places of a user's set are taken its requests are admitted and not counted.
//
// Thread: any number at once, and never more than the limits of what is counted. A place changes by
// compare-and-exchange. A new one is claimed first, without a count, and confirmed when no other
// place of the set has the same user: two threads that claim for one user at once look after both
// have written, so at least one sees the other and withdraws. Who meets a claim tries again, and
// after kAttemptsMax times goes uncounted: a decision never waits for another thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "limit/windows.h"

namespace limit {

struct ConcurrencyLimits {
  std::uint32_t running_max = 5;   // of one user; at least 1
  std::uint32_t waiting_max = 10;  // of one user; 0: nothing waits
  std::uint32_t users_max = 0;     // at once; 0: as many as there are places
};

enum class Turn : std::uint8_t { Admit, Queue, Refuse };

/// What was decided, and where it is counted. It is handed back exactly once.
struct Ticket {
  static constexpr std::uint32_t kUncounted = ~std::uint32_t{0};

  Turn turn = Turn::Admit;
  std::uint32_t place = kUncounted;
};

class Concurrency {
 public:
  static constexpr std::size_t kWays = 8;
  static constexpr std::uint32_t kCountMax = 4000;
  static constexpr int kAttemptsMax = 1000;

  /// `memory`: zeroed, at least kWays words. Limits above kCountMax count as kCountMax.
  /// Lifetime: the memory outlives it.
  Concurrency(std::span<Word> memory, ConcurrencyLimits limits);
  Concurrency(const Concurrency&) = delete;
  Concurrency& operator=(const Concurrency&) = delete;

  /// `user`: a keyed hash (Subject::client, a fingerprint, or one of a user's name).
  Ticket begin(std::uint64_t user);
  /// A waiting request asks again; true when it is admitted now.
  bool resume(Ticket& ticket);
  /// An admitted request has ended; true when another of its user waits.
  bool end(const Ticket& ticket);
  /// A waiting request is given up.
  void abandon(const Ticket& ticket);

  /// Users with a request under way, and requests that had no place.
  std::uint32_t users() const { return users_.load(std::memory_order_relaxed); }
  std::uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }

 private:
  enum class Step : std::uint8_t { Done, Again, Full };
  Step try_begin(std::uint64_t tag, std::size_t set, Ticket& ticket);
  Step join(std::size_t place, Word seen, Ticket& ticket);
  Step claim(std::size_t place, std::size_t set, std::uint64_t tag, Ticket& ticket);
  bool elsewhere(std::size_t place, std::size_t set, std::uint64_t tag) const;
  Word change(std::uint32_t place, std::int64_t running, std::int64_t waiting);

  std::span<Word> memory_;
  ConcurrencyLimits limits_;
  std::atomic<std::uint32_t> users_{0};
  std::atomic<std::uint64_t> uncounted_{0};
};

}  // namespace limit
