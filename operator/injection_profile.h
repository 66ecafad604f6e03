// Whether what a profile says of injection can be put into a pod: what the API server would refuse
// in a pod, after us, would refuse the pod. Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/sidecar_profile.h"
#include "base/result.h"

namespace op {

/// Errors: InvalidArgument: no name of an object, or of none that a ConfigMap can be named after.
base::Result<> check_profile_name(std::string_view name);

/// Errors: InvalidArgument naming the field: no quantity, none above 0, a request above its limit.
base::Result<> check_resources(const api::SidecarResources& resources);

/// What a profile says of `injection`, with our amounts where it says none. `profile`: null: none.
/// Errors: InvalidArgument, as above and as api::sidecar_injection().
base::Result<api::SidecarInjection> injection_of(const api::Node& profile,
                                                 const api::SidecarResources& ours);

/// "100m", "64Mi", "1.5G", "1e3" as a number. Errors: InvalidArgument: it is no quantity.
/// Source: Kubernetes, the type resource.Quantity.
base::Result<double> parse_quantity(std::string_view text);

}  // namespace op
