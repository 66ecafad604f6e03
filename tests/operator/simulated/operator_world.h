// Whole drills of a cluster in virtual time: the operator's replicas, runners and guardians as they
// are in the product (but for what a runner measures), an API server, a cluster that lives, a
// network with its weather, and people. At a point that is drawn, before or after a write, the
// process that makes it dies or stands still; the law that no fault is left, nothing is done twice
// and nobody is stuck is looked at all the time.
//
// A run is a function of its options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "simulated/scenario.h"

namespace op {

struct CrashPoint {
  std::uint32_t write = 0;  // the n-th write of operator, runner and guardian together, from 0
  bool after = false;       // it has landed, its answer has not
  base::Duration still{};   // zero: it dies
  /// Of `still`: its node stands still with it, so that nobody ends its pod.
  bool node = false;
};

struct RunOptions {
  Scenario scenario = Scenario::Failover;
  std::uint64_t seed = 1;
  std::optional<CrashPoint> crash;
  bool trace = false;  // every write and every log line, on stdout
};
/// "Failover:17:42:after" and "…:after:12000", where the process stands still for that many
/// milliseconds, or "…:after:12000:node"; without a point it ends after the seed.
std::string to_string(const RunOptions& options);
std::optional<RunOptions> parse_run(const std::string& text);
/// Scenario and point as the seed draws them.
RunOptions sampled(std::uint64_t seed);

struct RunResult {
  std::vector<std::string> violations;
  std::uint32_t writes = 0;  // of the operator, runners and guardians
  bool crashed = false;      // the point was reached
  int drills = 0, faults = 0;
};
RunResult run_drills(const RunOptions& options);

}  // namespace op
