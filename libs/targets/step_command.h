// Fault and step `command`: a program of the user's, run in the system's folder with the system's
// environment. Its undo is a program too; without one nothing is undone.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_command_step();

}  // namespace targets
