// The cache on the admin port: what it holds, for everybody, and the making void of what it holds,
// for those who have the token.
#pragma once

#include <functional>
#include <string_view>

#include "sidecar/admin.h"
#include "sidecar/cache.h"

namespace sidecar {

/// GET /api/cache and POST /api/cache/invalidate. `cache`: asked each time; null: it is off.
void add_cache_routes(Admin& admin, std::function<Cache*()> cache);

}  // namespace sidecar
