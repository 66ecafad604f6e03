// The prober's alarm. It knows not only when it has to ring next but also when after that, because
// streams are due on a grid: the ring after the next is armed while the next one is still pending.
// An Asio timer that is armed for a later time than another costs no system call, so a tick costs
// one timerfd_settime (the reactor's own, after the expiry) instead of two.
#pragma once

#include <array>
#include <functional>

#include <boost/asio/steady_timer.hpp>

#include "aio/task.h"
#include "base/time.h"

namespace probes {

class WakeTimer {
 public:
  /// `ring` is called from the executor; it arms again.
  WakeTimer(const aio::Executor& executor, std::function<void()> ring);

  /// Rings at `next` or soon after; may ring earlier too, for what was armed before. `after` is
  /// when it will be wanted next, as far as is known now.
  void arm(base::TimePoint next, base::TimePoint after);
  void cancel();

 private:
  struct One {
    boost::asio::steady_timer timer;
    base::TimePoint at = base::kNever;  // kNever: not pending
  };

  void arm(One& one, base::TimePoint when);

  std::function<void()> ring_;
  std::array<One, 2> both_;
};

}  // namespace probes
