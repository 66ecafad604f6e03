#include "operator/carry_out.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/entropy.h"
#include "aio/file.h"
#include "aio/signal.h"
#include "cluster/status_journal.h"
#include "kube/recorder.h"
#include "operator/drill_pods.h"
#include "operator/drill_result.h"
#include "operator/evidence_keeper.h"
#include "operator/pod_program.h"
#include "operator/vantage_exec.h"
#include "runner/drill_run.h"
#include "runner/evidence_file.h"
#include "runner/http_client.h"
#include "runner/recover.h"

namespace op {
namespace {

using api::Node;
using cluster::Member;

constexpr const char* kAwaitingApproval = "AwaitingApproval";

constexpr base::Duration kLookEvery = base::seconds(1);
constexpr base::Duration kHeartbeatEvery = base::seconds(2);
constexpr base::Duration kJournalWithin = base::seconds(5);
constexpr base::Duration kSayAgain = base::seconds(1);
constexpr base::Duration kSayWithin = base::seconds(600);
constexpr base::Duration kClaimWithin = base::seconds(60);
constexpr base::Duration kConfirmWithin = base::seconds(8);
constexpr base::Duration kConfirmAgain = base::millis(250);
/// An older answer says nothing of now: the process may have stood still since.
constexpr base::Duration kAnswerAge = base::seconds(2);

class CarryOut final : public PodProgram, private targets::Approvals {
 public:
  explicit CarryOut(const PodOptions& options) : PodProgram(options) {}

 private:
  aio::Task<base::Result<bool>> whole() override {
    CO_TRY(co_await claim_in_time());
    if (drill_.finished()) co_return true;
    aio::TaskGroup group(context_.get_executor());
    group.spawn(listen_for_signals(group.token()));
    group.spawn(watch(group.token()));
    group.spawn(tell(group.token()));
    events_.emplace(clock_, *client_, kube::Reporter{"muster.dev/runner", options_.pod});
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
    CO_TRY(co_await say_end(std::move(end)));
    // The journal removed it, unless the server was away at just that moment.
    static_cast<void>(co_await writer_->hold(drill_.uid, false, {}));
    co_return true;
  }

  /// A server that is away, or a write of the operator in between, is no reason not to begin: there
  /// is no second runner.
  aio::Task<base::Result<>> claim_in_time() {
    const base::TimePoint until = clock_.now() + kClaimWithin;
    while (true) {
      auto claimed = co_await claim("");
      if (claimed || clock_.now() >= until) co_return claimed;
      const base::Code code = claimed.error().code;
      if (code == base::Code::NotFound || code == base::Code::FailedPrecondition) co_return claimed;
      static_cast<void>(co_await aio::wait_for(clock_, kSayAgain, {}));
    }
  }

  aio::Task<base::Result<std::vector<Member>>> drill() {
    CO_TRY(runner::PlanFile file, plan());
    CO_TRY(const auto state, runner::StateDir::open(options_.state_dir));
    CO_TRY(const auto dir, state.create_drill(file.plan.name, clock_.wall_now(), aio::seed()));
    CO_TRY(co_await write({{"id", dir.id()},
                           {"phase", drill::name(drill::Phase::Preflight)},
                           {"startTime", cluster::time_text(clock_.wall_now())}}));
    began_ = clock_.now();
    deadline_ = base::seconds(file.plan.timing.deadline_seconds);
    CO_TRY(use_key(state));
    CO_TRY(auto accounting,
           runner::begin_accounting(state, dir, clock_, file.plan.name, [](base::Duration) {}));
    CO_TRY(aio::write_file_atomic(dir.given_plan(), api::to_yaml(file.plan.document)));
    CO_TRY(runner::save_for_recovery(dir, file, false));
    const Use<std::vector<Member>> use = [&](runner::DrillTarget& target) {
      return on_target(state, dir, target, accounting);
    };
    co_return co_await with_target(std::move(file), begun_.get_token(), use);
  }

  aio::Task<base::Result<std::vector<Member>>> on_target(const runner::StateDir& state,
                                                         runner::DrillDir dir,
                                                         runner::DrillTarget& target,
                                                         runner::Accounting& accounting) {
    CO_TRY(auto journal,
           cluster::open_status_journal(config_, {drill_.key, drill_.uid, options_.pod_uid}, "",
                                        kJournalWithin));
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
        .story = [this](const drill::TimelineEvent& entry) { tell_event(entry); },
        .approvals = this,
        .confirm = [this](std::stop_token stop) { return confirm(std::move(stop)); },
        .place = place_of(options_)};
    if (wants_second_vantage(drill_.status["plan"])) {
      setup.second_vantage = vantage_of_guardian(*client_, drill_.key);
    }
    runner::DrillRun run(clock_, context_.get_executor(), std::move(setup));
    running_ = &run;
    if (ending_) run.abort(drill::AbortReason::User, *ending_);
    auto result = co_await run.run();
    running_ = nullptr;
    if (!result) co_return tl::unexpected(result.error());
    EvidencePlace place;
    const auto kept = co_await keep_evidence(*client_, drill_, dir, options_);
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

  /// Right before something is changed: the drill is this pod's, as the server says now.
  aio::Task<base::Result<>> confirm(std::stop_token stop) {
    const base::TimePoint until = clock_.now() + kConfirmWithin;
    while (true) {
      const base::TimePoint asked = clock_.now();
      const auto now = co_await writer_->read(stop);
      if (now && (now->uid != drill_.uid || now->runner() != options_.pod_uid)) leave();
      if (now && clock_.now() - asked < kAnswerAge) co_return base::Result<>{};
      const bool gone = !now && now.error().code == base::Code::NotFound;
      if (gone || clock_.now() >= until || stop.stop_requested()) {
        co_return base::fail(base::Code::Unavailable,
                             "the API server does not say whose the drill is: nothing is done");
      }
      static_cast<void>(co_await aio::wait_for(clock_, kConfirmAgain, stop));
    }
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
      drill_.spec = now->spec;
    }
    co_return base::Result<>{};
  }

  /// What people and the guardian look at: at once when the phase changes, else as a heartbeat.
  aio::Task<base::Result<>> tell(std::stop_token stop) {
    std::string told;
    base::TimePoint last = clock_.now();
    while (co_await aio::wait_for(clock_, base::millis(200), stop)) {
      const std::string now =
          status_.phase + "/" + status_.state + "/" + (asked_.empty() ? "" : asked_.begin()->first);
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
    std::vector<Member> out = {{"runner", runner_node()}};
    if (status_.phase.empty() || status_.finished) return out;
    out.emplace_back("phase", status_.phase);
    out.emplace_back("state", status_.state);
    const bool before = status_.phase == drill::name(drill::Phase::Preflight) ||
                        status_.phase == drill::name(drill::Phase::Baseline);
    if (!before && fault_deadline_.is_null()) {
      // From here on something is broken, and the whole drill's deadline is that of the fault.
      const base::Duration left = began_ + deadline_ - clock_.now();
      fault_deadline_ = kube::micro_time(now + left);
      out.emplace_back("faultTime", kube::micro_time(now));
      out.emplace_back("faultDeadline", fault_deadline_);
    }
    const Node conditions = conditions_now(cluster::time_text(now));
    if (conditions != drill_.status["conditions"]) {
      drill_.status.set("conditions", conditions);
      out.emplace_back("conditions", conditions);
    }
    return out;
  }

  Node conditions_now(const std::string& now) const {
    Node out =
        cluster::with_condition(drill_.status["conditions"], "Running", "True", status_.phase,
                                "the drill is under way", now, drill_.generation);
    const bool asked_before = cluster::condition_of(out, kAwaitingApproval) != nullptr;
    if (asked_.empty() && !asked_before) return out;
    const std::string what =
        asked_.empty() ? ""
                       : fmt::format("step {}: {}", asked_.begin()->first, asked_.begin()->second);
    return cluster::with_condition(
        std::move(out), kAwaitingApproval, asked_.empty() ? "False" : "True",
        asked_.empty() ? "Answered" : "Asked", what, now, drill_.generation);
  }

  // --- what people say ---

  bool approved(const std::string& step) const override {
    const std::vector<std::string> names = drill_.spec["approvals"].as_strings();
    return std::find(names.begin(), names.end(), step) != names.end();
  }
  void ask(const std::string& step, const std::string& message) override { asked_[step] = message; }
  void answered(const std::string& step) override { asked_.erase(step); }

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

  std::optional<kube::EventRecorder> events_;
  runner::DrillRun* running_ = nullptr;
  runner::DrillStatus status_;
  std::map<std::string, std::string> asked_;  // steps that wait for a person, and for what
  base::TimePoint began_{};
  base::Duration deadline_{};  // of the whole drill
  Node fault_deadline_;
  std::optional<std::string> ending_;
  std::stop_source begun_;
};

}  // namespace

int carry_out(const PodOptions& options) {
  return CarryOut(options).run();
}

}  // namespace op
