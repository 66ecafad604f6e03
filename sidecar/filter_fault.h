// Finds out which faults of a drill (fault_rules.h) touch a request; the session lets them happen
// when all filters have seen it. Last of all: who is over a limit is refused as on any other day.
#pragma once

#include <memory>

#include "sidecar/faults.h"
#include "sidecar/filter.h"

namespace sidecar {

/// Lifetime: `faults` outlives it.
std::unique_ptr<Filter> make_fault_filter(CoreFaults& faults);

}  // namespace sidecar
