// Steps `startProcess` and `stopProcess` (also a fault): by the start and stop commands of the
// system. Undone by the other command, where the process was in the other state before.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_start_process_step();
std::unique_ptr<Driver> make_stop_process_step();

}  // namespace targets
