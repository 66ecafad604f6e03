// A step that a person does or allows: it waits until somebody has approved it by name. What the
// person took is part of the recovery time, as it would be in a disaster.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_approval_step();

}  // namespace targets
