#include "aio/task_group.h"

#include <boost/asio/co_spawn.hpp>

namespace aio {

TaskGroup::TaskGroup(const Executor& executor, std::stop_token parent)
    : executor_(executor), parent_(std::move(parent), Relay{&stop_}), idle_(executor) {
  idle_.set();
}

TaskGroup::~TaskGroup() {
  CHECK(running_ == 0 || KilledTasks::allowed());
}

void TaskGroup::spawn(Task<base::Result<>> task) {
  ++running_;
  idle_.reset();
  asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr bug, base::Result<> done) {
    ended(std::move(bug), std::move(done));
  });
}

void TaskGroup::ended(std::exception_ptr bug, base::Result<> outcome) {
  // Tasks speak in Results; whatever is thrown through one is a bug and must not be swallowed.
  if (bug) {
    std::rethrow_exception(bug);
  }
  if (!outcome && outcome.error().code != base::Code::Cancelled && !first_error_) {
    first_error_ = std::move(outcome.error());
    stop_.request_stop();
  }
  if (--running_ == 0) {
    idle_.set();
  }
}

Task<base::Result<>> TaskGroup::join() {
  while (running_ > 0) {
    co_await idle_.wait();
  }
  if (first_error_) {
    co_return tl::unexpected(*first_error_);
  }
  co_return base::Result<>{};
}

}  // namespace aio
