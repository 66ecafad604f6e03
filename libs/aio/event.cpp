#include "aio/event.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aio {

Event::Event(const Executor& executor, Mode mode)
    : waiters_(executor, asio::steady_timer::time_point::max()), mode_(mode) {}

void Event::set() {
  set_ = true;
  if (mode_ == Mode::Auto) {
    waiters_.cancel_one();
  } else {
    waiters_.cancel();
  }
}

Task<bool> Event::wait(std::stop_token stop) {
  // A stop wakes every waiter of the timer; the others find neither the flag nor their own stop
  // and wait again.
  const std::stop_callback wake(stop, [this] { waiters_.cancel(); });
  while (!set_) {
    if (stop.stop_requested()) {
      co_return false;
    }
    boost::system::error_code ignored;
    co_await waiters_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (mode_ == Mode::Auto) {
    set_ = false;
  }
  co_return true;
}

}  // namespace aio
