// Which kind of object, and which one: what the paths of the Kubernetes API are made of, and what
// it answers when it refuses. Pure. Source: Kubernetes API concepts (resource URIs), the type
// meta/v1.Status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "kube/key.h"

namespace kube {

struct Resource {
  std::string group;    // empty: the core group
  std::string version;  // "v1"
  std::string kind;     // "Pod"
  std::string plural;   // "pods"
  bool namespaced = true;

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
};

inline const Resource kPods{"", "v1", "Pod", "pods", true};

/// "/apis/apps/v1/namespaces/shop/deployments/web/status". An empty name: the collection; an empty
/// namespace: of all namespaces. Escapes what must be.
std::string path_of(const Resource& resource, const Key& key, std::string_view subresource = {});

/// The part of a target behind the '?', with names and values escaped.
class Query {
 public:
  /// Leaves out an empty value.
  Query& add(std::string_view name, std::string_view value);
  /// Once for each value, also for an empty one.
  Query& repeat(std::string_view name, const std::vector<std::string>& values);
  /// "?a=b&c=d"; nothing: "".
  const std::string& text() const { return text_; }

 private:
  void put(std::string_view name, std::string_view value);

  std::string text_;
};

/// A Time or MicroTime of an object (RFC 3339). Errors: InvalidArgument, also for one that does not
/// fit into nanoseconds of 64 bits.
base::Result<base::WallTime> parse_time(const std::string& text);
/// A MicroTime: "2026-11-21T04:42:24.123456Z".
std::string micro_time(base::WallTime time);

/// Why the server refused.
struct Refusal {
  unsigned code = 0;      // HTTP status, or that of an ERROR event
  std::string reason{};   // "NotFound", "AlreadyExists", "Conflict", "Expired", "Invalid" …
  std::string message{};  // for people
  bool version_too_large = false;  // a cause is ResourceVersionTooLarge
  base::Duration retry_after{};    // zero: not said
};

/// Of the body of an answer, which may be no Status: then the reason follows from the code and the
/// message is the beginning of the text. `retry_after`: the header's value; empty: none.
Refusal refusal_of(unsigned code, std::string_view body, std::string_view retry_after = {});
/// NotFound; AlreadyExists; FailedPrecondition (Conflict, Gone); PermissionDenied (401, 403);
/// InvalidArgument (400, 422); Unavailable (429, 5xx); Internal. All are worth another try, after
/// Retry-After where it was said: whoever knows better says Terminal. `what`: of the request, "get
/// pods shop/web-0".
base::Error error_of(const Refusal& refusal, const std::string& what);

}  // namespace kube
