// The fault that drains a Node of what is drilled: it is cordoned, and the pods there of the plan's
// workloads, all of which agreed to be drilled, are evicted as PodDisruptionBudgets allow. Other
// pods stay, and so do those of a DaemonSet, which would come back to the same Node at once.
// The undo uncordons and waits until the workloads have their pods again.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_drain_fault();
}  // namespace cluster
