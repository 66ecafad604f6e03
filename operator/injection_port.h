// The container port in front of which a sidecar stands: which one it is, and whether it can. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "api/node.h"
#include "api/sidecar_profile.h"
#include "operator/injection.h"

namespace op {

struct CapturedPort {
  std::size_t container = 0, index = 0;  // among spec.containers, and among its ports
  std::string name;                      // empty: it stays the application's
  std::int64_t number = 0;
};

struct PortRefusal {
  Injected result;
  std::string why;
};

/// Whether one of a list, of containers or volumes, has the name.
bool has_named(const api::Node& list, std::string_view name);

std::variant<CapturedPort, PortRefusal> find_port(const api::Node& pod,
                                                  const api::SidecarInjection& injection);

/// What the application's port is called from then on: the old name with "-app" behind it, within
/// the 15 characters of a port's name, and as no port of the pod. Empty: there is no such name.
std::string name_of_captured(const api::Node& pod, const std::string& name);

}  // namespace op
