// The `http` probe as a plan names it: new and open connections to one URL, and the same request to
// each of some instances, over connections that were opened before the fault and over new ones.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> http_probe();

}  // namespace probes
