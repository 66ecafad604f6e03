// The only reader of the steady and the wall clock. Drivers take a Clock& so that the same driver
// runs in real time here and in virtual time in libs/sim; decisions take the time as a parameter
// and see no clock at all.
// The steady clock is CLOCK_MONOTONIC: it does not jump with the wall clock, it goes on while the
// process is stopped, and it is the same in every process of one machine.
#pragma once

#include <functional>
#include <memory>

#include "aio/task.h"
#include "base/time.h"

namespace aio {

/// CLOCK_MONOTONIC.
base::TimePoint now();
/// CLOCK_REALTIME.
base::WallTime wall_now();

/// One alarm that can be moved. Destroying it disarms it; its callback never runs afterwards.
class Alarm {
 public:
  virtual ~Alarm() = default;
  /// Calls `ring` once, from the executor, at or after `when`; replaces what was armed before.
  virtual void arm(base::TimePoint when, std::function<void()> ring) = 0;
  virtual void disarm() = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual base::TimePoint now() const = 0;
  virtual base::WallTime wall_now() const = 0;
  virtual std::unique_ptr<Alarm> alarm(const Executor& executor) = 0;
};

/// Real time.
class SystemClock final : public Clock {
 public:
  base::TimePoint now() const override { return aio::now(); }
  base::WallTime wall_now() const override { return aio::wall_now(); }
  std::unique_ptr<Alarm> alarm(const Executor& executor) override;
};

/// Waits until `when`.
/// Cancellation: returns false as soon as `stop` is requested, true when the time has come.
Task<bool> wait_until(Clock& clock, base::TimePoint when, std::stop_token stop);
/// The same, counted from now.
Task<bool> wait_for(Clock& clock, base::Duration length, std::stop_token stop);

}  // namespace aio
