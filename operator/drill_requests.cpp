#include "operator/drill_requests.h"

#include <fmt/format.h>

#include "cluster/objects.h"
#include "kube/taken.h"

namespace op {

namespace {

bool is_said(const api::Node* condition, const char* status) {
  return condition != nullptr && (*condition)["status"].as_string() == status;
}

/// Of a node that says nothing the control plane takes Ready back, and leaves what the kubelet said
/// of the containers as it was. Of a pod that was not ready anyway, because one of its containers
/// starts again and again, it changes nothing: there the eviction is the first sign (drill_pods).
bool is_lost(const api::Node& status) {
  const api::Node& conditions = status["conditions"];
  const api::Node* evicted = cluster::condition_of(conditions, "DisruptionTarget");
  if (is_said(evicted, "True") && (*evicted)["reason"].as_string() == "DeletionByTaintManager") {
    return true;
  }
  return status["phase"].as_string() == "Running" &&
         is_said(cluster::condition_of(conditions, "Ready"), "False") &&
         is_said(cluster::condition_of(conditions, "ContainersReady"), "True");
}

}  // namespace

base::Result<DrillPod> parse_drill_pod(std::string_view json) {
  TRY(const api::Node object, api::parse_json(json));
  DrillPod out;
  out.drill_uid = object["metadata"]["labels"][kDrillLabel].as_string();
  const std::string& phase = object["status"]["phase"].as_string();
  out.state.exists = true;
  out.state.uid = object["metadata"]["uid"].as_string();
  out.state.ended = phase == "Failed" || phase == "Succeeded";
  for (const api::Node& container : object["status"]["containerStatuses"].items()) {
    // Without it the drill has one vantage less, and goes on.
    if (container["name"].as_string() == kVantageContainer) continue;
    const std::string& why = container["state"]["waiting"]["reason"].as_string();
    if (!why.empty() && why != "ContainerCreating") out.state.waiting = why;
  }
  out.state.node = object["spec"]["nodeName"].as_string();
  const api::Node& conditions = object["status"]["conditions"];
  const api::Node* scheduled = cluster::condition_of(conditions, "PodScheduled");
  if (is_said(scheduled, "False")) {
    out.state.waiting = (*scheduled)["reason"].as_string();
  }
  out.state.lost = !out.state.ended && is_lost(object["status"]);
  return out;
}

bool is_under_way(const cluster::DrillObject& drill) {
  return !drill.phase().empty() && drill.phase() != "Pending" && !drill.finished();
}

aio::Task<base::Result<>> write_members(kube::Client& client, cluster::DrillObject drill,
                                        std::vector<cluster::Member> members,
                                        std::stop_token stop) {
  api::Node status = api::Node::map();
  for (auto& [name, value] : members) status.set(name, std::move(value));
  auto written = co_await cluster::write_status(client, cluster::kDrills,
                                                {drill.key, drill.uid, drill.version},
                                                std::move(status), std::move(stop));
  // Somebody changed it: the next look sees what.
  const bool late = !written && written.error().code == base::Code::FailedPrecondition;
  co_return late ? base::Result<>{} : std::move(written);
}

aio::Task<base::Result<PodState>> ask_pod(kube::Client& client, cluster::DrillObject drill,
                                          PodRole role, std::stop_token stop) {
  if (drill.phase().empty() || drill.phase() == "Pending") co_return PodState{};
  const kube::Key key{drill.key.space, pod_name(drill.key.name, role)};
  CO_TRY(const kube::Reply reply, co_await client.get(cluster::kPods, key, std::move(stop)));
  if (reply.code == 404) co_return PodState{};
  CO_TRY(kube::taken(reply, "get pods " + kube::to_string(key)));
  CO_TRY(const DrillPod pod, parse_drill_pod(reply.body));
  co_return pod.drill_uid == drill.uid ? pod.state : PodState{};
}

aio::Task<base::Result<>> remove_pod(kube::Client& client, cluster::DrillObject drill,
                                     RemovePod which, std::stop_token stop) {
  const kube::Key key{drill.key.space, pod_name(drill.key.name, which.role)};
  kube::DeleteOptions options;
  options.uid = std::move(which.uid);
  if (which.force) options.grace_seconds = 0;
  auto reply = co_await client.remove(cluster::kPods, key, options, std::move(stop));
  if (reply && (reply->code == 404 || reply->code == 409)) co_return base::Result<>{};
  CO_TRY(kube::taken(std::move(reply), "delete pods " + kube::to_string(key)));
  co_return base::Result<>{};
}

aio::Task<base::Result<kube::Reply>> create_pod(kube::Client& client, cluster::DrillObject drill,
                                                PodRole role, PodSettings settings, Avoid avoid,
                                                std::int64_t grace_seconds, std::stop_token stop) {
  const api::Node pod = pod_of(drill, role, settings, avoid, grace_seconds);
  co_return co_await client.create(cluster::kPods, drill.key.space, api::to_json(pod), {},
                                   std::move(stop));
}

aio::Task<base::Result<bool>> is_space_ending(kube::Client& client, std::string ns,
                                              std::stop_token stop) {
  CO_TRY(const kube::Reply reply,
         co_await client.get(cluster::kNamespaces, {"", ns}, std::move(stop)));
  if (reply.code == 404) co_return true;
  if (reply.code == 403) co_return false;
  CO_TRY(kube::taken(reply, "get namespaces " + ns));
  CO_TRY(const api::Node object, api::parse_json(reply.body));
  co_return object["metadata"].find("deletionTimestamp") != nullptr;
}

}  // namespace op
