// Pods that a plan names by their labels, whoever made them. Those of an operator's own kind belong
// to no Deployment and no StatefulSet that could be asked how many there should be: the plan says
// it.
//
// A set never has the pods of drills, whatever its selector says. And where the namespace did not
// agree to be drilled but each pod did, a pod without the label is none of them, also one that is
// made later: no fault hits it, and no NetworkPolicy of a drill selects it.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "api/recovery_plan.h"
#include "base/result.h"
#include "cluster/objects.h"
#include "kube/client.h"

namespace cluster {

/// The LabelSelector of a set; empty: `selector`, of the plan, asks for nothing. `each_agrees`:
/// only pods with the label that agrees.
api::Node selects_of(const api::Node& selector, bool each_agrees);

/// The set as a workload: it wants as many as the plan says, and is never gone.
/// Errors: InvalidArgument: a selector that is not known, or asks for nothing.
base::Result<Workload> pod_set(const api::WorkloadSpec& spec, bool each_agrees,
                               const std::vector<Pod>& pods);

/// The pods that a LabelSelector selects, an empty one all, and that have not ended, as the cluster
/// has them now, by name. Lifetime: client outlives it. Errors: what the server says.
aio::Task<base::Result<std::vector<Pod>>> list_pods(kube::Client& client, std::string ns,
                                                    api::Node selects, std::stop_token stop);

/// The first that has not agreed to be drilled; null: all have.
const Pod* first_closed(const std::vector<Pod>& pods);

}  // namespace cluster
