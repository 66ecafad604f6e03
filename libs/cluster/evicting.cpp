#include "cluster/evicting.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kube/taken.h"

namespace cluster {
namespace {

using api::Node;

constexpr base::Duration kAgainAfter = base::millis(500);
constexpr base::Duration kAgainAtMost = base::seconds(5);

std::string eviction_of(const std::string& ns, const Pod& pod) {
  return api::to_json(
      Node::map()
          .set("apiVersion", "policy/v1")
          .set("kind", "Eviction")
          .set("metadata", Node::map().set("name", pod.name).set("namespace", ns))
          .set("deleteOptions", Node::map().set("preconditions", Node::map().set("uid", pod.uid))));
}

/// Whether the pod is not there any more, or another one has its name.
aio::Task<base::Result<bool>> is_gone(ClusterTarget& target, Pod pod, std::stop_token stop) {
  const auto now = co_await target.get(kPods, pod.name, std::move(stop));
  if (!now && now.error().code == base::Code::NotFound) co_return true;
  if (!now) co_return tl::unexpected(now.error());
  co_return (*now)["metadata"]["uid"].as_string() != pod.uid;
}

}  // namespace

aio::Task<base::Result<>> evict_pod(aio::Clock& clock, ClusterTarget& target, Pod pod,
                                    std::stop_token stop) {
  const kube::Key key{target.ns(), pod.name};
  const std::string what = "evict pods " + kube::to_string(key);
  std::string refused;
  while (true) {
    const auto reply =
        co_await target.client().send("POST", kube::path_of(kPods, key, "eviction"),
                                      "application/json", eviction_of(target.ns(), pod), stop);
    if (reply && reply->code == 404) co_return base::Result<>{};
    if (reply && reply->code == 409) {
      CO_TRY(const bool gone, co_await is_gone(target, pod, stop));
      if (gone) co_return base::Result<>{};
    }
    const bool again = reply && (reply->code == 429 || reply->code == 409);
    if (again) refused = reply->refusal.message;
    if (!again && (reply || !stop.stop_requested() || refused.empty())) {
      CO_TRY(kube::taken(reply, what));
      co_return base::Result<>{};
    }
    const base::Duration pause =
        again ? std::clamp(reply->refusal.retry_after, kAgainAfter, kAgainAtMost) : kAgainAfter;
    if (!co_await aio::wait_for(clock, pause, stop)) {
      co_return base::fail(base::Code::Cancelled,
                           fmt::format("{}: is still refused: {}", what, refused));
    }
  }
}

Right right_to_evict() {
  return {.resource = kPods, .verbs = {"create"}, .subresource = "eviction"};
}

}  // namespace cluster
