// The fault that deletes pods of a workload: as a node's failure looks to users with `force`, as a
// rollout or an eviction does without. Its controller makes new ones by itself; the undo waits
// until they are ready.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_delete_pods_fault();
}  // namespace cluster
