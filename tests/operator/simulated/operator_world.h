// Whole drills of a cluster in virtual time: the operator's replicas, runners and guardians as they
// are in the product (but for what a runner measures), an API server, a cluster that lives, a
// network with its weather, and people. At points that are drawn (run_options.h), before or after a
// write, the process that makes it dies or stands still; the law that no fault is left, nothing is
// done twice and nobody is stuck is looked at all the time.
//
// A run is a function of its options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulated/run_options.h"

namespace op {

struct RunResult {
  std::vector<std::string> violations;
  std::uint32_t writes = 0;  // of the operator, runners and guardians
  int died = 0, stood = 0;   // points that were reached, where the process died, or stood still
  int drills = 0, faults = 0;
  int points() const { return died + stood; }
};
RunResult run_drills(const RunOptions& options);

}  // namespace op
