#include "operator/carry_out.h"

#include <map>
#include <optional>

#include "aio/entropy.h"
#include "aio/file.h"
#include "operator/drill_holder.h"
#include "operator/drill_pods.h"
#include "operator/drill_result.h"
#include "operator/evidence_keeper.h"
#include "operator/live_pod.h"
#include "operator/vantage_exec.h"
#include "runner/drill_run.h"
#include "runner/evidence_file.h"
#include "runner/http_client.h"
#include "runner/recover.h"
#include "runner/requester.h"

namespace op {
namespace {

using cluster::Member;

class CarryOut final : public DrillHolder {
 public:
  CarryOut(const PodOptions& options, PodEdge& edge) : DrillHolder(options, edge) {}

 private:
  aio::Task<base::Result<std::vector<Member>>> drill() override {
    CO_TRY(runner::PlanFile file, plan());
    CO_TRY(const auto state, runner::StateDir::open(options_.state_dir));
    CO_TRY(const auto dir, state.create_drill(file.plan.name, clock_.wall_now(), aio::seed()));
    CO_TRY(co_await begin(dir.id(), base::seconds(file.plan.timing.deadline_seconds)));
    CO_TRY(use_key(state));
    CO_TRY(auto accounting,
           runner::begin_accounting(state, dir, clock_, file.plan.name, requester(), {}));
    CO_TRY(aio::write_file_atomic(dir.given_plan(), api::to_yaml(file.plan.document)));
    CO_TRY(runner::save_for_recovery(dir, file, false));
    const Use<std::vector<Member>> use = [&](runner::DrillTarget& target) {
      return on_target(state, dir, target, accounting);
    };
    co_return co_await with_target(std::move(file), For::Drill, ending(), use);
  }

  aio::Task<base::Result<std::vector<Member>>> on_target(const runner::StateDir& state,
                                                         runner::DrillDir dir,
                                                         runner::DrillTarget& target,
                                                         runner::Accounting& accounting) {
    CO_TRY(auto journal, open_journal(""));
    runner::HttpGet http(clock_, edge_.executor(), target.names);
    runner::DrillRun::Setup setup{
        .state = state,
        .dir = dir,
        .target = target,
        .catalog = catalog_,
        .http = &http,
        .versions = versions(),
        .show = [this](const runner::DrillStatus& now) { show(now); },
        .accounting = &accounting,
        .journal = std::move(journal),
        .story = [this](const drill::TimelineEvent& entry) { tell_event(entry); },
        .approvals = &approvals(),
        .confirm = [this](std::stop_token stop) { return confirm(std::move(stop)); },
        .place = place_of(options_)};
    if (wants_second_vantage(drill_.status["plan"])) {
      setup.second_vantage = vantage_of_guardian(*client_, drill_.key);
    }
    runner::DrillRun run(clock_, edge_.executor(), std::move(setup));
    abort_by([&run](const std::string& why) { run.abort(drill::AbortReason::User, why); });
    auto result = co_await run.run();
    abort_by({});
    if (!result) co_return tl::unexpected(result.error());
    EvidencePlace place;
    const auto kept = co_await keep_evidence(*client_, drill_, dir, options_);
    if (kept) {
      place = kept->place;
      if (!kept->problem.empty()) result->problems.push_back(kept->problem);
    } else {
      result->problems.push_back("the evidence was not kept: " + kept.error().message);
    }
    // The conditions as they are now: the loop that tells them has written some.
    if (const auto now = co_await writer_->read({})) drill_.status = now->status;
    co_return result_of(result->report, place, result->problems, drill_, clock_.wall_now());
  }

  /// As the API server knew them; else this program, as which the drill runs.
  bundle::Requester requester() const {
    bundle::Requester out = runner::requester_here();
    if (drill_.requested_by.empty()) return out;
    out.uid = -1;
    out.user = drill_.requested_by;
    return out;
  }

  /// The key that signs: the one that was given, in the place where the accounting looks for it.
  base::Result<> use_key(const runner::StateDir& state) {
    if (options_.evidence_key.empty()) return {};
    TRY(const std::string pem, aio::read_file(options_.evidence_key, 65536));
    TRY(aio::make_dirs(state.keys()));
    return aio::write_file_atomic(state.keys() + "/evidence.key", pem);
  }

  std::map<std::string, std::string> versions() const {
    return {{"muster", options_.version},
            {"revision", options_.revision},
            {"compiler", options_.compiler},
            {"drill", kube::to_string(drill_.key)},
            {"node", options_.node}};
  }
};

}  // namespace

int carry_out(const PodOptions& options) {
  LivePod edge(options.kubeconfig);
  CarryOut program(options, edge);
  return edge.run(program);
}

}  // namespace op
