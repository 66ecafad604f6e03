// What faults, steps and their undo wait for: a workload's pods to be gone, or to be as many as
// they should be and ready.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "cluster/cluster_target.h"

namespace cluster {

/// Asks for a pod's end, of exactly this one. Gone already: ok. `force`: at once, without asking
/// the kubelet. Errors: what the server says.
aio::Task<base::Result<>> delete_pod(ClusterTarget& target, Pod pod, bool force,
                                     std::stop_token stop);
/// Until none of these pods is there any more. Errors: Cancelled naming those that are.
aio::Task<base::Result<>> until_gone(aio::Clock& clock, ClusterTarget& target,
                                     std::vector<Pod> pods, std::stop_token stop);
/// Until as many pods are ready as the workload wants. Errors: Cancelled with how many are.
aio::Task<base::Result<>> until_ready(aio::Clock& clock, ClusterTarget& target,
                                      std::string workload, std::stop_token stop);

}  // namespace cluster
