// Maps in one order, for texts that must not depend on the order in which members were written.
#pragma once

#include "api/node.h"

namespace api {

/// The same with the members of each map in the order of their names.
Node sorted(const Node& node);

}  // namespace api
