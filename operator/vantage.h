// The second vantage of a drill: a container of its own in the guardian's pod, which is on another
// node than the runner's where there is one (ADR 16). It waits until the runner asks it to measure,
// measures by the plan in the Drill's status into the ledger table that the runner has made, hands
// its records over, and ends with the drill. Whatever becomes of it, the guardian beside it is not
// touched by it: it is another process, with memory and a processor's share of its own.
//
// It listens on a Unix socket in its container; the runner comes to it by an exec of vantage_link()
// there, so that the API server says who may, no port is open and no NetworkPolicy in the way.
#pragma once

#include "operator/pod_options.h"

namespace op {

/// The program's exit code: 0 when there is nothing left to measure.
int measure_beside(const PodOptions& options);

/// Carries standard input and output to measure_beside() of the same container. Exit code 1: it is
/// not there.
int vantage_link(const PodOptions& options);

}  // namespace op
