// Sliding windows in a fixed number of words. A window of length w is cut into steps of s = w / k.
// A counter keeps the current step, the k - 1 before it and the oldest one, of which a part has
// left the window already. For that oldest part one has to assume how its requests lay in it:
//   - as many as an even client at the limit would have there (quota / k) are taken as even, and
//     fade out as the step leaves the window;
//   - what is above that is taken as having come at the step's very end, and counts until the whole
//     step has left.
// So a client that keeps its rate is never refused for what is older than the window, and one that
// bursts cannot double its quota across a boundary, as it can with the usual two weighted buckets.
//
// Bounds, with N(d) the requests counted in the last d: N(w - s) <= estimate <= N(w + s), and
// N(w) <= estimate + quota / k + 1. A limit that admits while estimate < quota thus never admits
// more than quota x (1 + 1/k) + 1 in any stretch of length w. k = 2 x words - 1: with three words k
// = 5 (20 % over the quota at worst, after a burst at a step's end), with two words 3 (33 %), with
// one word 1, which is the two-bucket counter of "How we built rate limiting capable of scaling to
// millions of domains" (Cloudflare, 2017). Source: tests/limit/windows_test.cpp holds the bounds
// against an exact log of every request.
//
// Word i holds the newest step e with e mod words = i, and the one `words` steps before it:
// e (24 bits), count of the older (20 bits), count of the newer (20 bits). Counting is one addition
// to a word, or one exchange where a step begins; nothing is allocated and nothing is swept. A zero
// word is an unused one.
//
// Thread: words are read and written through std::atomic_ref, relaxed: counts carry no other data.
// When threads count at once, a request may land in the step after its own; none is lost.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "base/time.h"

namespace limit {

using Word = std::uint64_t;

/// What a word holds. Here, with what reads and counts it, because a request does so a dozen times
/// and a call would cost as much as the work.
namespace cells {

inline constexpr unsigned kCountBits = 20;
inline constexpr unsigned kStepBits = 24;
inline constexpr Word kCountMask = (Word{1} << kCountBits) - 1;
inline constexpr Word kStepMask = (Word{1} << kStepBits) - 1;
/// Counting stops here, so that threads that add at once cannot carry into the older count.
inline constexpr std::uint32_t kCountMax = static_cast<std::uint32_t>(kCountMask) - 4096;
inline constexpr std::int64_t kWhole = 65536;

struct Cell {
  std::uint32_t step;
  std::uint32_t older;
  std::uint32_t newer;
};

inline Cell unpack(Word word) {
  return {static_cast<std::uint32_t>(word >> (2 * kCountBits)),
          static_cast<std::uint32_t>(word >> kCountBits & kCountMask),
          static_cast<std::uint32_t>(word & kCountMask)};
}

inline Word pack(const Cell& cell) {
  return Word{cell.step} << (2 * kCountBits) | Word{cell.older} << kCountBits | cell.newer;
}

/// How many steps ago `past` was; negative for one that is still to come.
inline std::int32_t age_of(std::uint32_t past, std::uint32_t now) {
  const std::uint32_t shifted = (now - past) << (32U - kStepBits);
  return static_cast<std::int32_t>(shifted) >> (32U - kStepBits);
}

/// How often a count of an age belongs to the requests inside (low half) and to those of the oldest
/// step (high half): once or not at all. Ages are counted from kWords steps to come: a thread whose
/// tick is late still counts what others counted in the step after. The older count of a word has
/// the share kWords further on; kAgesMax is the age of a word that is older than all.
template <std::uint32_t kWords>
inline constexpr std::uint32_t kAgesMax = 3 * kWords;
template <std::uint32_t kWords>
inline constexpr auto kShares = [] {
  std::array<Word, kAgesMax<kWords> + kWords + 1> all{};
  for (std::uint32_t age = 0; age + 1 < kAgesMax<kWords>; ++age) all[age] = 1;
  all[kAgesMax<kWords> - 1] = Word{1} << 32U;
  return all;
}();

/// What a word is subtracted from to have its age in the upper bits; the ones below keep the
/// difference from borrowing there.
inline Word age_base(std::uint32_t step, std::uint32_t words) {
  constexpr unsigned kBelow = 2 * kCountBits;
  return Word{step + words} << kBelow | ((Word{1} << kBelow) - 1);
}

inline Word load(const Word& word) {
  // atomic_ref takes no const object before C++26; nothing is written.
  return std::atomic_ref<Word>(const_cast<Word&>(word)).load(std::memory_order_relaxed);
}

}  // namespace cells

/// At most `quota` requests in any stretch of `window`.
struct Limit {
  std::uint32_t quota = 0;
  base::Duration window{0};
  bool operator==(const Limit&) const = default;
};

/// A step counts at most about a million: larger quotas are refused where limits are read.
inline constexpr std::uint32_t kQuotaMax = 1'000'000;

/// Whether other threads use the same words. One alone pays for no locked instruction.
enum class Sharing { OneThread, Threads };

/// Where a time lies in the steps of a window. The same for all keys: computed once per tick.
struct Moment {
  std::uint32_t step = 0;
  std::uint32_t slot = 0;         // the word of that step
  std::uint32_t oldest_part = 0;  // of the oldest step, what is still inside, in 1/65536
  base::Duration into{0};         // since the step began
};

class Window {
 public:
  /// `words` of a counter, 1 … 4. The quota is 1 … kQuotaMax, the window positive.
  Window(Limit limit, int words);

  const Limit& limit() const { return limit_; }
  int words() const { return words_; }
  /// s, and k of the bounds.
  base::Duration step() const { return step_; }
  int steps() const { return steps_; }

  /// Of an even client at the limit, in one step: quota / k, rounded up.
  std::uint32_t share() const { return share_; }

  Moment at(base::TimePoint now) const;
  std::uint32_t estimate(const Word* counter, const Moment& moment) const;
  /// The same, for who knows the number of words and has the rest at hand: cells::age_base() of the
  /// moment's step, its oldest_part, share().
  template <std::uint32_t kWords>
  static std::uint32_t estimate_of(const Word* counter, Word base, std::uint32_t oldest_part,
                                   std::uint32_t share);
  void count(Word* counter, const Moment& moment, Sharing sharing) const;
  /// Counts in a step that has begun already and is not full; false: it is for count().
  static bool count_usual(Word* counter, const Moment& moment, Sharing sharing);
  /// The least time after which the estimate is at most `target`, if nothing is counted meanwhile.
  base::Duration wait(const Word* counter, const Moment& moment, std::uint32_t target) const;

 private:
  struct Sum {
    std::uint32_t inside = 0;
    std::uint32_t oldest = 0;
  };
  void begin_step(Word* counter, const Moment& moment, Sharing sharing) const;
  template <std::uint32_t kWords>
  static Sum sum_of(const Word* counter, Word base);
  Sum sum(const Word* counter, std::uint32_t step) const;
  static std::uint32_t total(const Sum& sum, std::uint32_t oldest_part, std::uint32_t share);

  Limit limit_;
  int words_;
  int steps_;
  base::Duration step_;
  std::uint32_t share_;
};

template <std::uint32_t kWords>
Window::Sum Window::sum_of(const Word* counter, Word base) {
  // No branches: each of them would be taken at random.
  constexpr Word kMax = cells::kAgesMax<kWords>;
  Word sums = 0;
  for (std::uint32_t i = 0; i < kWords; ++i) {
    const Word word = cells::load(counter[i]);
    const Word age = std::min((base - word) >> (2 * cells::kCountBits), kMax);
    sums += (word & cells::kCountMask) * cells::kShares<kWords>[age];
    sums += (word >> cells::kCountBits & cells::kCountMask) * cells::kShares<kWords>[age + kWords];
  }
  return {static_cast<std::uint32_t>(sums), static_cast<std::uint32_t>(sums >> 32U)};
}

template <std::uint32_t kWords>
std::uint32_t Window::estimate_of(const Word* counter, Word base, std::uint32_t oldest_part,
                                  std::uint32_t share) {
  return total(sum_of<kWords>(counter, base), oldest_part, share);
}

inline Window::Sum Window::sum(const Word* counter, std::uint32_t step) const {
  switch (words_) {
    case 1: return sum_of<1>(counter, cells::age_base(step, 1));
    case 2: return sum_of<2>(counter, cells::age_base(step, 2));
    case 3: return sum_of<3>(counter, cells::age_base(step, 3));
    default: return sum_of<4>(counter, cells::age_base(step, 4));
  }
}

inline std::uint32_t Window::total(const Sum& sum, std::uint32_t oldest_part, std::uint32_t share) {
  const std::uint32_t even = std::min(sum.oldest, share);
  const std::uint64_t faded =
      (std::uint64_t{even} * oldest_part + cells::kWhole - 1) / cells::kWhole;
  return sum.inside + (sum.oldest - even) + static_cast<std::uint32_t>(faded);
}

inline std::uint32_t Window::estimate(const Word* counter, const Moment& moment) const {
  return total(sum(counter, moment.step), moment.oldest_part, share_);
}

inline bool Window::count_usual(Word* counter, const Moment& moment, Sharing sharing) {
  const std::atomic_ref<Word> word(counter[moment.slot]);
  const Word seen = word.load(std::memory_order_relaxed);
  const bool usual = seen >> (2 * cells::kCountBits) == moment.step &&
                     (seen & cells::kCountMask) < cells::kCountMax;
  if (!usual) return false;
  if (sharing == Sharing::OneThread) {
    word.store(seen + 1, std::memory_order_relaxed);
  } else {
    word.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

inline void Window::count(Word* counter, const Moment& moment, Sharing sharing) const {
  if (!count_usual(counter, moment, sharing)) begin_step(counter, moment, sharing);
}

}  // namespace limit
