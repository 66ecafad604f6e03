// The `tcp` probe as a plan names it: does the port accept, does what stands behind it answer.
#pragma once

#include <memory>

#include "probes/probe_kind.h"

namespace probes {

std::unique_ptr<ProbeKind> tcp_probe();

}  // namespace probes
