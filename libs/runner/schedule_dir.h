// What the scheduler keeps on this machine, and what it finds there: a folder per schedule, and the
// drills with the slot that each of them was started for.
//   <root>/schedules/<name>/state.json   what was decided: replaced durably before a drill starts
//   <root>/schedules/<name>/lock         held by the process that serves the schedule
//   <root>/schedules/<name>/source       the file that was served last
//   <root>/schedules/<name>/<slot>.log   what the drill of a slot printed
//   <root>/drills/<id>/origin.json       the schedule and the slot that a drill was started for
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aio/file.h"
#include "base/result.h"
#include "runner/state_dir.h"
#include "scheduling/engine.h"

namespace runner {

class ScheduleDir {
 public:
  /// Makes the folder.
  static base::Result<ScheduleDir> open(const StateDir& state, const std::string& schedule);
  /// Every schedule that was served here, by name.
  static std::vector<ScheduleDir> all(const StateDir& state);

  const std::string& name() const { return name_; }
  std::string state() const { return path_ + "/state.json"; }
  std::string source() const { return path_ + "/source"; }
  std::string log(scheduling::Instant slot) const;

  /// Errors: AlreadyExists naming the process that serves it.
  base::Result<aio::FileLock> lock() const;
  /// Whether a process serves it.
  bool served() const;
  /// Nothing: it was never served. Errors: DataLoss naming the file and what to do.
  base::Result<std::optional<scheduling::State>> load() const;
  /// Durable when it returns ok.
  base::Result<> save(const scheduling::State& state) const;
  /// Removes the logs of slots that the state has forgotten.
  void forget_logs(const scheduling::State& state) const;

 private:
  ScheduleDir(std::string name, std::string path)
      : name_(std::move(name)), path_(std::move(path)) {}
  std::string name_, path_;
};

/// Why a drill was started: a slot of a schedule.
struct Origin {
  std::string schedule;
  scheduling::Instant slot;
};
base::Result<> save_origin(const DrillDir& dir, const Origin& origin);
std::optional<Origin> load_origin(const DrillDir& dir);

/// The drills of a plan whose process lives, by whomever they were started.
std::vector<DrillDir> living_drills(const StateDir& state, const std::string& plan);
/// The drill that a slot led to.
std::optional<DrillDir> drill_of(const StateDir& state, const Origin& origin);
/// Removes the folders of a schedule's drills beyond its history limits; their ids. Drills that run
/// or have something left to undo stay.
std::vector<std::string> remove_beyond_limits(const StateDir& state, const scheduling::Spec& spec);

}  // namespace runner
