#include "probes/wake_timer.h"

#include <utility>

namespace probes {

WakeTimer::WakeTimer(const aio::Executor& executor, std::function<void()> ring)
    : ring_(std::move(ring)),
      both_{One{boost::asio::steady_timer(executor)}, One{boost::asio::steady_timer(executor)}} {}

void WakeTimer::arm(base::TimePoint next, base::TimePoint after) {
  One* first = &both_[0];
  One* second = &both_[1];
  if (second->at < first->at) {
    std::swap(first, second);
  }
  if (first->at > next) {
    // Too late, both of them: the later one is moved, or the one that is not pending is taken.
    arm(*second, next);
    std::swap(first, second);
  }
  if (second->at == base::kNever) {
    arm(*second, after);
  }
}

void WakeTimer::arm(One& one, base::TimePoint when) {
  one.at = when;
  one.timer.expires_at(std::chrono::steady_clock::time_point(when.time_since_epoch()));
  // One that has expired already cannot be cancelled: then it rings once too often.
  one.timer.async_wait([this, &one](const boost::system::error_code& error) {
    if (!error) {
      one.at = base::kNever;
      ring_();
    }
  });
}

void WakeTimer::cancel() {
  for (One& one : both_) {
    one.at = base::kNever;
    one.timer.cancel();
  }
}

}  // namespace probes
