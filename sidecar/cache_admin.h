// The cache on the admin port: what it holds, for everybody, and the making void of what it holds,
// for those who have the token.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "sidecar/admin.h"
#include "sidecar/cache.h"

namespace sidecar {

/// GET /api/cache and POST /api/cache/invalidate. `cache`: asked each time; null: it is off.
/// `told`: what was made void, and how many responses that were.
using Invalidated = std::function<void(const net::HttpRequest& request, const std::string& pattern,
                                       std::size_t count)>;
void add_cache_routes(Admin& admin, std::function<Cache*()> cache, Invalidated told = {});

}  // namespace sidecar
