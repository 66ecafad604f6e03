// Traffic by a redirect of the kernel's, where a pod or its profile asks for that: what comes for
// the application's number gets to the sidecar, whether it was asked for by a Service's name, by a
// number or at the pod's address. Pure.
//
// The rules are put there by an init container before the sidecar's, the one part of us with a
// capability, and it ends before anything serves. A probe asks the pod's address, too, and would
// get to the sidecar: what asked for the application's port asks for another one, which the rules
// lead to the application (docs/adr/0023-*.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "api/sidecar_profile.h"
#include "operator/injection.h"
#include "operator/injection_port.h"

namespace op {

/// As the pod's annotation says, else as its profile does. Nothing: the annotation says neither
/// "port" nor "redirect".
std::optional<api::SidecarCapture> capture_of(const api::Node& pod, api::SidecarCapture profiles);

/// Why the API server would refuse a pod with NET_ADMIN in that namespace; empty: it would not, as
/// far as labels say. `namespace_labels`: a map; null: none.
std::string refuses_net_admin(const api::Node& namespace_labels);

/// Where in a pod something asks for that port by name or number: paths of JSON pointers. What
/// names a host asks that host.
std::vector<std::string> askers_of(const api::Node& pod, std::int64_t port);

/// The init container that puts the rules there.
api::Node redirect_container(const CapturedPort& port, const api::SidecarInjection& injection,
                             const SidecarSettings& settings);

}  // namespace op
