// What a run of the simulated operator is, drawn from a seed or said as text.
//
// A point is one write of operator, runner or guardian, before or after which the process that
// makes it dies or stands still. It counts when it was reached: a run that ends first has not had
// it. A fifth of the drawn runs have one point. The others have as many as come, most of them
// within two writes of the one before: whoever mends what one left dies too. All laws hold from
// the first point to the end, so each point that was reached is judged by all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "simulated/scenario.h"

namespace op {

struct CrashPoint {
  /// The first write from this one on, from 0, of operator, runner and guardian together, when the
  /// points before it have been.
  std::uint32_t write = 0;
  bool after = false;      // it has landed, its answer has not
  base::Duration still{};  // zero: it dies
  /// Of `still`: its node stands still with it, so that nobody ends its pod.
  bool node = false;
  /// Only one of the operator's own: the drill goes on meanwhile.
  bool operators = false;
};

struct RunOptions {
  Scenario scenario = Scenario::Failover;
  std::uint64_t seed = 1;
  std::vector<CrashPoint> points;  // in this order
  bool trace = false;              // every write and every log line, on stdout
};

/// "Failover:17:42:after" and "...:after:12000", where the process stands still for that many
/// milliseconds, or "...:after:12000:node", or "...:after:operator"; further points behind commas:
/// "Failover:17:42:after,50:before". Without a point it ends after the seed.
std::string to_string(const RunOptions& options);
std::optional<RunOptions> parse_run(const std::string& text);
/// Scenario and points as the seed draws them.
RunOptions sampled(std::uint64_t seed);

}  // namespace op
