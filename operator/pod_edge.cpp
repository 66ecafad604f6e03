#include "operator/pod_edge.h"

#include <cstdio>
#include <sstream>

#include <fmt/format.h>

#include "aio/file.h"
#include "operator/drill_decide.h"

namespace op {

void say(const std::string& text) {
  fmt::print(stderr, "{} {}\n", base::rfc3339(aio::wall_now()), text);
}

base::Result<PodEdge> connect(aio::Clock& clock, aio::Executor executor,
                              const PodOptions& options) {
  PodEdge out;
  TRY(out.config, kube::load_config(options.kubeconfig, {}));
  kube::ClientOptions client;
  client.user_agent = "muster";
  client.timeout = base::seconds(10);
  TRY(out.client, kube::Client::make(clock, std::move(executor), out.config, std::move(client)));
  return out;
}

base::Result<std::shared_ptr<net::Names>> names_here(const aio::Clock& clock,
                                                     const std::string& server) {
  if (!server.empty()) return net::Names::create(clock, server);
  TRY(const std::string text, aio::read_file("/etc/resolv.conf", 65536));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, value;
    words >> key >> value;
    if (key != "nameserver") continue;
    return net::Names::create(
        clock, value.find(':') == std::string::npos ? value + ":53" : "[" + value + "]:53");
  }
  return net::Names::create(clock, "127.0.0.1:53");  // as the C library does
}

base::Result<runner::PlanFile> plan_of(const cluster::DrillObject& drill,
                                       const targets::Catalog& catalog) {
  const api::Node* plan = drill.status.find("plan");
  if (plan == nullptr || !plan->is_map()) {
    return base::fail(base::Code::FailedPrecondition, "the Drill's status has no plan yet");
  }
  auto file = runner::read_cluster_plan(*plan, "status.plan", catalog);
  if (!file) return base::fail(base::Code::InvalidArgument, text_of(file.error()));
  return std::move(*file);
}

api::Node runner_node(const PodOptions& options, base::WallTime now) {
  return api::Node::map()
      .set("pod", options.pod)
      .set("node", options.node)
      .set("uid", options.pod_uid)
      .set("heartbeatTime", cluster::time_text(now));
}

}  // namespace op
