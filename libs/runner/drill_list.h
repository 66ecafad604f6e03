// Every drill of this machine with its state: the finished ones from the index (history.db), so
// that a thousand reports need not be read, the others from their folders. A history that is lost
// or damaged costs time and not a row: what it lacks is read from the reports.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "report/rows.h"
#include "runner/state_dir.h"

namespace runner {

/// Whether the drill's process lives: it holds the drill's lock.
bool alive(const DrillDir& dir);

/// A drill as its folder and its lock say, with what to do about it; without its report.
report::ListedDrill look_at(const DrillDir& dir);

struct DrillList {
  std::vector<report::ListedDrill> drills;  // newest first
  std::vector<std::string> warnings;        // the history cannot be used
};

/// Errors: the folder of drills cannot be read.
base::Result<DrillList> list_drills(const StateDir& state);

}  // namespace runner
