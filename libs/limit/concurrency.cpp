#include "limit/concurrency.h"

#include <algorithm>

#include "base/check.h"

namespace limit {
namespace {

// A place: whose it is (40 bits), how many wait (12), how many run (12). Zero is free; with a user
// and no count it is claimed.
constexpr unsigned kCountBits = 12;
constexpr Word kCountMask = (Word{1} << kCountBits) - 1;
constexpr unsigned kTagShift = 2 * kCountBits;

std::uint32_t running_of(Word word) {
  return static_cast<std::uint32_t>(word & kCountMask);
}
std::uint32_t waiting_of(Word word) {
  return static_cast<std::uint32_t>(word >> kCountBits & kCountMask);
}

Word packed(std::uint64_t tag, std::uint32_t running, std::uint32_t waiting) {
  return tag << kTagShift | Word{waiting} << kCountBits | running;
}

std::uint64_t tag_of(std::uint64_t user) {
  const std::uint64_t tag = user & ((std::uint64_t{1} << 40U) - 1);
  return tag == 0 ? 1 : tag;  // never that of a free place
}

}  // namespace

Concurrency::Concurrency(std::span<Word> memory, ConcurrencyLimits limits)
    : memory_(memory), limits_(limits) {
  CHECK(memory.size() >= kWays && memory.size() < Ticket::kUncounted);
  limits_.running_max = std::clamp<std::uint32_t>(limits.running_max, 1, kCountMax);
  limits_.waiting_max = std::min(limits.waiting_max, kCountMax);
}

Ticket Concurrency::begin(std::uint64_t user) {
  const std::uint64_t sets = memory_.size() / kWays;
  const std::size_t set = ((user >> 32U) * sets >> 32U) * kWays;
  const std::uint64_t tag = tag_of(user);
  Ticket ticket;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const Step step = try_begin(tag, set, ticket);
    if (step == Step::Done) return ticket;
    if (step == Step::Full) break;
  }
  uncounted_.fetch_add(1, std::memory_order_relaxed);
  return Ticket{Turn::Admit, Ticket::kUncounted};
}

Concurrency::Step Concurrency::try_begin(std::uint64_t tag, std::size_t set, Ticket& ticket) {
  std::size_t unused = memory_.size();
  for (std::size_t place = set; place < set + kWays; ++place) {
    const Word seen = std::atomic_ref<Word>(memory_[place]).load();
    if (seen >> kTagShift == tag) return join(place, seen, ticket);
    if (seen == 0 && unused == memory_.size()) unused = place;
  }
  if (unused == memory_.size()) return Step::Full;
  // Counted before the place is taken, so that users at once cannot exceed their number.
  if (users_.fetch_add(1) >= limits_.users_max && limits_.users_max > 0) {
    users_.fetch_sub(1);
    ticket = {Turn::Refuse, Ticket::kUncounted};
    return Step::Done;
  }
  const Step step = claim(unused, set, tag, ticket);
  if (step != Step::Done) users_.fetch_sub(1);
  return step;
}

Concurrency::Step Concurrency::join(std::size_t place, Word seen, Ticket& ticket) {
  if (running_of(seen) == 0 && waiting_of(seen) == 0) return Step::Again;  // a claim
  Word next = seen;
  Turn turn = Turn::Refuse;
  if (running_of(seen) < limits_.running_max) {
    next = seen + 1;
    turn = Turn::Admit;
  } else if (waiting_of(seen) < limits_.waiting_max) {
    next = seen + (Word{1} << kCountBits);
    turn = Turn::Queue;
  } else {
    ticket = {Turn::Refuse, Ticket::kUncounted};
    return Step::Done;
  }
  if (!std::atomic_ref<Word>(memory_[place]).compare_exchange_strong(seen, next)) {
    return Step::Again;
  }
  ticket = {turn, static_cast<std::uint32_t>(place)};
  return Step::Done;
}

Concurrency::Step Concurrency::claim(std::size_t place, std::size_t set, std::uint64_t tag,
                                     Ticket& ticket) {
  const std::atomic_ref<Word> word(memory_[place]);
  Word free = 0;
  if (!word.compare_exchange_strong(free, packed(tag, 0, 0))) return Step::Again;
  const bool twice = elsewhere(place, set, tag);
  // Nobody else changes a claim: who meets one goes round.
  word.store(twice ? 0 : packed(tag, 1, 0));
  if (twice) return Step::Again;
  ticket = {Turn::Admit, static_cast<std::uint32_t>(place)};
  return Step::Done;
}

bool Concurrency::elsewhere(std::size_t place, std::size_t set, std::uint64_t tag) const {
  for (std::size_t other = set; other < set + kWays; ++other) {
    if (other == place) continue;
    if (std::atomic_ref<Word>(memory_[other]).load() >> kTagShift == tag) return true;
  }
  return false;
}

Word Concurrency::change(std::uint32_t place, std::int64_t running, std::int64_t waiting) {
  const std::atomic_ref<Word> word(memory_[place]);
  Word seen = word.load();
  for (;;) {
    const std::int64_t now_running = running_of(seen) + running;
    const std::int64_t now_waiting = waiting_of(seen) + waiting;
    CHECK(now_running >= 0 && now_waiting >= 0);
    const bool none = now_running == 0 && now_waiting == 0;
    const Word next = none ? 0
                           : packed(seen >> kTagShift, static_cast<std::uint32_t>(now_running),
                                    static_cast<std::uint32_t>(now_waiting));
    if (!word.compare_exchange_weak(seen, next)) continue;
    if (none) users_.fetch_sub(1);
    return next;
  }
}

bool Concurrency::resume(Ticket& ticket) {
  CHECK(ticket.turn == Turn::Queue);
  const std::atomic_ref<Word> word(memory_[ticket.place]);
  Word seen = word.load();
  while (running_of(seen) < limits_.running_max) {
    CHECK(waiting_of(seen) > 0);
    const Word next = seen + 1 - (Word{1} << kCountBits);
    if (!word.compare_exchange_weak(seen, next)) continue;
    ticket.turn = Turn::Admit;
    return true;
  }
  return false;
}

bool Concurrency::end(const Ticket& ticket) {
  if (ticket.place == Ticket::kUncounted) return false;
  CHECK(ticket.turn == Turn::Admit);
  return waiting_of(change(ticket.place, -1, 0)) > 0;
}

void Concurrency::abandon(const Ticket& ticket) {
  CHECK(ticket.turn == Turn::Queue);
  change(ticket.place, 0, -1);
}

}  // namespace limit
