// Faults as the admin API speaks of them. Every field is judged, and what is wrong is named with
// its value and what is allowed.
//
//   {"id": "slow", "owner": "drill-7", "kind": "latency", "leaseSeconds": 5,
//    "percent": 50, "path": "/api/*", "method": "GET", "peer": "10.0.0.0/8",
//    "delayMillis": 200, "jitterMillis": 50}
#pragma once

#include <string_view>

#include "api/node.h"
#include "base/result.h"
#include "sidecar/fault_rules.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Errors: InvalidArgument.
base::Result<FaultRule> parse_fault(std::string_view json, Mode mode);

struct Renewal {
  std::string owner;
  base::Duration lease{};
};
/// {"owner": …, "leaseSeconds": …}. Errors: InvalidArgument.
base::Result<Renewal> parse_renewal(std::string_view json);

/// The fields of the request, and `remainingMillis`.
api::Node node_of(const Fault& fault, base::TimePoint now);
/// {"faults": […]}: those that are in force.
api::Node node_of(const FaultSet& faults, base::TimePoint now);

}  // namespace sidecar
