// Fault `sidecar` of a cluster: what the sidecars of some pods of a workload let happen to the
// traffic that they pass on. As on one machine it is a lease that the drill renews, at each pod by
// itself, and that ends within ten seconds when the drill is gone, whatever else still works.
//
// A pod that ends or is started anew takes its fault with it: that is told as a warning, the others
// stay in force, and the pod that comes in its place gets none, because it is not one of those that
// were chosen.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_sidecar_fault();
}  // namespace cluster
