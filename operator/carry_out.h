// The runner: carries out one Drill of the cluster, in a pod of its own, so that it goes on
// measuring whatever becomes of the operator. It claims the Drill, runs the same engine, prober and
// load as `muster drill run` against the plan that the Drill's status has, and leaves the verdict
// in the status and the evidence beside it.
//
// It ends at once, without undoing, when another pod has taken the drill over: then that one
// undoes.
#pragma once

#include "operator/pod_options.h"

namespace op {

/// The program's exit code: 0 when the drill has ended and said so, whatever its verdict.
int carry_out(const PodOptions& options);

}  // namespace op
