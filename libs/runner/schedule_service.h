// Serves one DrillSchedule on this machine: asks the engine (scheduling/engine.h), writes its
// decision down, carries it out, waits. A drill is a process of its own, `muster drill run`: one
// that dies cannot take the scheduler with it, and a scheduler that is killed leaves its drill to
// end in good order; the next one finds it and counts it as running.
//
// The schedule's file is read again when it changes, so that it can be suspended while it is
// served. What the file may not do is change its name; a file that is wrong is told and the old one
// stays.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "aio/clock.h"
#include "aio/event.h"
#include "aio/process.h"
#include "aio/task_group.h"
#include "runner/schedule_dir.h"
#include "runner/schedule_file.h"

namespace runner {

class ScheduleService {
 public:
  struct Setup {
    StateDir state;
    ScheduleFile file;
    const api::ActionCatalog& catalog;
    std::function<void(const std::string&)> say;  // a line for people
  };

  /// Takes the schedule's lock and reads what it decided before.
  /// Errors: AlreadyExists (another process serves it), DataLoss.
  static base::Result<std::unique_ptr<ScheduleService>> open(aio::Clock& clock,
                                                             const aio::Executor& executor,
                                                             Setup setup);

  /// Serves until `stop`; then drills that it started are interrupted, and it waits until they have
  /// undone everything. Only the outside can end it: an error is told and tried again.
  aio::Task<base::Result<>> serve(std::stop_token stop);
  /// Whether stopping ended a drill.
  bool interrupted_a_drill() const { return interrupted_; }

 private:
  struct Running {
    scheduling::Instant slot;
    aio::Child child;
    bool told_to_end = false;
  };

  ScheduleService(aio::Clock& clock, const aio::Executor& executor, Setup setup, ScheduleDir dir,
                  aio::FileLock lock);
  base::Result<> begin();
  void reload();
  scheduling::Decision decide();
  std::vector<std::string> running() const;
  bool carry_out(const scheduling::Decision& decision);
  bool write_down(const scheduling::Record& record);
  void start(const scheduling::Slot& slot);
  void abort_running(const std::string& reason);
  aio::Task<base::Result<>> see_it_end(scheduling::Instant slot);
  aio::Task<base::Result<>> wait(scheduling::Wait wait, std::stop_token stop);
  void tell_wait(const scheduling::Wait& wait);
  void say(const std::string& text) const;
  scheduling::Instant now() const { return scheduling::whole_second(clock_.wall_now()); }

  aio::Clock& clock_;
  aio::Executor executor_;
  Setup setup_;
  ScheduleDir dir_;
  aio::FileLock lock_;
  scheduling::State state_;
  aio::Event changed_;  // a drill has ended
  aio::TaskGroup drills_;
  std::map<scheduling::Instant, Running> running_;
  std::string told_;      // the last line about waiting, told once
  std::string bad_file_;  // the text of a file that was refused, told once
  bool interrupted_ = false;
};

}  // namespace runner
