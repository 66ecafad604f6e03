// Where a connection stands while a fault holds it up: one place for each direction. Delays are
// what a drill asked for, to the millisecond, so that they have timers of their own and not the
// core's wheel; only a connection that a fault has met pays for them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.h"

namespace sidecar {

enum class Way : std::uint8_t {
  Up,   // to the application
  Down  // to the client
};

struct FaultWait {
  using Clock = std::chrono::steady_clock;
  using AlarmTimer = boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                                       boost::asio::io_context::executor_type>;

  explicit FaultWait(boost::asio::io_context& context) : timer(context) {}

  AlarmTimer timer;
  std::uint64_t fault = 0;  // its serial; 0: nobody stands here
  base::TimePoint until{};
  std::uint64_t turn = 0;  // a timer that rang for an earlier one is late
};

class FaultWaits {
 public:
  explicit FaultWaits(boost::asio::io_context& context)
      : places_{FaultWait(context), FaultWait(context)} {}

  FaultWait& at(Way way) { return places_[static_cast<std::size_t>(way)]; }
  void stop() {
    for (FaultWait& place : places_) {
      place.fault = 0;
      ++place.turn;
      place.timer.cancel();
    }
  }

 private:
  std::array<FaultWait, 2> places_;
};

}  // namespace sidecar
