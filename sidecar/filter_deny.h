// Answers 403 to clients that are denied where nothing else is limited (`limits: off`). With
// limits, and in their dry run, it is theirs to do (filter_limit.h).
#pragma once

#include <memory>

#include "sidecar/clients.h"
#include "sidecar/filter.h"
#include "sidecar/filter_limit.h"

namespace sidecar {

/// Lifetime: `figures` outlives the filter.
std::unique_ptr<Filter> make_deny_filter(LimitFigures& figures,
                                         std::shared_ptr<const Clients> clients);

}  // namespace sidecar
