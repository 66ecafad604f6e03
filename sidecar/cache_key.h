// Under what a request is looked up in the cache, and whether it is looked up at all. Pure.
//
// The URI is the one that the client asked for: scheme, host in small letters, path and query. A
// client can say more than that to many applications: X-Forwarded-Host and its like change the
// links in a page. Such fields are part of the key whatever Vary says, so that nobody can store a
// page for others by them; a request that asks for another path or method by a field goes past the
// cache.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http1/head.h"

namespace sidecar {

struct CacheKey {
  std::string uri;
  std::string path;  // in its plain form (limit/pattern.h), for patterns
  std::string said;  // the fields that count whatever Vary says
  bool authorised = false;
};

/// A GET or HEAD without a body, a range, or a condition that stored responses cannot judge, of
/// which all that may choose a response reaches the application.
bool asks_cache(const http1::RequestHead& request);

/// Vary names a field that the sidecar writes: the client's own says nothing of what was answered.
bool varies_by_ours(const http1::ResponseHead& response);

/// scheme://host/path?query.
std::string cache_uri(const http1::RequestHead& request, bool tls);

/// False: the path is too long for patterns, so that nobody could name it.
bool make_cache_key(const http1::RequestHead& request, bool tls, CacheKey& out);

/// No routes: every path.
bool routed(const std::vector<std::string>& routes, std::string_view path);

}  // namespace sidecar
