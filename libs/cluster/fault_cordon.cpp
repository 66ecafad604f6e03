#include "cluster/fault_cordon.h"

#include <utility>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/cordoning.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  api::ActionKind out =
      targets::fields::kind("cordon", api::Use::Fault,
                            "Cordons a node, so that no pod comes to it; needs the right to patch "
                            "nodes, which the chart gives where nodes.enabled is true.",
                            node_fields());
  out.exactly_one_of = {{"workload", "node"}};
  return out;
}

class CordonFault final : public targets::Driver {
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
    CO_TRY(std::string node, node_of(target, params));
    co_return co_await check_rights(target, {right_to_cordon(std::move(node))}, std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const std::string node, node_of(target, params));
    CO_TRY(Node journal, co_await prepare_cordon(target, node, std::move(stop)));
    if (journal["mine"].as_bool()) co_return journal;
    co_return base::fail(
        base::Code::FailedPrecondition,
        fmt::format("node {} is cordoned already: the fault would change nothing", node));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node, Node undo,
                                             std::stop_token stop) override {
    CO_TRY(co_await cordon(context.clock, cluster_of(context), undo, std::move(stop)));
    co_return fmt::format("node {} is cordoned", undo["node"].as_string());
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node, Node undo,
                                             std::stop_token stop) override {
    CO_TRY(co_await prove_cordon(cluster_of(context), undo, std::move(stop)));
    co_return fmt::format("node {} takes no pods", undo["node"].as_string());
  }

  aio::Task<base::Result<>> undo(Context& context, Node, Node undo, std::stop_token stop) override {
    co_return co_await uncordon(context.clock, cluster_of(context), undo, std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_cordon_fault() {
  return std::make_unique<CordonFault>();
}

}  // namespace cluster
