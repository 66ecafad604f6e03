#include "cluster/fault_detach.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cluster/chosen_pods.h"
#include "cluster/cluster_target.h"
#include "cluster/detaching.h"
#include "cluster/gone.h"
#include "cluster/rights.h"
#include "cluster/waiting.h"
#include "kube/taken.h"
#include "targets/fields.h"

namespace cluster {
namespace {

using api::Node;
using targets::Context;

constexpr base::Duration kAskEvery = base::millis(100);

api::ActionKind table() {
  using namespace targets::fields;
  return kind("detach", api::Use::Fault,
              "Takes pods of a workload out of their Service by changing a label that it selects "
              "on; they go on running, and count as out when its EndpointSlices do not have them.",
              {reference("workload", Names::Process, Need::Required, "the workload"),
               reference("service", Names::Service, Need::Optional,
                         "the service, a second target of the fault; default: the only one of the "
                         "plan that leads to the workload"),
               text("label", Need::Optional,
                    "the label to change; default: one that the service selects on and the "
                    "workload does not, or else the first of the service"),
               integer("count", {1, 1000}, 1, "how many of its pods, the first ones by name")});
}

/// What the plan calls the Service.
aio::Task<base::Result<std::string>> service_of(ClusterTarget& target, Node params,
                                                std::stop_token stop) {
  if (const std::string& named = params["service"].as_string(); !named.empty()) co_return named;
  const std::string& workload = params["workload"].as_string();
  const std::vector<Pod> pods = target.pods_of(workload);
  std::vector<std::string> leading;
  for (const api::ClusterServiceSpec& spec : target.spec().services) {
    CO_TRY(const Service service, co_await target.service(spec.name, stop));
    const bool leads = std::any_of(pods.begin(), pods.end(),
                                   [&](const Pod& pod) { return selected(service, pod.labels); });
    if (leads) leading.push_back(spec.name);
  }
  if (leading.size() == 1) co_return leading.front();
  co_return base::fail(
      base::Code::FailedPrecondition,
      fmt::format("detach.service: {} services of the plan lead to workload '{}'{}{}: name one",
                  leading.size(), workload, leading.empty() ? "" : ": ", fmt::join(leading, ", ")));
}

/// The UIDs of the pods that users are sent to.
aio::Task<base::Result<std::set<std::string>>> endpoints_of(ClusterTarget& target,
                                                            std::string service,
                                                            std::stop_token stop) {
  CO_TRY(const kube::Key key, target.service_key(service));
  kube::ListQuery query;
  query.labels = "kubernetes.io/service-name=" + key.name;
  CO_TRY(const kube::Reply reply,
         kube::taken(
             co_await target.client().list(kEndpointSlices, target.ns(), query, std::move(stop)),
             "list endpointslices of " + kube::to_string(key)));
  CO_TRY(const Node list, api::parse_json(reply.body));
  std::set<std::string> out;
  for (const Node& slice : list["items"].items()) {
    for (const Node& endpoint : slice["endpoints"].items()) {
      if (!endpoint["conditions"]["ready"].as_bool(true)) continue;
      out.insert(endpoint["targetRef"]["uid"].as_string());
    }
  }
  co_return out;
}

/// Until users are sent to none of them. Errors: Cancelled naming those that they still are.
aio::Task<base::Result<>> until_out(aio::Clock& clock, ClusterTarget& target, std::string service,
                                    std::vector<Pod> pods, std::stop_token stop) {
  while (true) {
    CO_TRY(const auto endpoints, co_await endpoints_of(target, service, stop));
    std::vector<Pod> left = pods;
    std::erase_if(left, [&](const Pod& pod) { return !endpoints.contains(pod.uid); });
    if (left.empty()) co_return base::Result<>{};
    if (!co_await aio::wait_for(clock, kAskEvery, stop)) {
      co_return base::fail(
          base::Code::Cancelled,
          fmt::format("the EndpointSlices of {} still have {}", service, names_of(left)));
    }
  }
}

/// "~1" for a slash: how a JSON pointer (RFC 6901) names a label.
std::string label_path(const std::string& label) {
  std::string out = "/metadata/labels/";
  for (const char c : label) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

/// Of exactly this pod, and only where the label has the value that it is thought to have.
aio::Task<base::Result<>> change_label(ClusterTarget& target, Pod pod, std::string label,
                                       std::string from, std::string to, std::stop_token stop) {
  const auto operation = [](const char* op, const std::string& path, const std::string& value) {
    return Node::map().set("op", op).set("path", path).set("value", value);
  };
  Patch patch;
  patch.resource = kPods;
  patch.name = pod.name;
  patch.type = kube::PatchType::Json;
  patch.body = Node::sequence();
  patch.body.push(operation("test", "/metadata/uid", pod.uid))
      .push(operation("test", label_path(label), from))
      .push(operation("replace", label_path(label), to));
  CO_TRY(co_await target.patch(std::move(patch), std::move(stop)));
  co_return base::Result<>{};
}

/// The pod as it is now; null: it is gone, or its label is not the one that the fault gave it.
aio::Task<base::Result<Node>> orphan(ClusterTarget& target, Pod pod, std::string label,
                                     std::stop_token stop) {
  auto now = co_await target.get(kPods, pod.name, std::move(stop));
  if (!now && now.error().code == base::Code::NotFound) co_return Node();
  if (!now) co_return now;
  const Node& meta = (*now)["metadata"];
  const bool same = meta["uid"].as_string() == pod.uid;
  if (!same || meta["labels"][label].as_string() != kDetached) co_return Node();
  co_return now;
}

/// How many pods a workload has that stay.
std::int64_t staying(const ClusterTarget& target, const std::string& workload,
                     const std::string& but) {
  const std::vector<Pod> pods = target.pods_of(workload);
  return std::count_if(pods.begin(), pods.end(),
                       [&](const Pod& pod) { return !pod.deleting && pod.uid != but; });
}

/// What becomes of a pod that was detached. Of pods that a plan names by their labels nobody knows
/// what their controllers look at; but whether one has let go of its pod is to be seen.
Orphan fate_of(const ClusterTarget& target, const std::optional<Workload>& workload, const Pod& pod,
               const Node& now, bool let_go) {
  // Its workload would have taken it along.
  if (!workload) return let_go ? Orphan::Delete : Orphan::Relabel;
  const std::int64_t pods = staying(target, workload->name, pod.uid);
  if (workload->kind != api::kPodSet) return what_to_do(*workload, let_go, pods);
  Workload like = *workload;
  like.kind = pod.owner;
  return what_to_do(like, !pod.owner.empty() && controller_of(now).empty(), pods);
}

class DetachFault final : public targets::Driver {
 public:
  const api::ActionKind& kind() const override { return kind_; }
  // To lead users back to an old primary after a promotion would lose what they write.
  drill::Undo rule(const Node&) const override { return drill::Undo::IfNotPromoted; }
  std::vector<std::string> touches(const Node& params) const override {
    return {params["workload"].as_string()};
  }

  aio::Task<base::Result<>> preflight(Context& context, Node params,
                                      std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    CO_TRY(co_await check_rights(target,
                                 {{.resource = kPods, .verbs = {"get", "patch", "delete"}},
                                  {.resource = kEndpointSlices, .verbs = {"list"}}},
                                 stop));
    CO_TRY(const std::string service, co_await service_of(target, params, stop));
    CO_TRY(const Service now, co_await target.service(service, stop));
    CO_TRY(const Workload workload,
           co_await target.workload(params["workload"].as_string(), std::move(stop)));
    CO_TRY(detaching_label(now, workload, params["label"].as_string()));
    co_return base::Result<>{};
  }

  aio::Task<base::Result<Node>> prepare(Context& context, Node params,
                                        std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["workload"].as_string();
    CO_TRY(const std::string service, co_await service_of(target, params, stop));
    CO_TRY(const Service now, co_await target.service(service, stop));
    CO_TRY(const Workload workload, co_await target.workload(name, stop));
    CO_TRY(const std::string label, detaching_label(now, workload, params["label"].as_string()));
    CO_TRY(const auto endpoints, co_await endpoints_of(target, service, std::move(stop)));
    std::vector<Pod> pods = target.pods_of(name);
    std::erase_if(pods, [&](const Pod& pod) {
      return pod.deleting || !endpoints.contains(pod.uid) || !selected(now, pod.labels);
    });
    const auto count = static_cast<std::size_t>(params["count"].as_int(1));
    if (pods.size() < count) {
      co_return base::fail(base::Code::FailedPrecondition,
                           fmt::format("service '{}' sends users to {} pods of workload '{}': {} "
                                       "cannot be detached",
                                       service, pods.size(), name, count));
    }
    pods.resize(count);
    co_return Node::map()
        .set("service", service)
        .set("label", label)
        .set("value", now.selector[label])
        .set("letGo", workload.selector.asks_for(label))
        .set("uid", workload.uid)
        .set("pods", node_of(pods));
  }

  aio::Task<base::Result<std::string>> apply(Context& context, Node, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::vector<Pod> pods = pods_in(undo["pods"]);
    const std::string service = undo["service"].as_string();
    const std::string label = undo["label"].as_string();
    for (const Pod& pod : pods) {
      CO_TRY(co_await change_label(target, pod, label, undo["value"].as_string(), kDetached, stop));
    }
    CO_TRY(co_await until_out(context.clock, target, service, pods, std::move(stop)));
    co_return fmt::format("out of {} by label {}: {}", service, label, names_of(pods));
  }

  aio::Task<base::Result<std::string>> prove(Context& context, Node, Node undo,
                                             std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::vector<Pod> pods = pods_in(undo["pods"]);
    const std::string label = undo["label"].as_string();
    for (const Pod& pod : pods) {
      CO_TRY(const Node now, co_await orphan(target, pod, label, stop));
      if (!now.is_null()) continue;
      co_return base::fail(
          base::Code::FailedPrecondition,
          fmt::format("pod {} is gone, or its label {} was changed again", pod.name, label));
    }
    CO_TRY(co_await until_out(context.clock, target, undo["service"].as_string(), pods,
                              std::move(stop)));
    co_return fmt::format("the EndpointSlices of {} have none of {}", undo["service"].as_string(),
                          names_of(pods));
  }

  aio::Task<base::Result<>> undo(Context& context, Node params, Node undo,
                                 std::stop_token stop) override {
    ClusterTarget& target = cluster_of(context);
    const std::string& name = params["workload"].as_string();
    const std::string label = undo["label"].as_string();
    const std::string uid = undo["uid"].as_string();
    CO_TRY(const std::optional<Workload> workload, co_await workload_left(target, name, uid, stop));
    for (const Pod& pod : pods_in(undo["pods"])) {
      CO_TRY(const Node now, co_await orphan(target, pod, label, stop));
      if (now.is_null()) continue;
      if (fate_of(target, workload, pod, now, undo["letGo"].as_bool()) == Orphan::Delete) {
        CO_TRY(co_await delete_pod(target, pod, false, stop));
      } else {
        CO_TRY(
            co_await change_label(target, pod, label, kDetached, undo["value"].as_string(), stop));
      }
    }
    co_return co_await until_mended(context.clock, target, name, uid, std::move(stop));
  }

 private:
  api::ActionKind kind_ = table();
};

}  // namespace

std::unique_ptr<targets::Driver> make_detach_fault() {
  return std::make_unique<DetachFault>();
}

}  // namespace cluster
