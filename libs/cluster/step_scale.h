// Scales a Deployment or StatefulSet: as a fault (to none), as a step of a recovery, as failback.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_scale_step();
}  // namespace cluster
