#include "sidecar/timer_wheel.h"

#include <algorithm>

namespace sidecar {

void TimerLink::unlink() {
  if (next == nullptr) return;
  next->previous = previous;
  previous->next = next;
  next = previous = nullptr;
}

void TimerLink::link_before(TimerLink& place) {
  next = &place;
  previous = place.previous;
  previous->next = this;
  place.previous = this;
}

TimerWheel::TimerWheel(base::TimePoint start, base::Duration tick) : start_(start), tick_(tick) {
  for (TimerLink& head : slots_) head.next = head.previous = &head;
}

TimerWheel::~TimerWheel() {
  for (TimerLink& head : slots_) {
    while (head.next != &head) head.next->unlink();
  }
}

void TimerWheel::arm(Timer& timer, base::TimePoint when) {
  timer.unlink();
  const std::int64_t ticks =
      when > start_ ? (when - start_ + tick_ - base::Duration(1)) / tick_ : 0;
  timer.due_ = std::max(ticks, current_ + 1);
  timer.link_before(slot(timer.due_));
}

void TimerWheel::advance(base::TimePoint now) {
  const std::int64_t target = now > start_ ? (now - start_) / tick_ : 0;
  if (target <= current_) return;
  TimerLink due;  // a ring of their own: what rings may destroy or arm any other timer
  due.next = due.previous = &due;
  const std::int64_t last = std::min(target, current_ + static_cast<std::int64_t>(kSlots));
  for (std::int64_t tick = current_ + 1; tick <= last; ++tick) {
    TimerLink& head = slot(tick);
    for (TimerLink* link = head.next; link != &head;) {
      Timer& here = static_cast<Timer&>(*link);
      link = link->next;
      if (here.due_ > target) continue;
      here.unlink();
      here.link_before(due);
    }
  }
  current_ = target;
  while (due.next != &due) {
    Timer& timer = static_cast<Timer&>(*due.next);
    timer.unlink();
    timer.ring_(timer.owner_);
  }
  due.unlink();
}

base::TimePoint TimerWheel::next() const {
  for (std::int64_t tick = current_ + 1; tick <= current_ + static_cast<std::int64_t>(kSlots);
       ++tick) {
    const TimerLink& head = slots_[static_cast<std::size_t>(tick) % kSlots];
    if (head.next != &head) return start_ + tick * tick_;
  }
  return base::kNever;
}

}  // namespace sidecar
