// The fault that evicts pods of a workload, as a drain or a cluster autoscaler does: its
// PodDisruptionBudget may refuse, which is waited for. Its controller makes new ones by itself; the
// undo waits until they are ready.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_evict_fault();
}  // namespace cluster
