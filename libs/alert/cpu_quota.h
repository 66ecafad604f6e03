// What a user's quota of CPU may be (user_quota.h), for the sidecar's flag and for who delivers its
// settings.
#pragma once

#include "base/result.h"

namespace alert {

inline constexpr double kCpuQuotaLeast = 0.01, kCpuQuotaMost = 100'000;

/// Units: per cent. Errors: InvalidArgument, naming the value.
base::Result<> check_cpu_quota(double percent);

}  // namespace alert
