// The fault that takes pods of a workload out of their Service, by a label that the Service selects
// on: they go on running and nobody reaches them any more, as with an instance that a load balancer
// has lost. It counts as done when the Service's EndpointSlices do not have them any more, which is
// what nodes and meshes send users by. See detaching.h for which label, and for the undo.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_detach_fault();
}  // namespace cluster
