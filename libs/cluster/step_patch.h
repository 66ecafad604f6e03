// Changes an object of the drill's namespace: any field of any kind that the account of the drill's
// pods may patch, as a fault (a wrong image, a limit that is too low) and as a step of a recovery.
// The undo gives exactly the changed fields their earlier values.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_patch_step();
}  // namespace cluster
