#include "cluster/fault_drain.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cluster/chosen_pods.h"
#include "cluster/cluster_target.h"
#include "cluster/cordoning.h"
#include "cluster/evicting.h"
#include "cluster/gone.h"
#include "cluster/waiting.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  api::ActionKind out = targets::fields::kind(
      "drain", api::Use::Fault,
      "Cordons a node and evicts what is drilled from it, as far as PodDisruptionBudgets allow: "
      "the pods of `workload`, or with `node` those of every workload of the plan, but none of a "
      "DaemonSet, which would come back. Needs "
      "the right to patch nodes, which the chart gives where nodes.enabled is true.",
      node_fields());
  out.exactly_one_of = {{"workload", "node"}};
  return out;
}

/// What makes it makes it again on the same node.
bool comes_back(const Pod& pod) {
  return pod.owner == "DaemonSet";
}

/// The pods of a workload that have to leave a node, on their way out or not.
std::vector<Pod> leaving(const ClusterTarget& target, const std::string& workload,
                         const std::string& node) {
  std::vector<Pod> pods = target.pods_of(workload);
  std::erase_if(pods, [&](const Pod& pod) { return pod.node != node || comes_back(pod); });
  return pods;
}

bool has_pods_on(const ClusterTarget& target, const std::string& workload,
                 const std::string& node) {
  const std::vector<Pod> pods = target.pods_of(workload);
  return std::any_of(pods.begin(), pods.end(), [&](const Pod& pod) { return pod.node == node; });
}

/// The workloads of which pods have to go. Errors: FailedPrecondition: none, or of the one that was
/// asked for only such as come back; a pod that nobody makes again.
base::Result<std::vector<std::string>> drained(const ClusterTarget& target, const Node& params,
                                               const std::string& node) {
  const std::string& only = params["workload"].as_string();
  std::vector<std::string> out;
  for (const api::WorkloadSpec& spec : target.spec().workloads) {
    if (!only.empty() && spec.name != only) continue;
    const std::vector<Pod> pods = leaving(target, spec.name, node);
    TRY(check_made_again(target, spec.name, pods));
    if (!pods.empty()) {
      out.push_back(spec.name);
    } else if (!only.empty() && has_pods_on(target, only, node)) {
      return base::fail(base::Code::FailedPrecondition,
                        fmt::format("{} {} cannot be drained: its pods come back to the same node",
                                    spec.kind, only));
    }
  }
  if (!out.empty()) return out;
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("node {} has no pod of what is drilled", node));
}

class DrainFault final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // A node that takes pods again harms nobody, whoever leads.
  drill::Undo rule(const Node&) const override { return drill::Undo::Always; }
  std::vector<std::string> touches(const Node& params) const override {
    const std::string& node = params["node"].as_string();
    return {node.empty() ? params["workload"].as_string() : node};
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const std::string node, node_of(target, params));
    CO_TRY(co_await check_rights(
        target, {right_to_cordon(node), {.resource = kPods, .verbs = {"get"}}, right_to_evict()},
        stop));
    CO_TRY(drained(target, params, node));
    co_return base::Result<>{};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const std::string node, node_of(target, params));
    CO_TRY(const std::vector<std::string> workloads, drained(target, params, node));
    CO_TRY(Node journal, co_await prepare_cordon(target, node, std::move(stop)));
    Node uids = Node::map();
    for (const std::string& each : workloads) uids.set(each, target.uid_of(each));
    co_return journal.set("workloads", Node::strings(workloads)).set("uids", std::move(uids));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string node = undo["node"].as_string();
    CO_TRY(co_await cordon(context.clock, target, undo, stop));
    std::string gone;
    for (const std::string& workload : undo["workloads"].as_strings()) {
      // Again, because one may have come between the look and the cordon.
      for (auto pods = leaving(target, workload, node); !pods.empty();
           pods = leaving(target, workload, node)) {
        for (const Pod& pod : pods) CO_TRY(co_await evict_pod(context.clock, target, pod, stop));
        CO_TRY(co_await until_gone(context.clock, target, pods, stop));
        gone += (gone.empty() ? "" : ", ") + names_of(pods);
      }
    }
    co_return fmt::format("node {} is cordoned; evicted and gone: {}", node, gone);
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string node = undo["node"].as_string();
    CO_TRY(co_await prove_cordon(target, undo, std::move(stop)));
    for (const std::string& workload : undo["workloads"].as_strings()) {
      if (const auto pods = leaving(target, workload, node); !pods.empty()) {
        co_return base::fail(base::Code::FailedPrecondition,
                             fmt::format("node {} has pods again: {}", node, names_of(pods)));
      }
    }
    co_return fmt::format("node {} takes no pods and has none of what is drilled", node);
  }

  aio::Task<base::Result<>> undo(Context& context, Node, Node undo, std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(co_await uncordon(context.clock, target, undo, stop));
    for (const std::string& workload : undo["workloads"].as_strings()) {
      const std::string uid = undo["uids"][workload].as_string();
      CO_TRY(co_await until_mended(context.clock, target, workload, uid, stop));
    }
    co_return base::Result<>{};
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_drain_fault() {
  return std::make_unique<DrainFault>();
}

}  // namespace cluster
