// A drill as it is now: written to status.json every second for `drill watch`, `drill show` and
// `drill list`, and drawn live by `drill run`. For people; verdicts come from the report alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "drill/evidence.h"
#include "runner/state_dir.h"

namespace runner {

struct StreamHealth {
  std::string name;
  bool decides = false;
  bool good = false;
  bool answered = false;   // false: nothing is known yet
  double for_seconds = 0;  // good or bad since
  std::uint64_t ok = 0, bad = 0;
  double latency_millis = 0;  // of the last operation
  std::string cause;          // of the last bad one
  bool operator==(const StreamHealth&) const = default;
};

struct StatusEvent {
  std::int64_t number = 0;  // in the whole drill, from 1
  double at_seconds = 0;    // since the start
  std::string text;
  bool operator==(const StatusEvent&) const = default;
};

struct DrillStatus {
  std::string id, plan, profile, target;
  std::int64_t pid = 0;
  std::string started;         // RFC 3339
  double elapsed_seconds = 0;  // since the start
  std::string phase, state;    // D3, D4
  double phase_seconds = 0;
  std::string step;                   // what is being worked on; empty: nothing
  double rto_seconds = 0;             // objectives
  std::optional<double> rpo_seconds;  // nothing: the plan asks for none
  double outage_seconds = -1;         // since the fault, while the service is away; -1: it is not
  std::vector<StreamHealth> streams;
  std::vector<StatusEvent> events;  // the last ones
  bool finished = false;
  std::string verdict;  // when finished
  std::string reason;
  int exit_code = 0;
  bool operator==(const DrillStatus&) const = default;
};

std::string to_json(const DrillStatus& status);
/// Errors: InvalidArgument with the path of what is missing or of another type.
base::Result<DrillStatus> status_from_json(const std::string& text);

/// Replaces status.json; a failure is of no consequence, the next one comes in a moment. Not
/// synced: it is of no use after a crash.
void save_status(const DrillDir& dir, const DrillStatus& status);
base::Result<DrillStatus> load_status(const DrillDir& dir);

}  // namespace runner
