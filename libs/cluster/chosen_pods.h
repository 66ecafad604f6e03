// The pods that a fault hits: chosen in prepare, kept in the journal by name and UID, so that a pod
// of the same name that was made later is never taken for one of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"
#include "cluster/cluster_target.h"

namespace cluster {

/// Pods as a journal keeps them, and back.
api::Node node_of(const std::vector<Pod>& pods);
std::vector<Pod> pods_in(const api::Node& journal);
/// "web-0, web-1"
std::string names_of(const std::vector<Pod>& pods);

/// The first `count` pods of a workload by name that are not on their way out.
/// Errors: FailedPrecondition: it has fewer.
base::Result<std::vector<Pod>> choose_pods(const ClusterTarget& target, const std::string& workload,
                                           std::int64_t count);

/// Whether somebody makes these pods of a workload again when they end: of those that a plan names
/// by their labels nobody may. Errors: FailedPrecondition naming the first that has no controller.
base::Result<> check_made_again(const ClusterTarget& target, const std::string& workload,
                                const std::vector<Pod>& pods);

}  // namespace cluster
