#include "aio/alarms.h"

#include <algorithm>

namespace aio {

namespace {

// libstdc++'s steady clock is CLOCK_MONOTONIC too, so the numbers are the same.
std::chrono::steady_clock::time_point std_time(base::TimePoint when) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(when.time_since_epoch()));
}

}  // namespace

boost::asio::execution_context::id Alarms::id;

Alarms::Alarms(boost::asio::execution_context& context)
    : service(context),
      timer_(std::make_unique<asio::steady_timer>(static_cast<asio::io_context&>(context))) {}

Alarms& Alarms::of(const Executor& executor) {
  return asio::use_service<Alarms>(asio::query(executor, asio::execution::context));
}

void Alarms::arm(AlarmEntry& entry, base::TimePoint when) {
  entry.unlink();
  entry.when = when;
  if (when == base::TimePoint::max()) return;
  order_.insert(entry);
  if (when < waits_until_) wait();
}

void Alarms::disarm(AlarmEntry& entry) {
  entry.unlink();
  if (!keeps_) drop_idle_wait();
}

void Alarms::keep_nothing() {
  keeps_ = false;
  drop_idle_wait();
}

void Alarms::drop_idle_wait() {
  if (!order_.empty() || waits_until_ == base::TimePoint::max() || !timer_) return;
  waits_until_ = base::TimePoint::max();
  ++wait_;
  timer_->cancel();
}

void Alarms::shutdown() {
  timer_.reset();
}

void Alarms::wait() {
  if (!timer_) return;
  waits_until_ = order_.begin()->when;
  // Setting it cancels the wait before; that one may have ended already and not be told yet.
  timer_->expires_at(std_time(waits_until_));
  timer_->async_wait([this, wait = ++wait_](boost::system::error_code) {
    if (wait == wait_) woke();
  });
}

std::size_t Alarms::due(base::TimePoint now) const {
  std::size_t out = 0;
  for (auto at = order_.begin(); at != order_.end() && at->when <= now; ++at) ++out;
  return out;
}

// What a callback arms for now has its turn after what else the loop has to do.
void Alarms::woke() {
  waits_until_ = base::TimePoint::max();
  const base::TimePoint at = now();
  for (std::size_t left = due(at); left > 0 && !order_.empty(); --left) {
    AlarmEntry& entry = *order_.begin();
    if (entry.when > at) break;
    entry.unlink();
    const auto ring = std::exchange(entry.ring, nullptr);
    ring();  // may destroy any of them
  }
  if (!order_.empty() && order_.begin()->when < waits_until_) wait();
}

void end_when_disarmed(const Executor& executor) {
  Alarms::of(executor).keep_nothing();
}

}  // namespace aio
