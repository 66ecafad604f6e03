#include "kube/discovery.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "api/node.h"
#include "kube/taken.h"

namespace kube {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

struct GroupVersion {
  std::string group, version;
};

base::Result<GroupVersion> split(std::string_view text) {
  const std::size_t slash = text.find('/');
  const bool core = slash == std::string_view::npos;
  const std::string_view group = core ? std::string_view() : text.substr(0, slash);
  const std::string_view version = core ? text : text.substr(slash + 1);
  if ((!core && !is_word(group)) || !is_word(version)) {
    return base::fail(
        base::Code::InvalidArgument,
        fmt::format("apiVersion '{}' is not allowed: VERSION or GROUP/VERSION is, as v1 or apps/v1",
                    text));
  }
  return GroupVersion{std::string(group), std::string(version)};
}

}  // namespace

base::Result<std::string> discovery_path(std::string_view api_version) {
  TRY(const GroupVersion parts, split(api_version));
  return parts.group.empty() ? "/api/" + parts.version
                             : fmt::format("/apis/{}/{}", parts.group, parts.version);
}

base::Result<Resource> resource_in(std::string_view list, std::string_view api_version,
                                   std::string_view kind) {
  TRY(const GroupVersion parts, split(api_version));
  TRY(const api::Node parsed, api::parse_json(list));
  if (parsed["kind"].as_string() != "APIResourceList") {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{}: the answer is no APIResourceList", api_version));
  }
  std::set<std::string> kinds;
  for (const api::Node& each : parsed["resources"].items()) {
    const std::string& plural = each["name"].as_string();
    if (plural.find('/') != std::string::npos) continue;  // a subresource, which may be of any kind
    if (each["kind"].as_string() == kind) {
      return Resource{parts.group, parts.version, std::string(kind), plural,
                      each["namespaced"].as_bool()};
    }
    kinds.insert(each["kind"].as_string());
  }
  return base::fail(base::Code::NotFound, fmt::format("{} has no kind '{}'; it has {}", api_version,
                                                      kind, fmt::join(kinds, ", ")));
}

aio::Task<base::Result<Resource>> discover(Client& client, std::string api_version,
                                           std::string kind, std::stop_token stop) {
  CO_TRY(const std::string path, discovery_path(api_version));
  auto reply = co_await client.send("GET", path, "", "", std::move(stop));
  if (reply && reply->code == 404) {
    co_return base::fail(base::Code::NotFound,
                         fmt::format("the API server does not serve {}", api_version));
  }
  CO_TRY(const Reply found,
         taken(std::move(reply), fmt::format("look for {} {}", api_version, kind)));
  co_return resource_in(found.body, api_version, kind);
}

}  // namespace kube
