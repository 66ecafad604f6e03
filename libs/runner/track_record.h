// How a plan did over all its drills on this machine (D7, measurement.md §9), from the history.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "drill/history.h"
#include "drill/summary.h"
#include "runner/state_dir.h"

namespace runner {

/// Errors: what is wrong with the history; the drills' own reports are not touched by it.
/// Over the drills of this plan that had the same spec_digest; the others are left out and counted.
/// `current` is a drill that is not in the history yet.
base::Result<drill::HistorySummary> track_record(const StateDir& state, const std::string& plan,
                                                 const std::string& spec_digest,
                                                 const std::optional<drill::Summary>& current = {});

/// "RTO met in 3 of 4 drills (at least 24.9 % with 95 % confidence), mean 1.2 s, worst 3 s,
/// stable", and the same for the RPO; three lines,
/// the first of which says which drills these are.
std::string describe(const drill::HistorySummary& history);

}  // namespace runner
