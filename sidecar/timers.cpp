#include "sidecar/timers.h"

#include <algorithm>

#include "aio/clock.h"

namespace sidecar {
namespace {
constexpr base::Duration kTick = base::millis(100);
}

Timers::Timers(boost::asio::io_context& context) : wheel_(aio::now(), kTick), timer_(context) {}

void Timers::arm(Timer& timer, base::TimePoint when) {
  wheel_.arm(timer, when);
  if (!advancing_ && when + kTick < waking_at_) schedule();
}

void Timers::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Timers::schedule() {
  if (stopped_) return;
  const base::TimePoint next = wheel_.next();
  if (next >= waking_at_) return;
  waking_at_ = next;
  timer_.expires_after(std::max(next - aio::now(), base::Duration{}));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) wake();
  });
}

void Timers::wake() {
  waking_at_ = base::kNever;
  advancing_ = true;
  wheel_.advance(aio::now());
  advancing_ = false;
  schedule();
}

}  // namespace sidecar
