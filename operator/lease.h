// The Lease that decides which replica acts; whoever ends drills before a release goes takes it
// too.
#pragma once

#include <string>

#include "base/time.h"
#include "kube/lease.h"

namespace op {

inline constexpr const char* kLeaseName = "muster-operator";

/// Of a pod, with client-go's proportions of 15 s, 10 s and 2 s.
kube::LeaseConfig lease_config(const std::string& pod, const std::string& pod_uid,
                               base::Duration duration);

}  // namespace op
