#include "operator/carry_out.h"

#include <csignal>
#include <cstdlib>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/entropy.h"
#include "aio/file.h"
#include "aio/signal.h"
#include "aio/task_group.h"
#include "cluster/kinds.h"
#include "cluster/status_journal.h"
#include "kube/recorder.h"
#include "operator/drill_result.h"
#include "operator/evidence_keeper.h"
#include "operator/pod_edge.h"
#include "runner/drill_run.h"
#include "runner/evidence_file.h"
#include "runner/http_client.h"
#include "runner/recover.h"

namespace op {
namespace {

using cluster::Member;

constexpr base::Duration kLookEvery = base::seconds(1);
constexpr base::Duration kHeartbeatEvery = base::seconds(2);
constexpr base::Duration kJournalWithin = base::seconds(5);
constexpr base::Duration kPodsKnownWithin = base::seconds(30);
constexpr base::Duration kSayAgain = base::seconds(1);
constexpr base::Duration kSayWithin = base::seconds(600);

class CarryOut {
 public:
  explicit CarryOut(const PodOptions& options) : options_(options) {}

  int run() {
    auto edge = connect(clock_, context_.get_executor(), options_);
    if (!edge) {
      say("error: " + edge.error().message);
      return EXIT_FAILURE;
    }
    edge_ = std::move(*edge);
    writer_.emplace(*edge_.client, kube::Key{options_.ns, options_.drill});
    const auto done = aio::run(context_, whole());
    if (!done) say("error: " + done.error().message);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> whole() {
    CO_TRY(drill_, co_await writer_->claim("", runner_node(options_, clock_.wall_now()), {}));
    if (drill_.finished()) co_return true;
    aio::TaskGroup group(context_.get_executor());
    group.spawn(listen_for_signals(group.token()));
    group.spawn(watch(group.token()));
    group.spawn(tell(group.token()));
    events_.emplace(clock_, *edge_.client, kube::Reporter{"muster.dev/runner", options_.pod});
    group.spawn(events_->run(group.token()));
    const auto drilled = co_await drill();
    group.cancel();
    static_cast<void>(co_await group.join());
    std::vector<Member> end;
    if (drilled) {
      end = *drilled;
    } else {
      say("error: " + drilled.error().message);
      // Nothing was touched: whatever is touched has a drill run around it, and that has a report.
      end = failure_of("NotBegun", drilled.error().message, true, drill_, clock_.wall_now());
    }
    co_return co_await say_end(std::move(end));
  }

  aio::Task<base::Result<std::vector<Member>>> drill() {
    CO_TRY(runner::PlanFile file, plan_of(drill_, catalog_));
    CO_TRY(const auto state, runner::StateDir::open(options_.state_dir));
    CO_TRY(const auto dir, state.create_drill(file.plan.name, clock_.wall_now(), aio::seed()));
    CO_TRY(co_await write({{"id", dir.id()},
                           {"phase", drill::name(drill::Phase::Preflight)},
                           {"startTime", cluster::time_text(clock_.wall_now())}}));
    CO_TRY(use_key(state));
    CO_TRY(auto accounting,
           runner::begin_accounting(state, dir, clock_, file.plan.name, [](base::Duration) {}));
    CO_TRY(aio::write_file_atomic(dir.given_plan(), api::to_yaml(file.plan.document)));
    CO_TRY(runner::save_for_recovery(dir, file, false));
    CO_TRY(const auto names, names_here(clock_, options_.name_server));
    CO_TRY(runner::DrillTarget target,
           co_await runner::open_cluster_target(clock_, *edge_.client, names, options_.ns,
                                                std::move(file), catalog_, begun_.get_token()));
    // The pods are followed for as long as the target is there, and no longer.
    aio::TaskGroup following(context_.get_executor());
    following.spawn(target.cluster().follow(following.token()));
    auto done = co_await on_target(state, dir, target, accounting);
    following.cancel();
    static_cast<void>(co_await following.join());
    co_return done;
  }

  aio::Task<base::Result<std::vector<Member>>> on_target(const runner::StateDir& state,
                                                         runner::DrillDir dir,
                                                         runner::DrillTarget& target,
                                                         runner::Accounting& accounting) {
    CO_TRY(co_await target.cluster().known(kPodsKnownWithin, begun_.get_token()));
    CO_TRY(auto journal,
           cluster::open_status_journal(edge_.config, {drill_.key, drill_.uid, options_.pod_uid},
                                        "", kJournalWithin));
    runner::HttpGet http(clock_, context_.get_executor(), target.names);
    runner::DrillRun::Setup setup{
        .state = state,
        .dir = dir,
        .target = target,
        .catalog = catalog_,
        .http = &http,
        .versions = versions(),
        .show = [this](const runner::DrillStatus& now) { status_ = now; },
        .accounting = &accounting,
        .journal = std::move(journal),
        .story = [this](const drill::TimelineEvent& entry) { tell_event(entry); }};
    runner::DrillRun run(clock_, context_.get_executor(), std::move(setup));
    running_ = &run;
    if (ending_) run.abort(drill::AbortReason::User, *ending_);
    auto result = co_await run.run();
    running_ = nullptr;
    if (!result) co_return tl::unexpected(result.error());
    EvidencePlace place;
    const auto kept = co_await keep_evidence(*edge_.client, drill_, dir, options_);
    if (kept) {
      place = *kept;
    } else {
      result->problems.push_back("the evidence was not kept: " + kept.error().message);
    }
    // The conditions as they are now: the loop that tells them has written some.
    if (const auto now = co_await writer_->read({})) drill_.status = now->status;
    co_return result_of(result->report, place, result->problems, drill_, clock_.wall_now());
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

  aio::Task<base::Result<>> write(std::vector<Member> members) {
    co_return co_await writer_->write(drill_.uid, options_.pod_uid, std::move(members), {});
  }

  void end(const std::string& why) {
    if (ending_) return;
    say("ending the drill, undoing everything first: " + why);
    ending_ = why;
    begun_.request_stop();
    if (running_ != nullptr) running_->abort(drill::AbortReason::User, why);
  }

  aio::Task<base::Result<>> listen_for_signals(std::stop_token stop) {
    while (true) {
      CO_TRY(co_await aio::wait_signal({SIGINT, SIGTERM}, stop));
      end("the runner's pod was asked to end");
    }
  }

  /// Whoever takes the drill over undoes it; two who undo would be in each other's way.
  [[noreturn]] void leave() {
    say("another pod has the drill now: leaving it to that one");
    std::_Exit(EXIT_FAILURE);
  }

  aio::Task<base::Result<>> watch(std::stop_token stop) {
    while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
      const auto now = co_await writer_->read(stop);
      if (!now) {
        if (now.error().code == base::Code::NotFound) end("the Drill is gone");
        continue;
      }
      if (now->uid == drill_.uid && now->runner() != options_.pod_uid) leave();
      if (now->uid != drill_.uid || now->deleting) end("the Drill was deleted");
      if (now->abort) end("asked for by spec.abort");
    }
    co_return base::Result<>{};
  }

  /// What people and the guardian look at: at once when the phase changes, else as a heartbeat.
  aio::Task<base::Result<>> tell(std::stop_token stop) {
    std::string told;
    base::TimePoint last = clock_.now();
    while (co_await aio::wait_for(clock_, base::millis(200), stop)) {
      const std::string now = status_.phase + "/" + status_.state;
      if (now == told && clock_.now() - last < kHeartbeatEvery) continue;
      const auto written = co_await write(live_members());
      if (!written && written.error().code == base::Code::FailedPrecondition) leave();
      if (!written) continue;
      told = now;
      last = clock_.now();
    }
    co_return base::Result<>{};
  }

  std::vector<Member> live_members() {
    const base::WallTime now = clock_.wall_now();
    std::vector<Member> out = {{"runner", runner_node(options_, now)}};
    if (status_.phase.empty() || status_.finished) return out;
    out.emplace_back("phase", status_.phase);
    out.emplace_back("state", status_.state);
    if (cluster::condition_of(drill_.status["conditions"], "Running") == nullptr ||
        status_.phase != told_phase_) {
      told_phase_ = status_.phase;
      drill_.status.set("conditions",
                        cluster::with_condition(drill_.status["conditions"], "Running", "True",
                                                status_.phase, "the drill is under way",
                                                cluster::time_text(now), drill_.generation));
      out.emplace_back("conditions", drill_.status["conditions"]);
    }
    return out;
  }

  /// The timeline, for `kubectl describe`.
  void tell_event(const drill::TimelineEvent& entry) {
    using Kind = drill::TimelineEvent::Kind;
    const bool bad = entry.kind == Kind::StepFailed || entry.kind == Kind::RestoreFailed ||
                     entry.kind == Kind::Warning;
    const kube::ObjectRef about{cluster::kDrills.api_version(), cluster::kDrills.kind, drill_.key,
                                drill_.uid, drill_.version};
    const std::string between = entry.subject.empty() || entry.text.empty() ? "" : ": ";
    const bool named = entry.kind == Kind::PhaseBegan || entry.kind == Kind::StateChanged;
    // What is alike in reason and action becomes one series, of which only the first note is kept.
    events_->tell(
        about, bad ? "Warning" : "Normal", named ? entry.subject : drill::name(entry.kind),
        entry.subject.empty() ? "Drill" : entry.subject, entry.subject + between + entry.text);
  }

  /// The end must be said: until it is, the guardian takes the drill for one that died.
  aio::Task<base::Result<bool>> say_end(std::vector<Member> members) {
    const base::TimePoint until = clock_.now() + kSayWithin;
    while (true) {
      const auto written = co_await write(members);
      if (written || written.error().code == base::Code::NotFound) break;
      if (written.error().code == base::Code::FailedPrecondition) leave();
      if (clock_.now() >= until) co_return tl::unexpected(written.error());
      say("trying again: " + written.error().message);
      static_cast<void>(co_await aio::wait_for(clock_, kSayAgain, {}));
    }
    co_return true;
  }

  const PodOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  PodEdge edge_;
  std::optional<cluster::DrillWriter> writer_;
  cluster::DrillObject drill_;
  targets::Catalog catalog_ = cluster::cluster_catalog();
  std::optional<kube::EventRecorder> events_;
  runner::DrillRun* running_ = nullptr;
  runner::DrillStatus status_;
  std::string told_phase_;
  std::optional<std::string> ending_;
  std::stop_source begun_;
};

}  // namespace

int carry_out(const PodOptions& options) {
  return CarryOut(options).run();
}

}  // namespace op
