#include "operator/pod_program.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

#include "aio/file.h"
#include "cluster/kinds.h"
#include "net/names.h"
#include "operator/drill_decide.h"

namespace op {

namespace {

/// The name server of this machine: the first of /etc/resolv.conf, or `server`.
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

}  // namespace

void say(const std::string& text) {
  fmt::print(stderr, "{} {}\n", base::rfc3339(aio::wall_now()), text);
}

int PodProgram::run() {
  base::Result<bool> done = false;
  if (const auto connected = connect(); connected) {
    done = aio::run(context_, whole());
  } else {
    done = tl::unexpected(connected.error());
  }
  if (!done) say("error: " + done.error().message);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

base::Result<> PodProgram::connect() {
  catalog_ = cluster::cluster_catalog();
  TRY(config_, kube::load_config(options_.kubeconfig, {}));
  kube::ClientOptions client;
  client.timeout = base::seconds(10);
  TRY(client_, kube::Client::make(clock_, context_.get_executor(), config_, std::move(client)));
  writer_.emplace(*client_, kube::Key{options_.ns, options_.drill});
  return {};
}

api::Node PodProgram::runner_node() const {
  return api::Node::map()
      .set("pod", options_.pod)
      .set("node", options_.node)
      .set("uid", options_.pod_uid)
      .set("heartbeatTime", cluster::time_text(clock_.wall_now()));
}

aio::Task<base::Result<>> PodProgram::claim(std::string from) {
  CO_TRY(drill_, co_await writer_->claim(std::move(from), runner_node(), {}));
  co_return base::Result<>{};
}

base::Result<runner::PlanFile> PodProgram::plan() const {
  const api::Node& plan = drill_.status["plan"];
  if (!plan.is_map()) {
    return base::fail(base::Code::FailedPrecondition, "the Drill's status has no plan yet");
  }
  auto file = runner::read_cluster_plan(plan, "status.plan", catalog_);
  if (!file) return base::fail(base::Code::InvalidArgument, text_of(file.error()));
  return std::move(*file);
}

aio::Task<base::Result<runner::DrillTarget>> PodProgram::open_target(runner::PlanFile file,
                                                                     std::stop_token stop) {
  CO_TRY(const auto names, names_here(clock_, options_.name_server));
  co_return co_await runner::open_cluster_target(clock_, *client_, names, options_.ns,
                                                 std::move(file), catalog_, std::move(stop));
}

}  // namespace op
