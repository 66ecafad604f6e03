#include "cluster/fault_delete_pods.h"

#include <fmt/format.h>

#include "cluster/cluster_target.h"
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

/// The pods that were chosen, as prepare() wrote them down.
std::vector<Pod> chosen(const Node& undo) {
  std::vector<Pod> out;
  for (const Node& item : undo["pods"].items()) {
    Pod pod;
    pod.name = item["name"].as_string();
    pod.uid = item["uid"].as_string();
    out.push_back(std::move(pod));
  }
  return out;
}

class DeletePodsFault final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // Waiting for pods to be ready harms nobody, whoever leads.
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params, std::stop_token) override {
    const std::string& workload = params["workload"].as_string();
    const auto count = static_cast<std::size_t>(params["count"].as_int(1));
    std::vector<Pod> pods = cluster_of(context).pods_of(workload);
    std::erase_if(pods, [](const Pod& pod) { return pod.deleting; });
    if (pods.size() < count) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("workload '{}' has {} pods: {} cannot be deleted", workload,
                                       pods.size(), count));
    }
    Node kept = Node::sequence();
    for (std::size_t i = 0; i < count; ++i) {
      kept.push(Node::map().set("name", pods[i].name).set("uid", pods[i].uid));
    }
    co_return Node::map().set("pods", std::move(kept));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::vector<Pod> pods = chosen(undo);
    std::vector<std::string> names;
    for (const Pod& pod : pods) {
      CO_TRY(co_await delete_pod(target, pod, params["force"].as_bool(), stop));
      names.push_back(pod.name);
    }
    CO_TRY(co_await until_gone(context.clock, target, params["workload"].as_string(), pods, stop));
    co_return fmt::format("deleted and gone: {}", fmt::join(names, ", "));
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
