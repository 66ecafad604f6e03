// A command in a container of a workload's pod: as a fault (a process that is killed or stopped),
// as a step of a recovery, and as a condition. Signals to PID 1 of a container do nothing from
// inside unless it handles them, so a fault of this kind needs a proof, like one by command.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace cluster {
std::unique_ptr<targets::Driver> make_exec_step();
std::unique_ptr<targets::Condition> make_exec_condition();
}  // namespace cluster
