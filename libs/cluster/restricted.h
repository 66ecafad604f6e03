// How a pod of ours is secured: as the Pod Security Standard "restricted" wants it, and with a root
// file system that nobody writes to. One user for all of them, so that what one writes to a volume
// another can read. Source: Kubernetes documentation, "Pod Security Standards".
#pragma once

#include <cstdint>

#include "api/node.h"

namespace cluster {

/// Of the image; owns what is written to volumes.
inline constexpr std::int64_t kPodUser = 65532;

/// securityContext of a pod.
inline api::Node restricted_pod() {
  return api::Node::map()
      .set("runAsNonRoot", true)
      .set("runAsUser", kPodUser)
      .set("runAsGroup", kPodUser)
      .set("fsGroup", kPodUser)
      .set("seccompProfile", api::Node::map().set("type", "RuntimeDefault"));
}

/// securityContext of each of its containers.
inline api::Node restricted_container() {
  return api::Node::map()
      .set("allowPrivilegeEscalation", false)
      .set("readOnlyRootFilesystem", true)
      .set("capabilities", api::Node::map().set("drop", api::Node::strings({"ALL"})));
}

}  // namespace cluster
