// Condition `command`: a program of the user's exits with 0.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Condition> make_command_condition();

}  // namespace targets
