#include "simulated/simulated_runner.h"

#include <algorithm>
#include <utility>

#include "drill/report.h"
#include "operator/drill_holder.h"
#include "operator/drill_result.h"
#include "runner/drive.h"
#include "runner/plan_config.h"
#include "sim/cluster_life.h"

namespace op {
namespace {

using cluster::Member;

constexpr base::Duration kLookEvery = base::millis(250);

bool leads_somewhere(const sim::ApiServer& server, const kube::Key& service) {
  const auto slice = server.find(sim::kEndpointSlices, {service.space, service.name + "-1"});
  if (!slice) return false;
  const auto& endpoints = (*slice)["endpoints"].items();
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [](const api::Node& each) { return each["conditions"]["ready"].as_bool(); });
}

/// What a prober would tell the engine.
class SimulatedEdge final : public runner::Edge {
 public:
  SimulatedEdge(aio::Clock& clock, const sim::ApiServer& server, runner::DrillTarget& target)
      : clock_(clock), server_(server), target_(target), since_(clock.now()) {}

  void use(runner::Actuator& actuator) { actuator_ = &actuator; }

  aio::Task<drill::event::Preflighted> preflight(std::stop_token stop) override {
    auto may = co_await target_.target->check(stop);
    if (may) may = co_await actuator_->preflight(stop);
    co_return drill::event::Preflighted{may.has_value(), may ? "" : may.error().message};
  }
  void observe(drill::action::Observe::What) override {}
  aio::Task<drill::event::Observed> look(std::stop_token) override { co_return now(); }
  aio::Task<drill::event::FinalReadDone> final_read(drill::FinalRead::Which which,
                                                    std::stop_token) override {
    co_return drill::event::FinalReadDone{which, false, "there is nothing to read"};
  }

  drill::event::Observed now() {
    const cluster::ClusterTarget& target = target_.cluster();
    const auto& services = target.spec().services;
    const bool good = std::all_of(services.begin(), services.end(), [&](const auto& each) {
      return leads_somewhere(server_, {target.ns(), each.service});
    });
    if (good != good_) since_ = clock_.now();
    good_ = good;
    drill::event::Observed out;
    out.service = good ? drill::Service::Good : drill::Service::Bad;
    out.since = since_;
    out.through = clock_.now();
    out.promoted = drill::Seen::No;
    out.redundancy = drill::Seen::Yes;
    return out;
  }

 private:
  aio::Clock& clock_;
  const sim::ApiServer& server_;
  runner::DrillTarget& target_;
  runner::Actuator* actuator_ = nullptr;
  base::TimePoint since_;
  bool good_ = true;
};

class SimulatedRunner final : public DrillHolder {
 public:
  SimulatedRunner(const PodOptions& options, PodEdge& edge, const sim::ApiServer& server)
      : DrillHolder(options, edge), server_(server) {}

 private:
  aio::Task<base::Result<std::vector<Member>>> drill() override {
    CO_TRY(runner::PlanFile file, plan());
    CO_TRY(co_await begin(options_.drill, base::seconds(file.plan.timing.deadline_seconds)));
    const Use<std::vector<Member>> use = [this](runner::DrillTarget& target) {
      return on_target(target);
    };
    co_return co_await with_target(std::move(file), For::Drill, ending(), use);
  }

  aio::Task<base::Result<std::vector<Member>>> on_target(runner::DrillTarget& target) {
    CO_TRY(auto kept, open_journal(""));
    CO_TRY(auto journal, store::UndoJournal::create(std::move(kept), options_.drill));
    targets::Context context{*target.target, clock_,  catalog_,    nullptr,
                             nullptr,        nullptr, &approvals()};
    SimulatedEdge prober(clock_, server_, target);
    runner::Actuator actuator(target.plan, context, journal,
                              [this](std::stop_token stop) { return confirm(std::move(stop)); });
    prober.use(actuator);
    drill::EngineConfig config = runner::engine_config(target.plan, catalog_);
    config.final_reads = false;
    runner::Drive drive(clock_, edge_.executor(), drill::Engine(std::move(config)), actuator,
                        prober, journal);
    drive.chronicle().listen([this](const drill::TimelineEvent& entry) { tell_event(entry); });
    abort_by([&drive](const std::string& why) { drive.abort(drill::AbortReason::User, why); });
    aio::TaskGroup looking(edge_.executor());
    looking.spawn(sample(drive, prober, looking.token()));
    const drill::action::Finish finish = co_await drive.run();
    looking.cancel();
    static_cast<void>(co_await looking.join());
    abort_by({});
    runner::DrillStatus ended;
    ended.phase = drill::name(drive.engine().phase());
    ended.finished = true;
    show(ended);
    // The conditions as they are now: the loop that tells them has written some.
    if (const auto now = co_await writer_->read({})) drill_.status = now->status;
    co_return result_of(report_of(finish, drive.engine().state()), {}, {}, drill_,
                        clock_.wall_now());
  }

  aio::Task<base::Result<>> sample(runner::Drive& drive, SimulatedEdge& prober,
                                   std::stop_token stop) {
    while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
      drive.post(prober.now());
      runner::DrillStatus now;
      now.phase = drill::name(drive.engine().phase());
      now.state = drill::name(drive.engine().state());
      show(now);
    }
    co_return base::Result<>{};
  }

  static drill::Report report_of(const drill::action::Finish& finish, drill::SystemState state) {
    drill::Report out;
    out.ending = finish.ending;
    out.ending_reason = finish.reason;
    out.final_state = state;
    out.verdict =
        finish.ending == drill::Ending::Completed ? drill::Verdict::Met : drill::Verdict::Invalid;
    out.reasons = {finish.reason};
    return out;
  }

  const sim::ApiServer& server_;
};

}  // namespace

std::unique_ptr<PodProgram> make_simulated_runner(const PodOptions& options, PodEdge& edge,
                                                  const sim::ApiServer& server) {
  return std::make_unique<SimulatedRunner>(options, edge, server);
}

}  // namespace op
