// Step `route`: where a service leads. `to` makes one server the only one, `remove` takes one out
// and `add` lets one in. Undone by giving every server of the service the state it had.
#pragma once

#include <memory>

#include "targets/driver.h"

namespace targets {

std::unique_ptr<Driver> make_route_step();

}  // namespace targets
