// Cordoning a Node for a drill: it takes no new pods. Shared by the faults cordon and drain.
//
// Only what the drill cordoned is uncordoned: the same write that makes the Node unschedulable
// gives it an annotation with the plan, and without that annotation the undo leaves it alone. So it
// is of no harm that the apply never ran, that somebody uncordoned the Node meanwhile, or that
// another drill or a person had cordoned it before.
#pragma once

#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "api/action.h"
#include "base/result.h"
#include "cluster/cluster_target.h"
#include "cluster/rights.h"

namespace cluster {

/// The fields workload and node, of which exactly one is needed.
std::vector<api::FieldSpec> node_fields();
/// The node that is named, or that of the workload's first pod by name.
/// Errors: FailedPrecondition: the workload has no pod on a node.
base::Result<std::string> node_of(const ClusterTarget& target, const api::Node& params);
Right right_to_cordon(std::string node);

/// What the undo needs. `mine` of it: the Node takes pods now, so that it is ours to cordon.
/// Errors: what the server says.
aio::Task<base::Result<api::Node>> prepare_cordon(ClusterTarget& target, std::string node,
                                                  std::stop_token stop);
/// Makes the Node unschedulable, if it is ours to. Errors: FailedPrecondition: somebody else has
/// done so meanwhile, or it is another Node of that name; what the server says.
aio::Task<base::Result<>> cordon(aio::Clock& clock, ClusterTarget& target, api::Node journal,
                                 std::stop_token stop);
/// Errors: FailedPrecondition: the Node takes pods.
aio::Task<base::Result<>> prove_cordon(ClusterTarget& target, api::Node journal,
                                       std::stop_token stop);
/// Errors: what the server says.
aio::Task<base::Result<>> uncordon(aio::Clock& clock, ClusterTarget& target, api::Node journal,
                                   std::stop_token stop);

}  // namespace cluster
