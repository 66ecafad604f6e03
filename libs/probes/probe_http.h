// The `http` probe as a plan names it: new and open connections to one URL.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> http_probe();

}  // namespace probes
