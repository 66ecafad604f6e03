#include "operator/pod_limits.h"

#include <cmath>
#include <string_view>
#include <vector>

#include "operator/injection.h"
#include "operator/injection_profile.h"

namespace op {
namespace {

using api::Node;

/// Those that run beside each other, but the sidecar. An init container that ends is none of them.
std::vector<const Node*> application_of(const Node& spec) {
  std::vector<const Node*> out;
  for (const char* list : {"containers", "initContainers"}) {
    const bool init = list == std::string_view("initContainers");
    for (const Node& each : spec[list].items()) {
      const bool stays = !init || each["restartPolicy"].as_string() == "Always";
      if (stays && each["name"].as_string() != kSidecarContainer) out.push_back(&each);
    }
  }
  return out;
}

std::optional<double> limit_of(const Node& resources, const char* what) {
  const auto parsed = parse_quantity(resources["limits"][what].as_string());
  return parsed && *parsed > 0 ? std::optional(*parsed) : std::nullopt;
}

/// Of all together; nothing: one of them may take what there is.
std::optional<double> limit_together(const Node& spec, const char* what) {
  std::optional<double> sum = 0.0;
  for (const Node* each : application_of(spec)) {
    const auto one = limit_of((*each)["resources"], what);
    sum = sum && one ? std::optional(*sum + *one) : std::nullopt;
  }
  // That of the whole pod holds the sidecar too, which is little.
  const auto whole = limit_of(spec["resources"], what);
  return whole && (!sum || *whole < *sum) ? whole : sum;
}

}  // namespace

PodLimits limits_together(const Node& spec) {
  constexpr double kMost = 1e18;
  PodLimits out;
  if (const auto cores = limit_together(spec, "cpu"); cores && *cores > 0) out.cpu_cores = cores;
  const auto bytes = limit_together(spec, "memory");
  if (bytes && *bytes >= 1 && *bytes < kMost) out.memory_bytes = std::llround(*bytes);
  return out;
}

}  // namespace op
