// Looks at the pods of namespaces that have profiles, for what they say of their sidecars. Pods are
// listed and not watched: they are many, they change all the time, and what is wanted of them is
// what only few of few namespaces say. One look serves all profiles of a namespace, is made at most
// twice a minute, and holds a page of pods at a time.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"
#include "operator/sidecar_pods.h"

namespace op {

/// Thread: one.
class SidecarPodLooks {
 public:
  static constexpr base::Duration kFreshFor = base::seconds(30);

  /// Lifetime: both outlive it.
  SidecarPodLooks(aio::Clock& clock, kube::Client& client) : clock_(clock), client_(client) {}

  /// Those of the profile's namespace, as they were half a minute ago or later; null: nobody could
  /// look, which is logged when it begins.
  aio::Task<std::shared_ptr<const SidecarPods>> of(kube::Key profile, std::stop_token stop);
  /// The profile is gone.
  void forget(const kube::Key& profile);

 private:
  struct Look {
    base::TimePoint at{};
    std::shared_ptr<const SidecarPods> pods;  // null: it failed, or is under way for the first time
    bool failed = false;
    std::set<std::string> profiles;  // that ask for it
  };
  aio::Task<base::Result<SidecarPods>> list(std::string space, std::stop_token stop);

  aio::Clock& clock_;
  kube::Client& client_;
  std::map<std::string, Look> looks_;  // by namespace
};

}  // namespace op
