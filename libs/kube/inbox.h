// The turn of a driver whose decisions are a value: it waits for what happens or for the time that
// the value named, whichever comes first, and hands over both in order.
#pragma once

#include <deque>
#include <memory>
#include <stop_token>
#include <utility>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/task.h"
#include "base/time.h"

namespace kube {

/// `Woke`: the event that says that the time has come.
template <class Event, class Woke>
class Inbox {
 public:
  Inbox(aio::Clock& clock, const aio::Executor& executor)
      : clock_(clock), happened_(executor, aio::Event::Mode::Auto), alarm_(clock.alarm(executor)) {}

  void put(Event event) {
    events_.push_back(std::move(event));
    happened_.set();
  }
  /// Takes the place of the time before.
  void wake_at(base::TimePoint when) { wake_at_ = when; }

  /// Waits, and gives `take` each event and, when the time has come by then, a Woke.
  /// Cancellation: returns false, and what is there stays for the next turn.
  template <class Take>
  aio::Task<bool> turn(Take take, std::stop_token stop) {
    alarm_->arm(wake_at_, [this] { happened_.set(); });
    if (!co_await happened_.wait(std::move(stop))) co_return false;
    while (!events_.empty()) {
      const Event event = std::move(events_.front());
      events_.pop_front();
      take(event);
    }
    if (clock_.now() >= wake_at_) take(Event(Woke{}));
    co_return true;
  }

 private:
  aio::Clock& clock_;
  aio::Event happened_;
  std::unique_ptr<aio::Alarm> alarm_;
  std::deque<Event> events_;
  base::TimePoint wake_at_ = base::kNever;
};

}  // namespace kube
