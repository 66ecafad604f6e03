#include "aio/signal.h"

#include <signal.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace aio {

Task<base::Result<int>> wait_signal(std::vector<int> numbers, std::stop_token stop) {
  asio::signal_set set(co_await asio::this_coro::executor);
  for (const int number : numbers) {
    boost::system::error_code error;
    set.add(number, error);
    if (error) {
      co_return base::fail_errno("cannot watch for a signal", error.value());
    }
  }
  const std::stop_callback wake(stop, [&set] { set.cancel(); });
  boost::system::error_code error = asio::error::operation_aborted;
  int number = 0;
  if (!stop.stop_requested()) {
    number = co_await set.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  if (error) {
    co_return base::fail(base::Code::Cancelled, "stopped while waiting for a signal");
  }
  co_return number;
}

void ignore_sigpipe() {
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace aio
