// Processes in virtual time: each has an event loop, a clock and a program of coroutines of its
// own, as a process of an operating system has. They can be killed at any moment, and then nothing
// of them runs any more, no destructor's work is seen by others; or stand still for a while, and
// then all that was due comes late and at once.
//
// One thing happens at a time, in order of time and then of asking, so that a run is a function of
// its seed. Somebody who blocks his thread (the undo journal) lets the others run meanwhile:
// run_until().
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "sim/event_queue.h"

namespace sim {

class Process;

class Machine {
 public:
  Machine();
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  base::TimePoint now() const { return queue_.now() + kBegin; }
  base::WallTime wall_now() const { return wall_begin_ + (now() - base::TimePoint()); }

  /// Starts with an empty program.
  Process& make(std::string name);
  /// Calls `what` then: in a process, or in nobody's. It is not called in one that is dead by then,
  /// and late in one that stands still. Equal times in the order they were asked for.
  void at(base::TimePoint when, Process* process, std::function<void()> what);
  void after(base::Duration delay, Process* process, std::function<void()> what) {
    at(now() + delay, process, std::move(what));
  }

  /// Kills all processes, before what they use is gone. Not from inside of one.
  void end_all();

  /// The next thing that happens; false: nothing does, or not before `until`.
  bool step(base::TimePoint until = base::kNever);
  /// Until the condition holds. From inside of a process: that one is busy meanwhile.
  /// False: the time has come first.
  bool run_until(const std::function<bool()>& condition, base::TimePoint until);

 private:
  friend class Process;
  static constexpr base::Duration kBegin = base::seconds(1000);

  void call(Process& process, std::function<void()> what);
  void bury();

  EventQueue queue_;
  base::WallTime wall_begin_{base::seconds(1'800'000'000)};
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Process*> dying_;
  int depth_ = 0;  // calls into processes that are on the stack
};

class Process {
 public:
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& name() const { return name_; }
  aio::Clock& clock();
  aio::Executor executor();
  Machine& machine() { return machine_; }

  /// Runs the task, which `program` outlives; `ended`, in nobody's process, when it has ended.
  void run(std::shared_ptr<void> program, aio::Task<base::Result<bool>> task,
           std::function<void(const base::Result<bool>&)> ended);
  /// At once: nothing of it is heard of any more. `died` of die_with() is called.
  void kill();
  /// Called once, when it is killed or has ended by itself.
  void die_with(std::function<void()> died) { died_ = std::move(died); }
  void stand_still(base::Duration length);

  bool alive() const { return alive_; }
  bool stands_still() const { return machine_.now() < still_until_; }

 private:
  friend class Machine;
  class Context;
  class VirtualClock;

  Process(Machine& machine, std::string name);
  void poll();
  void destroy();

  Machine& machine_;
  std::string name_;
  std::unique_ptr<Context> context_;
  std::shared_ptr<void> program_;
  std::unique_ptr<VirtualClock> clock_;
  std::function<void()> died_;
  std::deque<std::function<void()>> late_;  // while it was busy or stood still
  base::TimePoint still_until_{};
  bool waking_ = false;  // for what is late
  bool alive_ = true;
  bool busy_ = false;
};

}  // namespace sim
