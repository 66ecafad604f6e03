#include "cluster/fault_delete_pods.h"

#include "cluster/chosen_pods.h"
#include "cluster/cluster_target.h"
#include "cluster/rights.h"
#include "cluster/waiting.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  using namespace targets::fields;
  return kind("deletePods", api::Use::Fault,
              "Deletes pods of a workload, and counts as done when they are gone.",
              {reference("workload", Names::Process, Need::Required, "the workload"),
               integer("count", {1, 1000}, 1, "how many of its pods, the first ones by name"),
               flag("force", false,
                    "whether they get no time to end: the API server forgets them at once")});
}

class DeletePodsFault final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // Waiting for pods to be ready harms nobody, whoever leads.
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }

  aio::Task<base::Result<>> preflight(Context& context, Node, std::stop_token stop) override {
    co_return co_await check_rights(cluster_of(context), {{.resource = kPods, .verbs = {"delete"}}},
                                    std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params, std::stop_token) override {
    CO_TRY(const std::vector<Pod> pods,
           choose_pods(cluster_of(context), params["workload"].as_string(),
                       params["count"].as_int(1)));
    co_return Node::map().set("pods", node_of(pods));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::vector<Pod> pods = pods_in(undo["pods"]);
    for (const Pod& pod : pods) {
      CO_TRY(co_await delete_pod(target, pod, params["force"].as_bool(), stop));
    }
    CO_TRY(co_await until_gone(context.clock, target, params["workload"].as_string(), pods, stop));
    co_return "deleted and gone: " + names_of(pods);
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node,
                                 std::stop_token stop) override {
    co_return co_await until_ready(context.clock, cluster_of(context),
                                   params["workload"].as_string(), std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_delete_pods_fault() {
  return std::make_unique<DeletePodsFault>();
}

}  // namespace cluster
