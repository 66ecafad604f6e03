// The fault that cordons a Node: pods that end there do not come back there. Beside deletePods it
// shows whether the rest of the cluster has room. Nodes belong to nobody's namespace: the account
// of a drill's pods may only do this where the chart's nodes.enabled gave it a ClusterRole.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_cordon_fault();
}  // namespace cluster
