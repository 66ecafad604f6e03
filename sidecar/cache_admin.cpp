#include "sidecar/cache_admin.h"

#include <cstdint>
#include <utility>

#include "api/node.h"
#include "sidecar/replies.h"

namespace sidecar {
namespace {

net::HttpReply tell(const Cache* cache) {
  if (cache == nullptr) return json_reply(200, api::Node::map().set("enabled", false));
  return json_reply(200, cache_node(cache->figures()));
}

/// {"pattern": "/products/*"}
net::HttpReply invalidate(Cache* cache, const net::HttpRequest& request, const Invalidated& told) {
  const auto body = api::parse_json(request.body);
  if (!body) return error_reply(400, body.error().message);
  const api::Node& pattern = (*body)["pattern"];
  if (!pattern.is_string() || pattern.as_string().empty()) {
    return error_reply(400, R"(what is void is said so: {"pattern": "/products/*"})");
  }
  if (cache == nullptr) return error_reply(409, "there is no cache: --cache-bytes-max");
  const std::size_t count = cache->invalidate_matching(pattern.as_string());
  if (told) told(request, pattern.as_string(), count);
  return json_reply(200, api::Node::map().set("invalidated", static_cast<std::int64_t>(count)));
}

}  // namespace

void add_cache_routes(Admin& admin, std::function<Cache*()> cache, Invalidated told) {
  admin.add({"GET", "/api/cache", Access::Open,
             [cache](const net::HttpRequest&) { return tell(cache()); }});
  admin.add({"POST", "/api/cache/invalidate", Access::Token,
             [cache = std::move(cache), told = std::move(told)](const net::HttpRequest& request) {
               return invalidate(cache(), request, told);
             }});
}

}  // namespace sidecar
