// Applies a manifest in the drill's namespace: whatever is a fault or a remedy and can be written
// as an object. Where nothing has that name it is created, and its undo deletes it; where something
// has, it is changed by server-side apply, and the undo gives the changed fields their earlier
// values.
//
// What it made has the mark of the plan, and only that is deleted: between the look and the
// creation somebody else may have made one of that name, and then the step fails and leaves it
// alone.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_manifest_step();
}  // namespace cluster
