// The `features` probe as a plan names it: each feature of an application is called again and
// again.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> features_probe();

}  // namespace probes
