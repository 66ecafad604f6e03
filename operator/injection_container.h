// What a pod gets of us: the container of the sidecar and the volume with its profile. Pure.
//
// Nothing of either is a secret: keys and tokens are in a Secret of the ConfigMap's name, which its
// users make if they want one, and whose keys are files beside the profile. Both may be missing.
#pragma once

#include <string>

#include "api/node.h"
#include "api/sidecar_profile.h"
#include "operator/injection.h"
#include "operator/injection_port.h"
#include "operator/pod_limits.h"

namespace op {

/// A container of a pod's initContainers, as the Pod Security Standard "restricted" wants it.
/// `limits`: of what it watches, as far as it cannot see them itself.
api::Node sidecar_container(const CapturedPort& port, const api::SidecarInjection& injection,
                            const SidecarSettings& settings, const PodLimits& limits);
/// As a container has them.
api::Node resources_of(const api::SidecarResources& from);
/// A mount where the token of the pod's account would be, which we have no use for. Of our volume.
api::Node no_token();
/// `profile`: its name.
api::Node sidecar_volume(const std::string& profile);

}  // namespace op
