// The node of ci/kubernetes/streaming, known to the real API server, and a pod that is bound to it:
// what is asked of the pod goes through the API server, with its authentication and authorization,
// to Kubernetes' own streaming server. What is behind it are processes of this machine.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "kube/exec.h"
#include "server_test.h"

namespace kube {

inline const Resource kNodes{"", "v1", "Node", "nodes", false};
inline const Resource kServiceAccounts{"", "v1", "ServiceAccount", "serviceaccounts", true};

class NodeTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    start_node();
    const auto named = [](const std::string& name) {
      return api::Node::map().set("metadata", api::Node::map().set("name", name));
    };
    ASSERT_TRUE(
        ok(run(client->create(kServiceAccounts, space, api::to_json(named("default")), {}, {}))));
    register_node();
    api::Node containers = api::Node::sequence();
    for (const char* name : {"main", "absent", "broken"}) {
      containers.push(api::Node::map().set("name", name).set("image", "none"));
    }
    api::Node pod = named("web");
    pod.set("spec", api::Node::map()
                        .set("nodeName", space)
                        .set("automountServiceAccountToken", false)
                        .set("containers", std::move(containers)));
    ASSERT_TRUE(ok(run(client->create(kPods, space, api::to_json(pod), {}, {}))));
  }
  void TearDown() override {
    kill_node();
    static_cast<void>(run(client->remove(kNodes, {"", space}, {}, {})));
    ServerTest::TearDown();
  }

  /// To the pod's first container.
  ExecRequest request(std::vector<std::string> argv) const {
    ExecRequest out;
    out.pod = {space, "web"};
    out.container = "main";
    out.argv = std::move(argv);
    return out;
  }
  void kill_node() {
    if (!node_) return;
    node_->signal(SIGCONT);
    node_->signal(SIGKILL);
    static_cast<void>(aio::run(context, node_->wait({})));
    node_.reset();
  }
  void signal_node(int number) { node_->signal(number); }
  std::uint16_t node_port() const { return port_; }
  std::string file_path(const std::string& name) const { return folder + "/" + name; }

 private:
  void start_node() {
    aio::Command build;
    build.argv = {MUSTER_SOURCE_DIR "/ci/kubernetes/streaming.sh"};
    build.timeout = base::seconds(300);
    const auto built = aio::run(context, aio::run_process(clock, build, {}));
    ASSERT_TRUE(built.has_value() && built->ok()) << (built ? built->err : built.error().message);
    aio::Command command;
    command.argv = {built->out.substr(0, built->out.find('\n')), folder};
    auto child = aio::Child::spawn(context.get_executor(), command, {});
    ASSERT_TRUE(child.has_value()) << child.error().message;
    node_.emplace(std::move(*child));
    const auto ready = aio::run(context, node_->read_line({}));
    ASSERT_TRUE(ready.has_value() && ready->starts_with("ready ")) << ready.value_or("no line");
    port_ = static_cast<std::uint16_t>(std::stoi(ready->substr(6)));
  }
  void register_node() {
    const api::Node status =
        api::Node::map()
            .set("addresses",
                 api::Node::sequence().push(
                     api::Node::map().set("type", "InternalIP").set("address", "127.0.0.1")))
            .set("daemonEndpoints",
                 api::Node::map().set("kubeletEndpoint",
                                      api::Node::map().set("Port", std::int64_t{port_})));
    const api::Node object =
        api::Node::map().set("metadata", api::Node::map().set("name", space)).set("status", status);
    ASSERT_TRUE(ok(run(client->create(kNodes, "", api::to_json(object), {}, {}))));
  }

  std::optional<aio::Child> node_;
  std::uint16_t port_ = 0;
};

}  // namespace kube
