// Eviction: a pod is asked to end as `kubectl drain` asks, so that PodDisruptionBudgets have a say.
// One that refuses (429) is asked again until the part's time is over; then what the budget said is
// the reason of the failure. Source: Kubernetes API-initiated eviction, policy/v1.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "cluster/cluster_target.h"
#include "cluster/rights.h"

namespace cluster {

/// Of exactly this pod. Gone already: ok. Errors: what the server says; Cancelled, naming the pod
/// and what refused it.
aio::Task<base::Result<>> evict_pod(aio::Clock& clock, ClusterTarget& target, Pod pod,
                                    std::stop_token stop);

/// What an eviction needs.
Right right_to_evict();

}  // namespace cluster
