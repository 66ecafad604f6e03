// Condition `process`: whether a process runs, is suspended, or is gone, by its pid files. A zombie
// is gone.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Condition> make_process_condition();

}  // namespace targets
