// What a pod's application may use, by the pod's own word: of CPU and memory. Pure.
//
// The application is all that runs beside the sidecar: the pod's containers, and init containers
// that are restarted always. helm/templates/sidecar_policy.yaml adds up the same in CEL.
#pragma once

#include <cstdint>
#include <optional>

#include "api/node.h"

namespace op {

struct PodLimits {
  std::optional<double> cpu_cores;
  std::optional<std::int64_t> memory_bytes;
  bool operator==(const PodLimits&) const = default;
};

/// `spec`: of a pod. The sum of what its containers may use, or the limit of the whole pod
/// (spec.resources) where that is lower or one of them has none. Nothing: there is none.
PodLimits limits_together(const api::Node& spec);

}  // namespace op
