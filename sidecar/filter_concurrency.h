// Limits how many requests of one client are under way at once. One more is answered 429 with
// Retry-After: 1, since it is over as soon as another one ends. Paths and clients that are not
// limited take no place. A dry run lets all of them in and counts what would have been.
#pragma once

#include <memory>

#include "sidecar/client_slots.h"
#include "sidecar/clients.h"
#include "sidecar/filter.h"

namespace sidecar {

/// Lifetime: `slots` outlives the filter.
std::unique_ptr<Filter> make_concurrency_filter(ClientSlots& slots,
                                                std::shared_ptr<const Clients> clients);

}  // namespace sidecar
