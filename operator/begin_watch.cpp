#include "operator/begin_watch.h"

#include <algorithm>

#include "cluster/status.h"
#include "kube/resource.h"
#include "operator/drill_requests.h"

namespace op {

bool BeginWatch::is_overdue(const cluster::DrillObject& drill, base::TimePoint now,
                            base::WallTime wall) {
  const api::Node* taken = cluster::condition_of(drill.status["conditions"], "Accepted");
  if (taken == nullptr || !is_under_way(drill) || !drill.runner().empty()) {
    forget(drill.key);
    return false;
  }
  Waiting& waiting = waiting_[drill.key];
  if (waiting.uid != drill.uid) {
    const auto since = kube::parse_time((*taken)["lastTransitionTime"].as_string());
    const base::Duration before = since ? wall - *since : base::Duration{};
    waiting = {drill.uid, now - std::clamp(before, base::Duration{}, within_ / 2)};
  }
  return now - waiting.since > within_;
}

}  // namespace op
