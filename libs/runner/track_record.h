// How a plan did over all its drills on this machine (D7, measurement.md §9), from the history.
#pragma once

#include <string>

#include "base/result.h"
#include "drill/history.h"
#include "runner/state_dir.h"

namespace runner {

/// Errors: what is wrong with the history; the drills' own reports are not touched by it.
base::Result<drill::HistorySummary> track_record(const StateDir& state, const std::string& plan);

/// "RTO met in 3 of 4 drills (at least 24.9 % with 95 % confidence), mean 1.2 s, worst 3 s,
/// stable", and the same for the RPO; two lines.
std::string describe(const drill::HistorySummary& history);

}  // namespace runner
