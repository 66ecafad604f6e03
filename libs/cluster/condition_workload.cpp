#include "cluster/condition_workload.h"

#include <algorithm>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  using namespace targets::fields;
  return kind("workload", api::Use::Condition, "How a workload's pods are.",
              {reference("name", Names::Process, Need::Required, "the workload"),
               choice("state", {"Ready", "Degraded", "Down", "Gone"}, std::nullopt,
                      "Ready: as many as it wants are; Degraded: fewer; Down: none is ready; "
                      "Gone: it has no pod at all. One that is not there is all but Ready")});
}

class WorkloadCondition final : public targets::Condition {
 public:
  const api::ActionKind& kind() const override { return kind_; }

  aio::Task<base::Result<targets::Check>> check(Context& context, Node params,
                                                std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["name"].as_string();
    const std::string& state = params["state"].as_string();
    const auto found = co_await target.workload(name, std::move(stop));
    if (!found && found.error().code == base::Code::NotFound) {
      // Somebody deleted it, and may make it anew: that is to be waited for.
      co_return targets::Check{state != "Ready", fmt::format("workload {} is not there", name)};
    }
    if (!found) co_return tl::unexpected(found.error());
    const Workload& workload = *found;
    const std::vector<Pod> pods = target.pods_of(name);
    const std::int64_t ready =
        std::count_if(pods.begin(), pods.end(), [](const Pod& pod) { return pod.ready; });
    bool holds = false;
    if (state == "Ready") {
      // What the API server counted and what the watch has seen: either may be late.
      holds =
          workload.desired > 0 && workload.ready >= workload.desired && ready >= workload.desired;
    } else if (state == "Degraded") {
      holds = ready < workload.desired;
    } else {
      holds = state == "Gone" ? pods.empty() : ready == 0;
    }
    co_return targets::Check{
        holds, fmt::format("workload {} has {} pods, {} of them ready, and wants {}", name,
                           pods.size(), ready, workload.desired)};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Condition> make_workload_condition() {
  return std::make_unique<WorkloadCondition>();
}

}  // namespace cluster
