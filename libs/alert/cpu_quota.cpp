#include "alert/cpu_quota.h"

#include <fmt/format.h>

namespace alert {

base::Result<> check_cpu_quota(double percent) {
  if (percent >= kCpuQuotaLeast && percent <= kCpuQuotaMost) return {};  // a NaN is not
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("{} per cent: {} to {} are allowed", percent, kCpuQuotaLeast, kCpuQuotaMost));
}

}  // namespace alert
