#include "sim/cluster_life.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cluster/objects.h"

namespace sim {

using api::Node;

const kube::Resource kDeployments{"apps", "v1", "Deployment", "deployments", true};
const kube::Resource kStatefulSets{"apps", "v1", "StatefulSet", "statefulsets", true};
const kube::Resource kServices{"", "v1", "Service", "services", true};
const kube::Resource kNodes{"", "v1", "Node", "nodes", false};
const kube::Resource kEndpointSlices{"discovery.k8s.io", "v1", "EndpointSlice", "endpointslices",
                                     true};

namespace {

using kube::kPods;

const std::string& uid_of(const Node& object) {
  return object["metadata"]["uid"].as_string();
}

kube::Key key_of(const Node& object) {
  const Node& meta = object["metadata"];
  return {meta["namespace"].as_string(), meta["name"].as_string()};
}

bool is_deleting(const Node& object) {
  return object["metadata"].has("deletionTimestamp");
}

bool has_ended(const Node& pod) {
  const std::string& phase = pod["status"]["phase"].as_string();
  return phase == "Succeeded" || phase == "Failed";
}

bool is_ready(const Node& pod) {
  for (const Node& condition : pod["status"]["conditions"].items()) {
    if (condition["type"].as_string() == "Ready") return condition["status"].as_string() == "True";
  }
  return false;
}

const Node& controller_of(const Node& object) {
  static const Node kNone;
  for (const Node& owner : object["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].as_bool()) return owner;
  }
  return kNone;
}

Node with_owner(Node object, const Node& owner) {
  Node meta = object["metadata"];
  if (owner.is_null()) {
    meta.erase("ownerReferences");
  } else {
    meta.set("ownerReferences", Node::sequence({Node::map()
                                                    .set("apiVersion", owner["apiVersion"])
                                                    .set("kind", owner["kind"])
                                                    .set("name", owner["metadata"]["name"])
                                                    .set("uid", uid_of(owner))
                                                    .set("controller", true)}));
  }
  return object.set("metadata", std::move(meta));
}

bool matches(const Node& workload, const Node& pod) {
  const auto selector = cluster::Selector::parse(workload["spec"]["selector"]);
  return selector && selector->matches(cluster::labels_of(pod));
}

bool leads_to(const Node& service, const Node& pod) {
  const auto& selector = service["spec"]["selector"].entries();
  return !selector.empty() && std::all_of(selector.begin(), selector.end(), [&](const auto& each) {
    return pod["metadata"]["labels"][each.key] == each.value;
  });
}

}  // namespace

ClusterLife::ClusterLife(Machine& machine, ApiServer& server, std::uint64_t seed)
    : machine_(machine), server_(server), random_(seed) {
  for (const kube::Resource& each :
       {kPods, kDeployments, kStatefulSets, kServices, kNodes, kEndpointSlices}) {
    server_.serve(each);
  }
  server_.on_change = [this](const kube::Resource& resource, const Object& before,
                             const Object& after) { changed(resource, before, after); };
}

base::Duration ClusterLife::between(int least_millis, int most_millis) {
  return base::millis(random_.between(least_millis, most_millis));
}

void ClusterLife::changed(const kube::Resource& resource, const Object& before,
                          const Object& after) {
  if (resource.plural == "pods") pod_changed(before, after);
  const bool lives = resource.plural == "pods" || resource.group == "apps" ||
                     resource.plural == "services" || resource.plural == "nodes";
  collecting_ |= !after;
  if (lives || !after) look_soon();
}

void ClusterLife::pod_changed(const Object& before, const Object& after) {
  if (!after) {
    // Forgotten by force: what runs of it does not know.
    kill(uid_of(*before), true);
    return;
  }
  const std::string uid = uid_of(*after);
  const kube::Key key = key_of(*after);
  if (!before) {
    const base::Duration image = image_takes ? image_takes(*after) : base::Duration{};
    machine_.after(between(100, 700) + image, nullptr, [this, uid, key] { begin(uid, key); });
  }
  const Node& meta = (*after)["metadata"];
  const Node& grace = meta["deletionGracePeriodSeconds"];
  const bool asked = is_deleting(*after) &&
                     (!before || !((*before)["metadata"]["deletionGracePeriodSeconds"] == grace));
  if (asked) machine_.after(between(10, 60), nullptr, [this, uid, key] { end(uid, key); });
}

ApiServer::Object ClusterLife::same_pod(const std::string& uid, const kube::Key& key) const {
  Object pod = server_.find(kPods, key);
  return pod && uid_of(*pod) == uid ? pod : nullptr;
}

std::string ClusterLife::free_node() const {
  std::vector<std::string> free;
  for (const Object& node : server_.all(kNodes)) {
    if (!(*node)["spec"]["unschedulable"].as_bool()) free.push_back(key_of(*node).name);
  }
  return free.empty() ? "" : free[names_ % free.size()];
}

// --- the kubelet ---

void ClusterLife::begin(const std::string& uid, const kube::Key& key) {
  const Object pod = same_pod(uid, key);
  if (!pod || is_deleting(*pod)) return;
  const std::string node = free_node();
  if (node.empty()) {
    machine_.after(base::millis(500), nullptr, [this, uid, key] { begin(uid, key); });
    return;
  }
  ++names_;
  Node running = *pod;
  Node spec = running["spec"];
  running.set("spec", spec.set("nodeName", node));
  running.set("status",
              Node::map()
                  .set("phase", "Running")
                  .set("podIP", fmt::format("10.1.{}.{}", addresses_ / 250, addresses_ % 250 + 1))
                  .set("conditions",
                       Node::sequence({Node::map().set("type", "Ready").set("status", "True")})));
  ++addresses_;
  server_.put(kPods, std::move(running));
  run(uid, key);
}

void ClusterLife::run(const std::string& uid, const kube::Key& key) {
  const Object pod = same_pod(uid, key);
  if (!pod || is_deleting(*pod) || !start) return;
  Program program = start(*pod);
  if (program.process == nullptr) return;
  program.process->die_with([this, uid, key] { died(uid, key); });
  containers_[uid].program = std::move(program);
}

void ClusterLife::end(const std::string& uid, const kube::Key& key) {
  const Object pod = same_pod(uid, key);
  if (!pod) return;
  const auto container = containers_.find(uid);
  const bool has_one = container != containers_.end();
  const base::TimePoint still_until = has_one ? container->second.still_until : base::TimePoint{};
  if (machine_.now() < still_until) {
    machine_.at(still_until + between(10, 60), nullptr, [this, uid, key] { end(uid, key); });
    return;
  }
  // Also where it died a moment ago, and waits to be begun anew.
  if (!has_one || !container->second.program.process->alive()) {
    containers_.erase(uid);
    machine_.after(between(20, 300), nullptr, [this, uid, key] {
      if (same_pod(uid, key)) forget(key);
    });
    return;
  }
  if (container->second.program.ask_to_end) container->second.program.ask_to_end();
  const Node& grace = (*pod)["metadata"]["deletionGracePeriodSeconds"];
  machine_.after(base::seconds(grace.as_int()), nullptr, [this, uid] { kill(uid, false); });
}

/// `forgotten`: its pod is gone, and whoever dies then ends nothing.
void ClusterLife::kill(const std::string& uid, bool forgotten) {
  const auto container = containers_.find(uid);
  if (container == containers_.end()) return;
  const base::TimePoint still_until = container->second.still_until;
  if (machine_.now() < still_until) {
    machine_.at(still_until + between(10, 60), nullptr,
                [this, uid, forgotten] { kill(uid, forgotten); });
    return;
  }
  Process* process = container->second.program.process;
  if (forgotten) containers_.erase(container);
  if (process != nullptr) process->kill();
}

void ClusterLife::stand_still(const Process& process, base::Duration length) {
  for (auto& [uid, container] : containers_) {
    if (container.program.process == &process) container.still_until = machine_.now() + length;
  }
}

void ClusterLife::died(const std::string& uid, const kube::Key& key) {
  const auto container = containers_.find(uid);
  const Object pod = same_pod(uid, key);
  if (container == containers_.end() || !pod) return;
  const bool well = container->second.program.ended_well && container->second.program.ended_well();
  const int restarts = ++container->second.restarts;
  if (!is_deleting(*pod) && !well && (*pod)["spec"]["restartPolicy"].as_string() == "OnFailure") {
    const base::Duration pause = restarts == 1 ? between(200, 800) : base::seconds(10);
    machine_.after(pause, nullptr, [this, uid, key] { run(uid, key); });
    return;
  }
  containers_.erase(container);
  Node ended = *pod;
  ended.set("status", Node::map().set("phase", well ? "Succeeded" : "Failed"));
  server_.put(kPods, std::move(ended));
  if (is_deleting(*pod)) forget(key);
}

// --- the controllers ---

void ClusterLife::look_soon() {
  if (std::exchange(looking_, true)) return;
  machine_.after(between(5, 40), nullptr, [this] {
    looking_ = false;
    look();
  });
}

void ClusterLife::look() {
  for (const kube::Resource& kind : {kDeployments, kStatefulSets}) {
    for (const Object& workload : server_.all(kind)) see_to(kind, *workload);
  }
  for (const Object& service : server_.all(kServices)) see_to_endpoints(*service);
  if (std::exchange(collecting_, false)) collect();
}

std::vector<ApiServer::Object> ClusterLife::pods_of(const Node& workload, bool adopt) {
  std::vector<Object> out;
  for (const Object& pod : server_.all(kPods)) {
    if (key_of(*pod).space != key_of(workload).space) continue;
    const Node& controller = controller_of(*pod);
    const bool mine = controller["uid"].as_string() == uid_of(workload);
    const bool fits = matches(workload, *pod);
    if (mine && fits) out.push_back(pod);
    if (!adopt || mine == fits || is_deleting(*pod)) continue;
    if (mine) server_.put(kPods, with_owner(*pod, Node()));
    if (!mine && controller.is_null()) {
      out.push_back(server_.put(kPods, with_owner(*pod, workload)));
    }
  }
  return out;
}

void ClusterLife::make_pod(const Node& workload, const std::string& name) {
  Node pod = workload["spec"]["template"];
  Node meta = pod["metadata"];
  meta.set("name", name).set("namespace", key_of(workload).space);
  pod.set("metadata", std::move(meta));
  pod.set("status", Node::map().set("phase", "Pending"));
  server_.put(kPods, with_owner(std::move(pod), workload));
}

void ClusterLife::see_to(const kube::Resource& kind, const Node& workload) {
  const std::vector<Object> pods = pods_of(workload, true);
  const auto wanted = static_cast<std::size_t>(workload["spec"]["replicas"].as_int(1));
  const std::string& name = key_of(workload).name;
  std::vector<Object> live = pods;
  std::erase_if(live, [](const Object& pod) { return is_deleting(*pod) || has_ended(*pod); });
  const auto ready =
      std::count_if(live.begin(), live.end(), [](const Object& pod) { return is_ready(*pod); });
  Node now = workload;
  now.set("status", Node::map()
                        .set("replicas", static_cast<std::int64_t>(live.size()))
                        .set("readyReplicas", static_cast<std::int64_t>(ready)));
  server_.put(kind, std::move(now));
  for (std::size_t i = live.size(); i > wanted; --i) remove(kPods, *live[i - 1]);
  if (kind.plural == "deployments") {
    for (std::size_t i = live.size(); i < wanted; ++i) {
      make_pod(workload, fmt::format("{}-{:05}", name, ++names_));
    }
    return;
  }
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::string ordinal = fmt::format("{}-{}", name, i);
    if (!server_.find(kPods, {key_of(workload).space, ordinal})) make_pod(workload, ordinal);
  }
}

void ClusterLife::see_to_endpoints(const Node& service) {
  Node endpoints = Node::sequence();
  for (const Object& pod : server_.all(kPods)) {
    const bool in = key_of(*pod).space == key_of(service).space && leads_to(service, *pod) &&
                    !has_ended(*pod) && !(*pod)["status"]["podIP"].as_string().empty();
    if (!in) continue;
    endpoints.push(
        Node::map()
            .set("addresses", Node::strings({(*pod)["status"]["podIP"].as_string()}))
            .set("conditions", Node::map().set("ready", is_ready(*pod) && !is_deleting(*pod)))
            .set("targetRef", Node::map().set("name", key_of(*pod).name).set("uid", uid_of(*pod))));
  }
  const kube::Key key{key_of(service).space, key_of(service).name + "-1"};
  const Object now = server_.find(kEndpointSlices, key);
  if (now && (*now)["endpoints"] == endpoints) return;
  Node slice =
      now ? *now
          : Node::map().set("metadata",
                            Node::map()
                                .set("name", key.name)
                                .set("namespace", key.space)
                                .set("labels", Node::map().set("kubernetes.io/service-name",
                                                               key_of(service).name)));
  server_.put(kEndpointSlices, slice.set("endpoints", std::move(endpoints)));
}

void ClusterLife::collect() {
  std::vector<kube::Resource> kinds = owned;
  kinds.insert(kinds.end(), {kPods, kDeployments, kStatefulSets});
  std::set<std::string> there;
  for (const kube::Resource& kind : kinds) {
    for (const Object& object : server_.all(kind)) there.insert(uid_of(*object));
  }
  for (const kube::Resource& kind : kinds) {
    for (const Object& object : server_.all(kind)) {
      const Node& owner = controller_of(*object);
      const bool lost = !owner.is_null() && !there.contains(owner["uid"].as_string());
      if (lost && !is_deleting(*object)) remove(kind, *object);
    }
  }
}

void ClusterLife::remove(const kube::Resource& resource, const Node& object) {
  const Node body = Node::map().set("preconditions", Node::map().set("uid", uid_of(object)));
  server_.handle({"DELETE", kube::path_of(resource, key_of(object)), "", api::to_json(body)});
}

/// Nothing of it runs; whatever finalizers it has keep it all the same.
void ClusterLife::forget(const kube::Key& pod) {
  server_.handle({"DELETE", kube::path_of(kPods, pod), "", R"({"gracePeriodSeconds":0})"});
}

bool ClusterLife::is_settled() const {
  if (looking_) return false;
  for (const Object& pod : server_.all(kPods)) {
    if (is_deleting(*pod) || (!has_ended(*pod) && !is_ready(*pod))) return false;
  }
  for (const kube::Resource& kind : {kDeployments, kStatefulSets}) {
    for (const Object& workload : server_.all(kind)) {
      const Node& ready = (*workload)["status"]["readyReplicas"];
      if (ready.as_int() != (*workload)["spec"]["replicas"].as_int(1)) return false;
    }
  }
  return true;
}

}  // namespace sim
