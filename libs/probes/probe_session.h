// The `session` probe as a plan names it: sessions that are made before the fault and carried on
// after it.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> session_probe();

}  // namespace probes
