#include "cluster/waiting.h"

#include <optional>

#include <fmt/format.h>

#include "kube/taken.h"

namespace cluster {
namespace {

constexpr base::Duration kLookEvery = base::millis(20);
constexpr base::Duration kAskEvery = base::millis(250);

/// Of `pods` those that are still there, whatever labels they have now.
std::vector<std::string> left_of(const ClusterTarget& target, const std::vector<Pod>& pods) {
  std::vector<std::string> out;
  for (const Pod& pod : pods) {
    const std::optional<Pod> now = target.pod(pod.name);
    if (now && now->uid == pod.uid && !now->ended()) out.push_back(pod.name);
  }
  return out;
}

}  // namespace

aio::Task<base::Result<>> delete_pod(ClusterTarget& target, Pod pod, bool force,
                                     std::stop_token stop) {
  kube::DeleteOptions options;
  options.uid = pod.uid;
  if (force) options.grace_seconds = 0;
  const kube::Key key{target.ns(), pod.name};
  const auto reply = co_await target.client().remove(kPods, key, options, std::move(stop));
  // Another pod of that name, or none: this one is gone.
  if (reply && (reply->code == 404 || reply->code == 409)) co_return base::Result<>{};
  CO_TRY(kube::taken(reply, "delete pods " + kube::to_string(key)));
  co_return base::Result<>{};
}

aio::Task<base::Result<>> until_gone(aio::Clock& clock, ClusterTarget& target,
                                     std::vector<Pod> pods, std::stop_token stop) {
  while (true) {
    const std::vector<std::string> left = left_of(target, pods);
    if (left.empty()) co_return base::Result<>{};
    if (!co_await aio::wait_for(clock, kLookEvery, stop)) {
      co_return base::fail(base::Code::Cancelled,
                           fmt::format("still there: {}", fmt::join(left, ", ")));
    }
  }
}

aio::Task<base::Result<>> until_ready(aio::Clock& clock, ClusterTarget& target,
                                      std::string workload, std::stop_token stop) {
  std::string last = "nothing was seen yet";
  while (true) {
    const auto now = co_await target.workload(workload, stop);
    if (now && now->desired > 0 && now->ready >= now->desired) co_return base::Result<>{};
    if (!stop.stop_requested()) {
      last = now ? fmt::format("{} of {} pods of {} are ready", now->ready, now->desired, workload)
                 : now.error().message;
    }
    if (!co_await aio::wait_for(clock, kAskEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, "last seen: " + last);
    }
  }
}

}  // namespace cluster
