#include "cluster/step_scale.h"

#include <utility>

#include <fmt/format.h>

#include "cluster/cluster_target.h"
#include "cluster/gone.h"
#include "cluster/rights.h"
#include "cluster/waiting.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

api::ActionKind table() {
  using namespace targets::fields;
  api::FieldSpec replicas =
      integer("replicas", {0, 1000}, 0, "how many pods it should have; it is waited for them");
  api::FieldSpec workload = reference("workload", Names::Process, Need::Required, "the workload");
  workload.allowed = {"Deployment", "StatefulSet"};
  return kind("scale", api::Use::Fault | api::Use::Step,
              "Changes how many pods a Deployment or StatefulSet has.",
              {std::move(workload), replicas,
               flag("force", false,
                    "whether pods that go get no time to end: the API server forgets them at "
                    "once")});
}

aio::Task<base::Result<>> set_replicas(ClusterTarget& target, Workload workload,
                                       std::int64_t replicas, std::stop_token stop) {
  CO_TRY(const kube::Resource resource, workload_resource(workload.kind));
  Patch patch;
  patch.resource = resource;
  patch.name = workload.name;
  patch.subresource = "scale";
  patch.body = Node::map().set("spec", Node::map().set("replicas", replicas));
  CO_TRY(co_await target.patch(std::move(patch), std::move(stop)));
  co_return base::Result<>{};
}

class ScaleStep final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // To start an old primary again after a promotion would make two of them.
  drill::Undo rule(const Node&) const override { return drill::Undo::IfNotPromoted; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(const Workload now, co_await target.workload(params["workload"].as_string(), stop));
    CO_TRY(const kube::Resource resource, workload_resource(now.kind));
    std::vector<Right> rights;
    rights.push_back(
        {.resource = resource, .verbs = {"patch"}, .subresource = "scale", .name = now.name});
    if (params["force"].as_bool()) rights.push_back({.resource = kPods, .verbs = {"delete"}});
    co_return co_await check_rights(target, std::move(rights), std::move(stop));
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    CO_TRY(const Workload now,
           co_await cluster_of(context).workload(params["workload"].as_string(), std::move(stop)));
    co_return Node::map().set("replicas", now.desired).set("uid", now.uid);
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node params, Node,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["workload"].as_string();
    const std::int64_t replicas = params["replicas"].as_int();
    CO_TRY(const Workload now, co_await target.workload(name, stop));
    const std::vector<Pod> before = target.pods_of(name);
    CO_TRY(co_await set_replicas(target, now, replicas, stop));
    if (replicas > 0 && replicas >= now.desired) {
      CO_TRY(co_await until_ready(context.clock, target, name, stop));
    } else if (replicas == 0) {
      for (const Pod& pod : before) {
        if (params["force"].as_bool()) CO_TRY(co_await delete_pod(target, pod, true, stop));
      }
      CO_TRY(co_await until_gone(context.clock, target, before, stop));
    }
    co_return fmt::format("{} {}: {} instead of {} replicas", now.kind, name, replicas,
                          now.desired);
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["workload"].as_string();
    const std::string uid = undo["uid"].as_string();
    CO_TRY(const std::optional<Workload> now, co_await workload_left(target, name, uid, stop));
    if (!now) co_return base::Result<>{};
    const std::int64_t replicas = undo["replicas"].as_int();
    if (now->desired != replicas) CO_TRY(co_await set_replicas(target, *now, replicas, stop));
    if (replicas == 0) co_return base::Result<>{};
    co_return co_await until_mended(context.clock, target, name, uid, std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_scale_step() {
  return std::make_unique<ScaleStep>();
}

}  // namespace cluster
