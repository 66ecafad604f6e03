#include "limit/windows.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"

namespace limit {
namespace {

constexpr unsigned kCountBits = 20;
constexpr unsigned kStepBits = 24;
constexpr Word kCountMask = (Word{1} << kCountBits) - 1;
constexpr Word kStepMask = (Word{1} << kStepBits) - 1;
/// Counting stops here, so that threads that add at once cannot carry into the older count.
constexpr std::uint32_t kCountMax = static_cast<std::uint32_t>(kCountMask) - 4096;
constexpr std::int64_t kWhole = 65536;

struct Cell {
  std::uint32_t step;
  std::uint32_t older;
  std::uint32_t newer;
};

Cell unpack(Word word) {
  return {static_cast<std::uint32_t>(word >> (2 * kCountBits)),
          static_cast<std::uint32_t>(word >> kCountBits & kCountMask),
          static_cast<std::uint32_t>(word & kCountMask)};
}

Word pack(const Cell& cell) {
  return Word{cell.step} << (2 * kCountBits) | Word{cell.older} << kCountBits | cell.newer;
}

/// How many steps ago `past` was; negative for one that is still to come.
std::int32_t age_of(std::uint32_t past, std::uint32_t now) {
  const std::uint32_t shifted = (now - past) << (32U - kStepBits);
  return static_cast<std::int32_t>(shifted) >> (32U - kStepBits);
}

Word load(const Word& word) {
  // atomic_ref takes no const object before C++26; nothing is written.
  return std::atomic_ref<Word>(const_cast<Word&>(word)).load(std::memory_order_relaxed);
}

}  // namespace

Window::Window(Limit limit, int words)
    : limit_(limit),
      words_(words),
      steps_(2 * words - 1),
      step_((limit.window + base::Duration(steps_ - 1)) / steps_),
      share_((limit.quota + static_cast<std::uint32_t>(steps_) - 1) /
             static_cast<std::uint32_t>(steps_)) {
  CHECK(words >= 1 && words <= 4);
  CHECK(limit.quota >= 1 && limit.quota <= kQuotaMax && limit.window > base::Duration(0));
}

Moment Window::at(base::TimePoint now) const {
  const std::int64_t since = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
  const std::int64_t step = since / step_.count();
  Moment moment;
  moment.into = base::Duration(since - step * step_.count());
  moment.step = static_cast<std::uint32_t>(static_cast<Word>(step) & kStepMask);
  moment.slot = static_cast<std::uint32_t>(step % words_);
  // Rounded up: what is above the even share counts until the very end of the step.
  const double left = static_cast<double>((step_ - moment.into).count());
  const auto part =
      static_cast<std::uint32_t>(left * kWhole / static_cast<double>(step_.count())) + 1;
  moment.oldest_part = std::min(part, static_cast<std::uint32_t>(kWhole));
  return moment;
}

Window::Sum Window::sum(const Word* counter, std::uint32_t step) const {
  Sum sum;
  for (int i = 0; i < words_; ++i) {
    const Word word = load(counter[i]);
    if (word == 0) continue;
    const Cell cell = unpack(word);
    const std::int32_t age = age_of(cell.step, step);
    // A thread whose tick is late still counts what others counted in the step after.
    if (age < -words_) continue;
    if (age < steps_) {
      sum.inside += cell.newer;
    } else if (age == steps_) {
      sum.oldest += cell.newer;
    }
    if (age + words_ < steps_) {
      sum.inside += cell.older;
    } else if (age + words_ == steps_) {
      sum.oldest += cell.older;
    }
  }
  return sum;
}

std::uint32_t Window::total(const Sum& sum, std::uint32_t oldest_part) const {
  const std::uint32_t even = std::min(sum.oldest, share_);
  const std::uint64_t faded = (std::uint64_t{even} * oldest_part + kWhole - 1) / kWhole;
  return sum.inside + (sum.oldest - even) + static_cast<std::uint32_t>(faded);
}

std::uint32_t Window::estimate(const Word* counter, const Moment& moment) const {
  return total(sum(counter, moment.step), moment.oldest_part);
}

void Window::count(Word* counter, const Moment& moment, Sharing sharing) const {
  const std::atomic_ref<Word> word(counter[moment.slot]);
  Word seen = word.load(std::memory_order_relaxed);
  for (;;) {
    const Cell cell = unpack(seen);
    const std::int32_t age = age_of(cell.step, moment.step);
    const bool current = seen != 0 && age <= 0 && age >= -words_;
    if (current && cell.newer >= kCountMax) return;
    if (current && sharing == Sharing::Threads) {
      word.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const Word next = current         ? seen + 1
                      : age == words_ ? pack({moment.step, cell.newer, 1})
                                      : pack({moment.step, 0, 1});
    if (sharing == Sharing::OneThread) {
      word.store(next, std::memory_order_relaxed);
      return;
    }
    if (word.compare_exchange_weak(seen, next, std::memory_order_relaxed)) return;
  }
}

base::Duration Window::wait(const Word* counter, const Moment& moment, std::uint32_t target) const {
  if (estimate(counter, moment) <= target) return base::Duration(0);
  for (int ahead = 0; ahead <= steps_; ++ahead) {
    const Sum later = sum(counter, (moment.step + static_cast<std::uint32_t>(ahead)) & kStepMask);
    const base::Duration start = ahead * step_ - moment.into;
    const std::uint32_t even = std::min(later.oldest, share_);
    const std::uint32_t fixed = later.inside + (later.oldest - even);
    if (fixed > target) continue;
    if (fixed + even <= target) return std::max(start, base::Duration(0));
    // fixed + even x (1 - t / step) <= target, and the estimate rounds up: a little later is safe.
    const double part = static_cast<double>(fixed + even - target) / static_cast<double>(even);
    const auto into =
        base::Duration(static_cast<std::int64_t>(part * static_cast<double>(step_.count())) +
                       step_.count() / kWhole + 1);
    return std::max(start + std::min(into, step_), base::Duration(0));
  }
  return (steps_ + 1) * step_ - moment.into;
}

}  // namespace limit
