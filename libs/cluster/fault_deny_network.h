// The fault that cuts the pods of a workload off by a NetworkPolicy. Whether a policy does anything
// is for the network plugin of a cluster, and many have none that enforces it, so the fault counts
// only where it is seen to be in force: before it a TCP connection from here to each pod is taken,
// while it is in force none is. Without that the drill is invalid.
//
// Policies add up what they allow, so a policy that allows us in beside ours keeps the connection
// open, and the fault is not proven; where no policy did, ours leaves nobody. Nodes may always
// reach their own pods, for the kubelet's probes. Connections that are open already may live on,
// which is for the plugin too. What pods reach themselves (Egress) cannot be seen from here: such a
// fault needs a proof of the plan's own.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_deny_network_fault();
}  // namespace cluster
