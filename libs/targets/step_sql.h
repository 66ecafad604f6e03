// Step `sql`: one statement on an instance. What it did cannot be known from outside, so it has no
// undo of its own; a plan gives the step one, or says that it goes forward only.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_sql_step();

}  // namespace targets
