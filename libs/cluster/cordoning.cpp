#include "cluster/cordoning.h"

#include <utility>

#include <fmt/format.h>

#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;

constexpr base::Duration kAgainAfter = base::millis(50);

/// Nodes have no namespace, so the plan's name needs its own.
std::string mark_of(const ClusterTarget& target) {
  return target.ns() + "/" + target.plan();
}

bool is_unschedulable(const Node& node) {
  return node["spec"]["unschedulable"].as_bool();
}

bool is_marked(const ClusterTarget& target, const Node& node) {
  return node["metadata"]["annotations"][kMadeBy].as_string() == mark_of(target);
}

bool is_same(const Node& node, const Node& journal) {
  return node["metadata"]["uid"].as_string() == journal["uid"].as_string();
}

/// Of exactly this version: what was decided by it must still be so.
aio::Task<base::Result<Node>> set_cordon(ClusterTarget& target, Node node, bool on,
                                         std::stop_token stop) {
  const Node& meta = node["metadata"];
  Patch patch;
  patch.resource = kNodes;
  patch.name = meta["name"].as_string();
  patch.body =
      Node::map()
          .set("metadata", Node::map()
                               .set("resourceVersion", meta["resourceVersion"])
                               .set("annotations",
                                    Node::map().set(kMadeBy, on ? Node(mark_of(target)) : Node())))
          .set("spec", Node::map().set("unschedulable", on ? Node(true) : Node()));
  co_return co_await target.patch(std::move(patch), std::move(stop));
}

bool is_conflict(const base::Result<Node>& reply) {
  return !reply && reply.error().code == base::Code::FailedPrecondition;
}

}  // namespace

std::vector<api::FieldSpec> node_fields() {
  using namespace targets::fields;
  return {reference("workload", Names::Process, Need::Optional,
                    "the workload whose node it is: that of its first pod by name; or `node`"),
          text("node", Need::Optional, "the name of the node")};
}

base::Result<std::string> node_of(const ClusterTarget& target, const Node& params) {
  if (const std::string& named = params["node"].as_string(); !named.empty()) return named;
  const std::string& workload = params["workload"].as_string();
  for (const Pod& pod : target.pods_of(workload)) {
    if (!pod.node.empty() && !pod.deleting) return pod.node;
  }
  return base::fail(base::Code::FailedPrecondition,
                    fmt::format("workload '{}' has no pod on a node", workload));
}

Right right_to_cordon(std::string node) {
  return {.resource = kNodes, .verbs = {"get", "patch"}, .name = std::move(node)};
}

aio::Task<base::Result<Node>> prepare_cordon(ClusterTarget& target, std::string node,
                                             std::stop_token stop) {
  CO_TRY(const Node now, co_await target.get(kNodes, node, std::move(stop)));
  co_return Node::map()
      .set("node", node)
      .set("uid", now["metadata"]["uid"].as_string())
      .set("mine", !is_unschedulable(now));
}

aio::Task<base::Result<>> cordon(aio::Clock& clock, ClusterTarget& target, Node journal,
                                 std::stop_token stop) {
  if (!journal["mine"].as_bool()) co_return base::Result<>{};
  const std::string name = journal["node"].as_string();
  while (true) {
    CO_TRY(const Node now, co_await target.get(kNodes, name, stop));
    if (!is_same(now, journal)) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("node {} is another one of that name now", name));
    }
    if (is_unschedulable(now)) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("node {} was cordoned meanwhile by somebody else", name));
    }
    const auto done = co_await set_cordon(target, now, true, stop);
    if (done) co_return base::Result<>{};
    if (!is_conflict(done)) co_return tl::unexpected(done.error());
    if (!co_await aio::wait_for(clock, kAgainAfter, stop)) {
      co_return base::fail(base::Code::Cancelled, done.error().message);
    }
  }
}

aio::Task<base::Result<>> prove_cordon(ClusterTarget& target, Node journal, std::stop_token stop) {
  const std::string name = journal["node"].as_string();
  CO_TRY(const Node now, co_await target.get(kNodes, name, std::move(stop)));
  if (is_unschedulable(now)) co_return base::Result<>{};
  co_return base::fail(base::Code::FailedPrecondition,
                       fmt::format("node {} takes pods: somebody uncordoned it", name));
}

aio::Task<base::Result<>> uncordon(aio::Clock& clock, ClusterTarget& target, Node journal,
                                   std::stop_token stop) {
  if (!journal["mine"].as_bool()) co_return base::Result<>{};
  while (true) {
    const auto now = co_await target.get(kNodes, journal["node"].as_string(), stop);
    if (!now && now.error().code == base::Code::NotFound) co_return base::Result<>{};
    if (!now) co_return tl::unexpected(now.error());
    if (!is_same(*now, journal) || !is_marked(target, *now)) co_return base::Result<>{};
    const auto done = co_await set_cordon(target, *now, false, stop);
    if (done) co_return base::Result<>{};
    if (!is_conflict(done)) co_return tl::unexpected(done.error());
    if (!co_await aio::wait_for(clock, kAgainAfter, stop)) {
      co_return base::fail(base::Code::Cancelled, done.error().message);
    }
  }
}

}  // namespace cluster
