#include "limit/windows.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"

namespace limit {

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
  moment.step = static_cast<std::uint32_t>(static_cast<Word>(step) & cells::kStepMask);
  moment.slot = static_cast<std::uint32_t>(step % words_);
  // Rounded up: what is above the even share counts until the very end of the step.
  const double left = static_cast<double>((step_ - moment.into).count());
  const auto part =
      static_cast<std::uint32_t>(left * cells::kWhole / static_cast<double>(step_.count())) + 1;
  moment.oldest_part = std::min(part, static_cast<std::uint32_t>(cells::kWhole));
  return moment;
}

void Window::begin_step(Word* counter, const Moment& moment, Sharing sharing) const {
  const std::atomic_ref<Word> word(counter[moment.slot]);
  Word seen = word.load(std::memory_order_relaxed);
  for (;;) {
    const cells::Cell cell = cells::unpack(seen);
    const std::int32_t age = cells::age_of(cell.step, moment.step);
    // Others may have begun it meanwhile, or this thread's tick is late.
    const bool current = seen != 0 && age <= 0 && age >= -words_;
    if (current && cell.newer >= cells::kCountMax) return;
    const Word next = current         ? seen + 1
                      : age == words_ ? cells::pack({moment.step, cell.newer, 1})
                                      : cells::pack({moment.step, 0, 1});
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
    const Sum later =
        sum(counter, (moment.step + static_cast<std::uint32_t>(ahead)) & cells::kStepMask);
    const base::Duration start = ahead * step_ - moment.into;
    const std::uint32_t even = std::min(later.oldest, share_);
    const std::uint32_t fixed = later.inside + (later.oldest - even);
    if (fixed > target) continue;
    if (fixed + even <= target) return std::max(start, base::Duration(0));
    // fixed + even x (1 - t / step) <= target, and the estimate rounds up: a little later is safe.
    const double part = static_cast<double>(fixed + even - target) / static_cast<double>(even);
    const auto into =
        base::Duration(static_cast<std::int64_t>(part * static_cast<double>(step_.count())) +
                       step_.count() / cells::kWhole + 1);
    return std::max(start + std::min(into, step_), base::Duration(0));
  }
  return (steps_ + 1) * step_ - moment.into;
}

}  // namespace limit
