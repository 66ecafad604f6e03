#include "operator/lease.h"

#include <fmt/format.h>

namespace op {

kube::LeaseConfig lease_config(const std::string& pod, const std::string& pod_uid,
                               base::Duration duration) {
  kube::LeaseConfig out;
  out.identity = fmt::format("{}_{}", pod, pod_uid);
  out.duration = duration;
  out.renew_deadline = duration * 10 / 15;
  out.retry = duration * 2 / 15;
  return out;
}

}  // namespace op
