// A runner whose prober is the simulation itself: it sees at once whether the Services that the
// plan names lead to a ready pod. All else is the product's: how the drill is held
// (operator/drill_holder.h), the engine and its drive, the kinds of a cluster, the journal.
#pragma once

#include <memory>

#include "operator/pod_edge.h"
#include "operator/pod_options.h"
#include "operator/pod_program.h"
#include "sim/api_server.h"

namespace op {

/// Lifetime: all outlive it.
std::unique_ptr<PodProgram> make_simulated_runner(const PodOptions& options, PodEdge& edge,
                                                  const sim::ApiServer& server);

}  // namespace op
