// Fault `sidecar`: what a sidecar lets happen to the traffic that it passes on: late, slow, failed,
// reset, held, or one peer cut off. It is a lease that sustain() renews: the fault of a drill that
// was killed or stands still ends by itself within ten seconds, whoever else is alive.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_sidecar_fault();

}  // namespace targets
