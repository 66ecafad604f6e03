// Whether we may do something, asked before it is tried: a right that is missing is then known
// while nothing has been touched yet. The API server answers for whoever asks
// (SelfSubjectAccessReview), which every account may. Source: Kubernetes API reference,
// authorization.k8s.io/v1.
#pragma once

#include <stop_token>
#include <string>

#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"

namespace kube {

struct Access {
  std::string verb{};  // "get", "list", "patch" …
  Resource resource{};
  std::string subresource{};  // "eviction"
  Key key{};                  // an empty name: any; an empty namespace: all, or none
};

/// "patch deployments.apps/scale web in namespace shop", "patch nodes".
std::string to_string(const Access& access);

/// The body of the question.
std::string review_of(const Access& access);

/// Asks the API server. Errors: PermissionDenied naming verb and resource, with what the authorizer
/// said; what comes in the place of an answer.
aio::Task<base::Result<>> check_access(Client& client, Access access, std::stop_token stop);

}  // namespace kube
