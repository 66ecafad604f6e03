// Many timeouts that are set often and ring rarely: one wheel per core instead of a timer per
// socket. Setting, moving and taking off are a few pointers and never allocate; the price is that a
// timer rings up to one tick late, which no timeout of a proxy minds.
//
// A hashed wheel: a timer lies in the slot of its tick modulo the number of slots, and one whose
// turn is a later round is passed over. Pure: whoever owns the wheel calls advance() with the time.
// Source: Varghese, Lauck, "Hashed and hierarchical timing wheels", SOSP 1987, scheme 6.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace sidecar {

/// A place in a ring of timers; alone it is a ring's head.
struct TimerLink {
  TimerLink* next = nullptr;
  TimerLink* previous = nullptr;

  void unlink();
  void link_before(TimerLink& place);
};

/// One alarm. Destroying it takes it off its wheel.
class Timer : TimerLink {
 public:
  using Ring = void (*)(void* owner);
  Timer(void* owner, Ring ring) : owner_(owner), ring_(ring) {}
  ~Timer() { unlink(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool armed() const { return next != nullptr; }

 private:
  friend class TimerWheel;
  std::int64_t due_ = 0;  // in ticks since the wheel's beginning
  void* owner_;
  Ring ring_;
};

/// Thread: one.
class TimerWheel {
 public:
  TimerWheel(base::TimePoint start, base::Duration tick);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Rings once, at `when` or up to a tick later, never earlier; replaces what was set before.
  void arm(Timer& timer, base::TimePoint when);
  void disarm(Timer& timer) { timer.unlink(); }
  /// Rings everything that is due. What a ring arms for the past rings at the next tick.
  void advance(base::TimePoint now);
  /// When advance() is worth its call again, at the latest; kNever: nothing is armed.
  base::TimePoint next() const;

 private:
  static constexpr std::size_t kSlots = 512;
  TimerLink& slot(std::int64_t tick) { return slots_[static_cast<std::size_t>(tick) % kSlots]; }

  std::array<TimerLink, kSlots> slots_;
  base::TimePoint start_;
  base::Duration tick_;
  std::int64_t current_ = 0;  // every tick up to here has rung
};

}  // namespace sidecar
