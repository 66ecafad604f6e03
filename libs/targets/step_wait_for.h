// Step `waitFor`: looks until a condition holds. Changes nothing; the step's timeout ends it.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_wait_for_step();

}  // namespace targets
