// Joined tasks: whoever spawns waits for the end of all of them, also when one fails. The first
// error (in time) cancels the others and is what join() returns; being cancelled is not an error.
// Use:  TaskGroup group(executor, stop);
//       group.spawn(serve(socket, group.token()));
//       auto done = co_await group.join();
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>

#include "aio/event.h"
#include "aio/task.h"
#include "base/result.h"

namespace aio {

/// While one is there, groups of this thread may end before their tasks: the process that they were
/// of is killed, in a simulation, and its tasks end with its io_context.
class KilledTasks {
 public:
  KilledTasks() { ++depth_; }
  ~KilledTasks() { --depth_; }
  KilledTasks(const KilledTasks&) = delete;
  KilledTasks& operator=(const KilledTasks&) = delete;
  static bool allowed() { return depth_ > 0; }

 private:
  inline static thread_local int depth_ = 0;
};

class TaskGroup {
 public:
  /// Stops its tasks when `parent` is stopped.
  explicit TaskGroup(const Executor& executor, std::stop_token parent = {});
  /// Every task must have ended: join() first.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// The token that tasks of this group take.
  std::stop_token token() const { return stop_.get_token(); }
  /// Starts the task; it runs on the group's executor.
  void spawn(Task<base::Result<>> task);
  /// Asks every task to stop; join() still waits for them.
  void cancel() { stop_.request_stop(); }
  std::size_t running() const { return running_; }

  /// Waits until no task runs. Errors: the first error of a task.
  Task<base::Result<>> join();

 private:
  void ended(std::exception_ptr bug, base::Result<> outcome);
  struct Relay {
    std::stop_source* stop;
    void operator()() const { stop->request_stop(); }
  };

  Executor executor_;
  std::stop_source stop_;
  std::stop_callback<Relay> parent_;
  Event idle_;
  std::size_t running_ = 0;
  std::optional<base::Error> first_error_;
};

}  // namespace aio
