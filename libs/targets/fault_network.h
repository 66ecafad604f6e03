// Fault `network`: hurts the link that a relay carries, or cuts one peer off from all others.
// Undone in every case, by giving each relay the setting it had.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_network_fault();

}  // namespace targets
