#include "operator/pod_program.h"

#include <utility>

#include "api/plan_parse.h"
#include "cluster/kinds.h"
#include "cluster/status_journal.h"
#include "operator/drill_decide.h"

namespace op {

namespace {

constexpr base::Duration kJournalWithin = base::seconds(5);

}  // namespace

aio::Task<base::Result<bool>> PodProgram::run() {
  CO_TRY(connect());
  co_return co_await whole();
}

base::Result<> PodProgram::connect() {
  catalog_ = cluster::cluster_catalog();
  kube::ClientOptions client;
  client.timeout = base::seconds(10);
  TRY(client_, edge_.connect(clock_, edge_.executor(), std::move(client)));
  awaited_.emplace(clock_, *client_);
  writer_.emplace(*awaited_, kube::Key{options_.ns, options_.drill}, options_.drill_uid);
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
  auto file = runner::read_cluster_plan(api::without_unmeasured_rpo(plan), "status.plan", catalog_);
  if (!file) return base::fail(base::Code::InvalidArgument, text_of(file.error()));
  return std::move(*file);
}

base::Result<std::unique_ptr<store::JournalFile>> PodProgram::open_journal(std::string text) {
  const cluster::Connect connect = [this](aio::Clock& clock, aio::Executor executor,
                                          kube::ClientOptions options) {
    return edge_.connect(clock, std::move(executor), std::move(options));
  };
  return cluster::open_status_journal(connect, {drill_.key, drill_.uid, options_.pod_uid},
                                      std::move(text), kJournalWithin);
}

aio::Task<base::Result<runner::DrillTarget>> PodProgram::open_target(runner::PlanFile file,
                                                                     For what,
                                                                     std::stop_token stop) {
  CO_TRY(const auto names, edge_.names(options_.name_server));
  co_return co_await runner::open_cluster_target(clock_, *client_, names, options_.ns,
                                                 std::move(file), catalog_, what == For::Undo,
                                                 std::move(stop));
}

}  // namespace op
