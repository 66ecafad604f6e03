// Fault `process`: a signal to a process and, by default, all its descendants. KILL is complete
// when every one of them is proven gone; STOP when every one is suspended. Undone by the process's
// start command, or by SIGCONT, as long as nobody else has become the primary meanwhile.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_process_fault();

}  // namespace targets
