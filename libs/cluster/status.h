// The status of an object as the conventions of the Kubernetes API have it, and its write by
// whoever looked at one version of the object: what somebody changed meanwhile is not overwritten.
// Pure but for write_status(). Source: Kubernetes API conventions, "Typical status properties".
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"

namespace cluster {

/// A member of the status, by its name at the top of it.
using Member = std::pair<std::string, api::Node>;

/// A Time of the API: RFC 3339 in whole seconds, UTC.
std::string time_text(base::WallTime time);

/// A condition, in a list that may have it already: `lastTransitionTime` stays where the status
/// stays. `now`: a Time.
api::Node with_condition(api::Node conditions, const std::string& type, const std::string& status,
                         const std::string& reason, const std::string& message,
                         const std::string& now, std::int64_t generation);
/// Null: there is none of that type.
const api::Node* condition_of(const api::Node& conditions, std::string_view type);

/// Whether a status has all of these members already, since a quiet cluster gets no writes. None
/// and an empty list are the same.
bool says(const api::Node& status, const api::Node& members);

/// One version of an object.
struct ObjectVersion {
  kube::Key key;
  std::string uid, version;
};
ObjectVersion version_of(const api::Node& object);

/// Sets members of the status, with UID and resourceVersion as preconditions.
/// Errors: FailedPrecondition: it was changed meanwhile; what the server says.
aio::Task<base::Result<>> write_status(kube::Client& client, kube::Resource resource,
                                       ObjectVersion of, api::Node members, std::stop_token stop);

}  // namespace cluster
