#include "cluster/ending_pods.h"

#include <fmt/format.h>

#include "cluster/chosen_pods.h"
#include "cluster/gone.h"
#include "cluster/waiting.h"
#include "targets/fields.h"

namespace cluster {

using api::Node;
using targets::Context;

std::vector<api::FieldSpec> ending_fields() {
  using namespace targets::fields;
  return {reference("workload", Names::Process, Need::Required, "the workload"),
          integer("count", {1, 1000}, 1, "how many of its pods, the first ones by name")};
}

// Waiting for pods to be ready harms nobody, whoever leads.
drill::Undo EndingPods::rule(const Node&) const {
  return drill::Undo::Always;
}

std::vector<std::string> EndingPods::touches(const Node& params) const {
  return {params["workload"].as_string()};
}

aio::Task<base::Result<>> EndingPods::preflight(Context& context, Node params,
                                                std::stop_token stop) {
  const ClusterTarget& target = cluster_of(context);
  const std::string& workload = params["workload"].as_string();
  CO_TRY(check_made_again(target, workload, target.pods_of(workload)));
  co_return co_await check_rights(cluster_of(context), rights_, std::move(stop));
}

aio::Task<base::Result<Node>> EndingPods::prepare(Context& context, Node params, std::stop_token) {
  const ClusterTarget& target = cluster_of(context);
  const std::string& workload = params["workload"].as_string();
  CO_TRY(const std::vector<Pod> pods, choose_pods(target, workload, params["count"].as_int(1)));
  CO_TRY(check_made_again(target, workload, pods));
  co_return Node::map().set("pods", node_of(pods)).set("uid", target.uid_of(workload));
}

aio::Task<base::Result<std::string>> EndingPods::apply(Context& context, Node params, Node undo,
                                                       std::stop_token stop) {
  const std::vector<Pod> pods = pods_in(undo["pods"]);
  for (const Pod& pod : pods) CO_TRY(co_await end(context, pod, params, stop));
  CO_TRY(co_await until_gone(context.clock, cluster_of(context), pods, stop));
  co_return fmt::format("{} and gone: {}", done_, names_of(pods));
}

aio::Task<base::Result<>> EndingPods::undo(Context& context, Node params, Node journal,
                                           std::stop_token stop) {
  co_return co_await until_mended(context.clock, cluster_of(context),
                                  params["workload"].as_string(), journal["uid"].as_string(),
                                  std::move(stop));
}

}  // namespace cluster
