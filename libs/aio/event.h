// A flag that coroutines of one executor wait for. Boost 1.74 has no channels: this is what they
// are built from. set() before wait() is not lost.
//   Manual   stays set until reset(); set() wakes every waiter ("started", "all done")
//   Auto     set() wakes one waiter, which clears the flag ("there is work")
#pragma once

#include <stop_token>

#include <boost/asio/steady_timer.hpp>

#include "aio/task.h"

namespace aio {

class Event {
 public:
  enum class Mode { Manual, Auto };

  explicit Event(const Executor& executor, Mode mode = Mode::Manual);
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Thread: the executor's; another thread posts to it.
  void set();
  void reset() { set_ = false; }
  bool is_set() const { return set_; }

  /// Waits for set(). Cancellation: false when `stop` was requested first.
  /// Lifetime: the Event outlives every waiter.
  Task<bool> wait(std::stop_token stop = {});

 private:
  asio::steady_timer waiters_;  // never expires: set() and stop cancel its waits
  Mode mode_;
  bool set_ = false;
};

}  // namespace aio
