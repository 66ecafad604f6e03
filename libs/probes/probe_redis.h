// The `redis` probe as a plan names it: its table of fields, and its streams.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> redis_probe();

}  // namespace probes
