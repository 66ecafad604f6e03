// A drilled namespace on the real API server, with Kubernetes' own controllers: Deployments have
// ReplicaSets and pods, Services have EndpointSlices, budgets are counted. What is missing is the
// scheduler and the kubelet, and the fixture plays them: a pod is bound to the first Node that
// takes pods, is ready at once, and is gone at once when it was asked to end.
//
// Kinds are used as a drill uses them: preflight, prepare, apply, prove, undo, each by itself, so
// that a test can leave any of them out, or do it twice.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "aio/task_group.h"
#include "cluster/cluster_target.h"
#include "cluster/kinds.h"
#include "kube/server_test.h"
#include "targets/catalog.h"

namespace cluster {

using api::Node;
using base::Code;

inline const kube::Resource kDeployments{"apps", "v1", "Deployment", "deployments", true};
inline const kube::Resource kBudgets{"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets",
                                     true};

inline Node json(const std::string& text) {
  auto parsed = api::parse_json(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Node());
}

class KindTest : public kube::ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    group_.emplace(context.get_executor());
    for (const char* name : {"a", "b"}) {
      nodes.push_back(space + "-" + name);
      ASSERT_TRUE(ok(run(client->create(
          kNodes, "",
          api::to_json(Node::map().set("metadata", Node::map().set("name", nodes.back()))), {},
          {}))));
    }
    change(kNamespaces, space, R"({"metadata":{"labels":{"muster.dev/drills":"enabled"}}})");
    group_->spawn(play_nodes(group_->token()));
  }
  void TearDown() override {
    group_->cancel();
    static_cast<void>(aio::run(context, group_->join()));
    target.reset();
    for (const std::string& name : nodes) {
      static_cast<void>(run(client->remove(kNodes, {"", name}, {}, {})));
    }
    static_cast<void>(run(client->remove(kNamespaces, {"", space}, {}, {})));
    ServerTest::TearDown();
  }

  // --- what is in the cluster ---

  void make(const kube::Resource& resource, const std::string& text) {
    const auto made = run(client->create(resource, resource.namespaced ? space : "", text, {}, {}));
    ASSERT_TRUE(ok(made)) << text;
  }
  /// A merge patch by somebody else.
  void change(const kube::Resource& resource, const std::string& name, const std::string& text,
              const std::string& subresource = "") {
    kube::WriteOptions options;
    options.subresource = subresource;
    options.field_manager = "somebody";
    const auto done = run(client->patch(resource, {resource.namespaced ? space : "", name},
                                        kube::PatchType::Merge, text, options, {}));
    ASSERT_TRUE(ok(done)) << text;
  }
  /// Null: it is not there.
  Node get(const kube::Resource& resource, const std::string& name) {
    const auto reply = run(client->get(resource, {resource.namespaced ? space : "", name}, {}));
    EXPECT_TRUE(reply.has_value()) << reply.error().message;
    return reply && reply->ok() ? object(reply) : Node();
  }
  void remove(const kube::Resource& resource, const std::string& name) {
    ASSERT_TRUE(
        ok(run(client->remove(resource, {resource.namespaced ? space : "", name}, {}, {}))));
  }
  static std::string version(const Node& object) {
    return object["metadata"]["resourceVersion"].as_string();
  }
  void make_config_map(const std::string& name, const std::string& data) {
    make(kConfigMaps, fmt::format(R"({{"metadata":{{"name":"{}"}},"data":{}}})", name, data));
  }

  /// A Deployment that selects on app and gives its pods a tier too.
  void deploy(const std::string& name, int replicas) {
    make(kDeployments, fmt::format(R"({{"metadata":{{"name":"{0}"}},"spec":{{"replicas":{1},
        "selector":{{"matchLabels":{{"app":"{0}"}}}},"template":{{"metadata":{{"labels":
        {{"app":"{0}","tier":"front"}}}},"spec":{{"automountServiceAccountToken":false,
        "containers":[{{"name":"main","image":"none"}}]}}}}}}}})",
                                   name, replicas));
    spec_.workloads.push_back({name, "Deployment"});
  }
  /// One whose pods have a sidecar, with its admin API at this port, as an injected one has.
  /// `secret`: its port speaks TLS with a certificate of that Secret; empty: it is in the open.
  void deploy_accompanied(const std::string& name, int replicas, std::uint16_t admin,
                          const std::string& secret = "") {
    const std::string probe =
        fmt::format(R"(,"livenessProbe":{{"httpGet":{{"port":{},"scheme":"HTTPS"}}}})", admin);
    const std::string volume = fmt::format(
        R"("volumes":[{{"name":"muster-sidecar-admin-tls","secret":{{"secretName":"{}"}}}}],)",
        secret);
    make(kDeployments, fmt::format(R"({{"metadata":{{"name":"{0}"}},"spec":{{"replicas":{1},
        "selector":{{"matchLabels":{{"app":"{0}"}}}},"template":{{"metadata":{{"labels":
        {{"app":"{0}"}}}},"spec":{{"automountServiceAccountToken":false,
        "initContainers":[{{"name":"muster-sidecar","image":"none","restartPolicy":"Always",
        "ports":[{{"name":"http","containerPort":15001}},
                 {{"name":"muster-admin","containerPort":{2}}}]{3}}}],{4}
        "containers":[{{"name":"main","image":"none"}}]}}}}}}}})",
                                   name, replicas, admin, secret.empty() ? "" : probe,
                                   secret.empty() ? "" : volume));
    spec_.workloads.push_back({name, "Deployment"});
  }
  void serve(const std::string& name, const std::string& selector) {
    make(kServices,
         fmt::format(
             R"({{"metadata":{{"name":"{}"}},"spec":{{"selector":{},"ports":[{{"port":80}}]}}}})",
             name, selector));
    spec_.services.push_back({name, name, 80});
  }
  /// Opens the target and waits until every workload has its pods.
  void open() {
    ClusterOptions options{space, "plan", spec_};
    kube::Client& used = runner ? *runner : *client;
    auto opened = aio::run(context, ClusterTarget::open(clock, used, names_, options, {}));
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    target = std::move(*opened);
    group_->spawn(target->follow(group_->token()));
    ASSERT_TRUE(aio::run(context, target->known(base::seconds(20), {})).has_value());
    for (const api::WorkloadSpec& workload : spec_.workloads) {
      ASSERT_TRUE(until([&] { return is_whole(workload.name); })) << workload.name;
    }
  }
  std::vector<Pod> pods(const std::string& workload) const { return target->pods_of(workload); }
  /// As the watch sees it.
  bool is_whole(const std::string& workload) {
    const auto seen = aio::run(context, target->workload(workload, {}));
    const std::vector<Pod> now = pods(workload);
    return seen && seen->ready >= seen->desired &&
           static_cast<std::int64_t>(now.size()) == seen->desired &&
           std::all_of(now.begin(), now.end(),
                       [](const Pod& pod) { return pod.ready && !pod.deleting; });
  }
  std::vector<std::string> names_of_pods(const std::string& workload) const {
    std::vector<std::string> out;
    for (const Pod& pod : pods(workload)) out.push_back(pod.name);
    return out;
  }

  // --- a kind, step by step ---

  targets::Context drill() { return {*target, clock, catalog}; }
  targets::Driver& driver(const std::string& kind) {
    return *catalog.driver(kind, api::Use::Fault);
  }
  base::Result<> preflight(const std::string& kind, const std::string& params) {
    auto drill = this->drill();
    return aio::run(context, driver(kind).preflight(drill, json(params), {}));
  }
  base::Result<Node> prepare(const std::string& kind, const std::string& params) {
    auto drill = this->drill();
    auto journal = aio::run(context, driver(kind).prepare(drill, json(params), {}));
    // As the journal gives it back.
    return journal ? api::parse_json(api::to_json(*journal)) : journal;
  }
  base::Result<std::string> apply(const std::string& kind, const std::string& params,
                                  const Node& journal, base::Duration limit = base::seconds(20)) {
    auto drill = this->drill();
    return aio::run(
        context, aio::with_deadline(clock, clock.now() + limit, {}, kind, [&](std::stop_token t) {
          return driver(kind).apply(drill, json(params), journal, t);
        }));
  }
  base::Result<std::string> prove(const std::string& kind, const std::string& params,
                                  const Node& journal, base::Duration limit = base::seconds(20)) {
    auto drill = this->drill();
    return aio::run(
        context, aio::with_deadline(clock, clock.now() + limit, {}, kind, [&](std::stop_token t) {
          return driver(kind).prove(drill, json(params), journal, t);
        }));
  }
  base::Result<> undo(const std::string& kind, const std::string& params, const Node& journal,
                      base::Duration limit = base::seconds(20)) {
    auto drill = this->drill();
    return aio::run(
        context, aio::with_deadline(clock, clock.now() + limit, {}, kind, [&](std::stop_token t) {
          return driver(kind).undo(drill, json(params), journal, t);
        }));
  }
  template <class T>
  static testing::AssertionResult done(const base::Result<T>& result) {
    if (result) return testing::AssertionSuccess();
    return testing::AssertionFailure() << result.error().message;
  }
  static std::string why(const base::Result<>& result) {
    return result ? "it was done" : result.error().message;
  }
  template <class T>
  static std::string why(const base::Result<T>& result) {
    return result ? "it was done" : result.error().message;
  }

  std::vector<std::string> nodes;
  std::string pod_network = "10.9.0.";  // of pods' addresses; loopback ones are in no EndpointSlice
  std::unique_ptr<kube::Client> runner;  // whom the drill is; null: one who may do everything
  std::unique_ptr<ClusterTarget> target;
  targets::Catalog catalog = cluster_catalog();
  std::optional<aio::TaskGroup> group_;
  api::KubernetesTargetSpec spec_;
  std::shared_ptr<net::Names> names_ =
      std::make_shared<net::Names>(clock, boost::asio::ip::udp::endpoint());

 private:
  aio::Task<base::Result<>> play_nodes(std::stop_token stop) {
    while (co_await aio::wait_for(clock, base::millis(30), stop)) {
      const auto reply = co_await client->list(kPods, space, {}, stop);
      if (!reply || !reply->ok()) continue;
      const auto list = api::parse_json(reply->body);
      if (!list) continue;
      for (const Node& item : (*list)["items"].items()) {
        static_cast<void>(co_await play(item, stop));
      }
    }
    co_return base::Result<>{};
  }
  /// What comes next in a pod's life. A request that fails is made again with the next look.
  aio::Task<base::Result<>> play(Node item, std::stop_token stop) {
    const std::string name = item["metadata"]["name"].as_string();
    const kube::Key key{space, name};
    if (item["metadata"].has("deletionTimestamp")) {
      kube::DeleteOptions options;
      options.grace_seconds = 0;
      CO_TRY(co_await client->remove(kPods, key, options, stop));
    } else if (item["spec"]["nodeName"].as_string().empty()) {
      CO_TRY(const std::string node, co_await free_node(stop));
      const std::string body = api::to_json(
          Node::map()
              .set("apiVersion", "v1")
              .set("kind", "Binding")
              .set("metadata", Node::map().set("name", name))
              .set("target",
                   Node::map().set("apiVersion", "v1").set("kind", "Node").set("name", node)));
      CO_TRY(co_await client->send("POST", kube::path_of(kPods, key, "binding"), "application/json",
                                   body, stop));
    } else if (item["status"]["phase"].as_string() != "Running") {
      const std::string ip = pod_network + std::to_string(++addresses_);
      kube::WriteOptions options;
      options.subresource = "status";
      const std::string body = fmt::format(
          R"({{"status":{{"phase":"Running","podIP":"{0}","podIPs":[{{"ip":"{0}"}}],
              "conditions":[{{"type":"Ready","status":"True"}}]}}}})",
          ip);
      CO_TRY(co_await client->patch(kPods, key, kube::PatchType::Merge, body, options, stop));
    }
    co_return base::Result<>{};
  }
  aio::Task<base::Result<std::string>> free_node(std::stop_token stop) {
    for (const std::string& name : nodes) {
      CO_TRY(const kube::Reply reply, co_await client->get(kNodes, {"", name}, stop));
      CO_TRY(const Node node, api::parse_json(reply.body));
      if (!node["spec"]["unschedulable"].as_bool()) co_return name;
    }
    co_return base::fail(Code::Unavailable, "no node takes pods");
  }

  int addresses_ = 0;
};

}  // namespace cluster
