#include "operator/vantage.h"

#include <cstdlib>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/event.h"
#include "aio/file.h"
#include "aio/task_group.h"
#include "kube/recorder.h"
#include "operator/live_pod.h"
#include "operator/log.h"
#include "runner/unix_link.h"
#include "runner/vantage_service.h"

namespace op {
namespace {

constexpr base::Duration kLookEvery = base::seconds(2);
/// Beyond twice the drill's deadline: a runner that is gone is seen to be, unless nobody can be
/// asked any more.
constexpr base::Duration kEndedWithin = base::seconds(3600);

std::string socket_of(const runner::StateDir& state) {
  return state.root() + "/vantage.sock";
}

class VantageProgram final : public PodProgram {
 public:
  VantageProgram(const PodOptions& options, PodEdge& edge)
      : PodProgram(options, edge), over_(edge.executor()) {}

 private:
  aio::Task<base::Result<bool>> whole() override {
    CO_TRY(state_, runner::StateDir::open(options_.state_dir));
    const aio::Executor executor = edge_.executor();
    runner::VantageService service(
        clock_, executor, place_of(options_),
        [this](runner::VantageAsk ask, runner::VantageOrders& orders, std::stop_token stop) {
          return measure(std::move(ask), orders, std::move(stop));
        });
    aio::TaskGroup group(executor);
    events_.emplace(clock_, *client_, kube::Reporter{"muster.dev/vantage", options_.pod});
    group.spawn(events_->run(group.token()));
    group.spawn(listen_for_signals(group.token()));
    group.spawn(follow_drill(group.token()));
    const auto serving = [&service](runner::Link& link, std::stop_token stop) {
      return service.serve(link, std::move(stop));
    };
    group.spawn(runner::serve_unix(socket_of(*state_), serving, group.token()));
    co_await over_.wait(group.token());
    co_await service.stop();
    group.cancel();
    CO_TRY(co_await group.join());
    co_return true;
  }

  /// The pod's last seconds are the guardian's, who may need them; measuring ends with the drill.
  aio::Task<base::Result<>> listen_for_signals(std::stop_token stop) {
    while (true) {
      CO_TRY(co_await edge_.asked_to_end(stop));
      say("asked to end: measuring on for as long as there is");
    }
  }

  /// It stays to the drill's end, so that the pod is whole for as long as the guardian guards: one
  /// that is not does not show when its node is lost. What cannot be asked says nothing.
  aio::Task<base::Result<>> follow_drill(std::stop_token stop) {
    while (true) {
      const auto now = co_await writer_->read(stop);
      const bool gone = !now && now.error().code == base::Code::NotFound;
      taken_over_ = now && !runner_.empty() && now->runner() != runner_;
      if (gone || (now && now->finished()) || taken_over_) break;
      if (!co_await aio::wait_for(clock_, kLookEvery, stop)) co_return base::Result<>{};
    }
    over_.set();
    co_return base::Result<>{};
  }

  aio::Task<base::Result<drill::Evidence>> measure(runner::VantageAsk ask,
                                                   runner::VantageOrders& orders,
                                                   std::stop_token stop) {
    CO_TRY(drill_, co_await writer_->read(stop));
    runner_ = drill_.runner();
    CO_TRY(runner::PlanFile file, plan());
    const base::Duration longest =
        2 * base::seconds(file.plan.timing.deadline_seconds) + kEndedWithin;
    aio::Deadline limit(clock_, edge_.executor(), clock_.now() + longest, std::move(stop));
    const std::stop_token token = limit.token();
    const Use<drill::Evidence> use = [&](runner::DrillTarget& target) {
      return on_target(target, ask, orders, token);
    };
    co_return co_await with_target(std::move(file), For::Drill, token, use);
  }

  aio::Task<base::Result<drill::Evidence>> on_target(runner::DrillTarget& target,
                                                     const runner::VantageAsk& ask,
                                                     runner::VantageOrders& orders,
                                                     std::stop_token stop) {
    if (runner::plan_digest(api::to_json(target.plan.document)) != ask.plan) {
      co_return base::fail(base::Code::FailedPrecondition,
                           "its plan is another one than the runner's");
    }
    const runner::DrillDir dir{state_->root() + "/vantage/" + ask.drill};
    CO_TRY(aio::make_dirs(dir.path));
    runner::Instrument instrument(clock_, edge_.executor(), dir, target.plan,
                                  target.target->system(), target.names, {ask.vantage, ask.key});
    say("measuring " + ask.drill);
    auto measured = co_await runner::measure_by(instrument, ask.drill, orders, std::move(stop));
    say(measured ? "measured" : "not measured: " + measured.error().message);
    if (!measured && taken_over_) tell_what_is_lost(measured.error().message);
    co_return measured;
  }

  /// Its records are worth nothing without the runner's: the ledger is read, and the two clocks are
  /// compared, by the runner.
  void tell_what_is_lost(const std::string& why) {
    const kube::ObjectRef about{cluster::kDrills.api_version(), cluster::kDrills.kind, drill_.key,
                                drill_.uid, drill_.version};
    events_->tell(about, "Warning", "NotJudged", "Measure",
                  "the second vantage measures no more, as the drill's runner is gone: " + why +
                      ". Of a drill that was taken over nothing is judged");
  }

  std::optional<runner::StateDir> state_;
  std::string runner_;  // the UID of who asked for it
  bool taken_over_ = false;
  aio::Event over_;  // nothing is left to do
  std::optional<kube::EventRecorder> events_;
};

}  // namespace

int measure_beside(const PodOptions& options) {
  LivePod edge(options.kubeconfig);
  VantageProgram program(options, edge);
  return edge.run(program);
}

int vantage_link(const PodOptions& options) {
  boost::asio::io_context context;
  const auto state = runner::StateDir::at(options.state_dir);
  const base::Result<> done =
      state ? aio::run(context,
                       runner::relay_unix(socket_of(*state), STDIN_FILENO, STDOUT_FILENO, {}))
            : tl::unexpected(state.error());
  if (done) return EXIT_SUCCESS;
  fmt::print(stderr, "the vantage does not answer: {}\n", done.error().message);
  return EXIT_FAILURE;
}

}  // namespace op
