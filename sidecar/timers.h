// A core's TimerWheel in real time: one timer of the system for all timeouts of the core, which
// sleeps until something is due. A core without connections does not wake up at all.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sidecar/timer_wheel.h"

namespace sidecar {

/// Thread: of the context.
class Timers {
 public:
  explicit Timers(boost::asio::io_context& context);
  void arm(Timer& timer, base::TimePoint when);
  void disarm(Timer& timer) { wheel_.disarm(timer); }
  /// Nothing rings any more.
  void stop();

 private:
  void schedule();
  void wake();

  TimerWheel wheel_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  base::TimePoint waking_at_ = base::kNever;
  bool advancing_ = false;
  bool stopped_ = false;
};

}  // namespace sidecar
