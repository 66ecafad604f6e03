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

}  // namespace cluster
