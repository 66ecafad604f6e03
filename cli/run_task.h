// An io_context for the length of one command.
#pragma once

#include <csignal>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "aio/clock.h"
#include "aio/signal.h"
#include "aio/task_group.h"

namespace cli {

class TaskRun {
 public:
  aio::Clock& clock() { return clock_; }
  aio::Executor executor() { return context_.get_executor(); }
  /// SIGINT or SIGTERM ended the last until_signal().
  bool interrupted() const { return interrupted_; }

  template <class T>
  base::Result<T> run(aio::Task<base::Result<T>> task) {
    return aio::run(context_, std::move(task));
  }

  /// Runs `make(clock, stop)`; SIGINT and SIGTERM request the stop.
  template <class Make>
  base::Result<> until_signal(Make make) {
    return run(with_signals(make(clock_, stop_.get_token())));
  }

 private:
  aio::Task<base::Result<>> stop_on_signal(std::stop_token done) {
    CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, std::move(done)));
    interrupted_ = true;
    stop_.request_stop();
    co_return base::Result<>{};
  }
  aio::Task<base::Result<>> with_signals(aio::Task<base::Result<>> work) {
    aio::TaskGroup group(context_.get_executor());
    group.spawn(stop_on_signal(group.token()));
    auto outcome = co_await std::move(work);
    group.cancel();
    static_cast<void>(co_await group.join());
    co_return outcome;
  }

  boost::asio::io_context context_;
  aio::SystemClock clock_;
  std::stop_source stop_;
  bool interrupted_ = false;
};

}  // namespace cli
