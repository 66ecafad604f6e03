// The coroutine type of the product and the two ways to start one. A Task belongs to a TaskGroup
// (aio/task_group.h) or is run to its end by run(); nothing is detached.
// Cancellation is std::stop_token, passed down as the last parameter: Boost 1.74 has no
// cancellation slots, so a leaf that waits registers a std::stop_callback which closes or cancels
// its own I/O object or timer (aio/event.h, aio/deadline.h show how). All callbacks of one token
// run on the thread that requests the stop, which is the thread of the io_context.
#pragma once

// Boost 1.74's awaitable.hpp uses std::exchange without including <utility>.
#include <exception>
#include <optional>
#include <stop_token>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"
#include "base/result.h"

namespace aio {

namespace asio = boost::asio;

using Executor = asio::any_io_executor;

template <class T = void>
using Task = asio::awaitable<T>;

namespace detail {
// co_spawn of Boost 1.74 default-constructs what a task returns; a Result of a type that cannot be
// is handed over like this instead.
template <class T>
Task<> keep(Task<base::Result<T>> task, std::optional<base::Result<T>>& outcome) {
  outcome.emplace(co_await std::move(task));
}
}  // namespace detail

/// Runs the context until the task has ended and returns its result: for main() and for tests.
/// Errors: whatever the task returns; an exception out of it is a bug and ends the process.
template <class T>
base::Result<T> run(asio::io_context& context, Task<base::Result<T>> task) {
  std::optional<base::Result<T>> outcome;
  asio::co_spawn(context, detail::keep(std::move(task), outcome),
                 [](std::exception_ptr error) { CHECK(!error); });
  context.restart();
  while (!outcome && context.run_one() > 0) {
  }
  CHECK(outcome.has_value());
  return std::move(*outcome);
}

}  // namespace aio
