// Gives each user of the application its share: a request runs, waits for its turn, or is told to
// come back (alert/user_gate.h). 429 with Retry-After: as many of its user's requests wait as may.
// 503 with Retry-After: it has waited for too long, or there are as many users as may be. The
// sidecar's own pages and paths that are not limited are nobody's.
#pragma once

#include <memory>

#include "sidecar/clients.h"
#include "sidecar/filter.h"
#include "sidecar/user_places.h"

namespace sidecar {

/// Lifetime: `places` outlives the filter.
std::unique_ptr<Filter> make_users_filter(UserPlaces& places, UserNames names,
                                          std::shared_ptr<const Clients> clients, std::size_t core);

}  // namespace sidecar
