// Whether the account of a drill's pods may do what a kind does, asked in the preflight: a right
// that is missing is a drill that does not begin, not a fault that fails half-way.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "aio/task.h"
#include "base/result.h"
#include "cluster/cluster_target.h"

namespace cluster {

/// Some verbs on one resource, in the drill's namespace where the resource has one.
struct Right {
  kube::Resource resource{};
  std::vector<std::string> verbs{};
  std::string subresource{};
  std::string name{};  // empty: of any
};

/// Errors: PermissionDenied naming the first verb and resource that are not allowed.
aio::Task<base::Result<>> check_rights(ClusterTarget& target, std::vector<Right> rights,
                                       std::stop_token stop);

}  // namespace cluster
