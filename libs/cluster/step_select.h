// Switches which pods a Service leads to, by its selector: a failover of the service address, or,
// as a fault, pods that users do not reach any more.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_select_step();
}  // namespace cluster
