// What is drilled, wherever it runs: the parts that a plan names, whether they are as they should
// be, and how an instance is read that nobody may reach. Drivers and conditions of one kind of
// target know more of it than this.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "api/local_system.h"
#include "base/result.h"
#include "base/time.h"

namespace targets {

class Target {
 public:
  Target() = default;
  virtual ~Target() = default;
  Target(const Target&) = default;
  Target& operator=(const Target&) = default;
  Target(Target&&) = default;
  Target& operator=(Target&&) = default;

  /// Its parts by name, every string resolved.
  virtual const api::LocalSystem& system() const = 0;
  /// Errors: FailedPrecondition with what is not as it should be.
  virtual aio::Task<base::Result<>> check(std::stop_token stop) = 0;
  /// How it is made up, as the last check that found it whole saw it; may be empty.
  virtual const std::string& description() const = 0;
  /// The names of `system().processes` that run, sorted.
  virtual std::vector<std::string> running() const = 0;
  /// Starts a process unreachable for users; the name of the instance where it answers.
  /// Errors: FailedPrecondition where that cannot be done.
  virtual aio::Task<base::Result<std::string>> start_isolated(std::string name,
                                                              std::stop_token stop) = 0;
  virtual aio::Task<base::Result<>> stop_isolated(std::string name, std::stop_token stop) = 0;
  /// For how long what it is asked to change is awaited after a stop: a part that is out of time
  /// ends by so much later.
  virtual base::Duration ends_within() const { return {}; }
  /// Until when something of which nobody heard how it ended may still take effect; long ago: there
  /// is nothing.
  virtual base::TimePoint may_land_until() const { return {}; }
  /// What was found gone, by its part as the plan calls it ("workload/db-a": "StatefulSet db-a is
  /// gone"), with the instances of a workload that is ("instance/a").
  using Gone = std::map<std::string, std::string>;
  virtual const Gone& gone() const {
    static const Gone nothing;
    return nothing;
  }
  /// What of it was found since the last call; empty: nothing.
  virtual std::string take_found() { return {}; }
};

}  // namespace targets
