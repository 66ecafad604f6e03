#include "operator/guard.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "aio/task_group.h"
#include "cluster/awaited_writes.h"
#include "kube/taken.h"
#include "operator/drill_pods.h"
#include "operator/drill_result.h"
#include "operator/live_pod.h"
#include "operator/log.h"
#include "operator/open_end.h"
#include "operator/pod_program.h"
#include "runner/plan_config.h"
#include "runner/recover.h"

namespace op {
namespace {

using api::Node;

constexpr base::Duration kLookEvery = base::seconds(1);
constexpr base::Duration kRetryFirst = base::seconds(1);
constexpr base::Duration kRetryLongest = base::seconds(30);
/// A pod that never came to claim its drill, because its image is missing or nothing has room.
constexpr base::Duration kClaimWithin = base::seconds(300);
/// One that lives says so within that when the server is back: it asks it once in 10 s.
constexpr base::Duration kHeardWithin = base::seconds(12);
/// Of the ten seconds within which everything is undone after the fault's deadline, so many are for
/// a runner that lives, which begins to undo at the deadline and says so;
constexpr base::Duration kOverdueMax = base::seconds(3);
/// and so many for the pod of one that does not, told to end, so that two do not act at once: it
/// does not end where its node is lost. One is for having seen the fault late, the rest for
/// undoing.
constexpr base::Duration kRunnerEndsWithin = base::seconds(3);
/// For how long the API server takes the word of a pod whose object is gone: it keeps what it has
/// found out about a token for 10 s (Kubernetes, tokens bound to pods), and a little more. What has
/// reached it until then takes effect within cluster::kLandsWithin.
constexpr base::Duration kTokenLives = base::seconds(12);
/// And the word of one whose pod was told to end and does not, held by a finalizer of somebody
/// else: a token is void 60 s after that, and the 12 s as above.
constexpr base::Duration kDeletedTokenLives = base::seconds(72);
constexpr base::Duration kAskEvery = base::millis(250);
constexpr std::int64_t kRunnerGraceSeconds = 1;

class Guard final : public PodProgram {
 public:
  Guard(const PodOptions& options, PodEdge& edge) : PodProgram(options, edge) {}

 private:
  aio::Task<base::Result<bool>> whole() override {
    aio::TaskGroup group(edge_.executor());
    group.spawn(listen_for_end(group.token()));
    auto done = co_await stand();
    group.cancel();
    static_cast<void>(co_await group.join());
    co_return done;
  }

  aio::Task<base::Result<>> listen_for_end(std::stop_token stop) {
    while (true) {
      CO_TRY(co_await edge_.asked_to_end(stop));
      say("asked to end: guarding on for as long as there is");
      asked_to_end_ = true;
    }
  }

  aio::Task<base::Result<bool>> stand() {
    began_ = changed_ = clock_.now();
    base::Duration pause = kRetryFirst;
    while (true) {
      const GuardLook look = co_await look_once();
      const GuardTurn turn = turn_of(look, silence_max());
      if (turn == GuardTurn::Wait) co_await say_who_guards();
      if (turn == GuardTurn::Leave) co_return true;
      if (turn == GuardTurn::TakeOver) {
        const auto undone = co_await take_over(look);
        if (undone) co_return true;
        say("not undone yet: " + undone.error().message);
        static_cast<void>(co_await aio::wait_for(clock_, pause, {}));
        pause = std::min(pause * 2, kRetryLongest);
        continue;
      }
      static_cast<void>(co_await aio::wait_for(clock_, next_look(look), {}));
    }
  }

  /// On the instant where the deadline comes first.
  static base::Duration next_look(const GuardLook& look) {
    const base::Duration late = look.overdue ? kOverdueMax - *look.overdue : kLookEvery;
    return late > base::Duration{} ? std::min(late, kLookEvery) : kLookEvery;
  }

  base::Duration silence_max() const {
    return base::seconds(drill_.status["plan"]["spec"]["guard"]["silenceSeconds"].as_int(60));
  }

  aio::Task<GuardLook> look_once() {
    GuardLook look;
    const auto now = co_await writer_->read({});
    if (!now) {
      look.drill_gone = now.error().code == base::Code::NotFound;
      look.barred = asked_to_end_ && now.error().code == base::Code::PermissionDenied;
      // What cannot be asked says nothing of the runner, which may be asked as little.
      changed_ = clock_.now();
      co_return look;
    }
    drill_ = *now;
    note_beat();
    look.finished = drill_.finished();
    look.forward = drill_.phase() != drill::name(drill::Phase::Failback) &&
                   drill_.phase() != drill::name(drill::Phase::Reporting) &&
                   drill_.phase() != "NotWhole";
    look.overdue = overdue();
    look.claimed = !drill_.runner().empty();
    look.mine = drill_.runner() == options_.pod_uid;
    look.silence = clock_.now() - changed_;
    if (!look.claimed && !std::exchange(sought_, true)) co_await note_runner_made();
    look.unclaimed = look.claimed ? base::Duration{} : clock_.now() - began_;
    if (look.claimed && !look.mine && !look.finished) look.pod = co_await look_at_pod();
    co_return look;
  }

  /// A guardian that is begun anew has seen nothing of what was before: how long ago the last
  /// heartbeat was, the server knows by one clock.
  void note_beat() {
    const std::string& beat = drill_.status["runner"]["heartbeatTime"].as_string();
    if (beat == beat_) return;
    const bool first = beat_.empty();
    beat_ = beat;
    beaten_ = clock_.now() - age_of_beat();
    changed_ = clock_.now();
    if (first) changed_ -= silence_before(age_of_beat(), silence_max());
  }

  /// It has been waited for since then, by whatever guardian.
  aio::Task<> note_runner_made() {
    const auto pod = co_await find_pod(pod_name(options_.drill, PodRole::Runner));
    const bool known = pod && *pod && is_of(**pod, drill_) && (*pod)->created && drill_.read_time;
    if (known) began_ = std::min(began_, clock_.now() - (*drill_.read_time - *(*pod)->created));
  }

  /// At least; both times are cut to the second.
  base::Duration age_of_beat() const {
    if (!drill_.read_time || !drill_.beat_time) return {};
    return std::max(base::Duration{}, *drill_.read_time - *drill_.beat_time - base::seconds(1));
  }

  base::Duration age_of_drill() const {
    const auto created = kube::parse_time(drill_.created);
    if (!drill_.read_time || !created) return base::Duration::max();
    return std::max(base::Duration{}, *drill_.read_time - *created);
  }

  /// Three lengths, each by one clock: by the runner's from the fault to its deadline; by this one
  /// since the fault was seen to begin. One that was there before this guardian had begun by the
  /// runner's clock some time before the last heartbeat, but no longer ago than there is the Drill,
  /// by the server's: the runner's may have been stepped since.
  std::optional<base::Duration> overdue() {
    const auto begun = kube::parse_time(drill_.status["faultTime"].as_string());
    const auto deadline = kube::parse_time(drill_.status["faultDeadline"].as_string());
    const bool here_before = std::exchange(looked_, true);
    if (!begun || !deadline) return std::nullopt;
    if (!fault_seen_) {
      const auto beat = kube::parse_time(beat_);
      const bool saw = here_before || !beat;
      fault_seen_ = saw ? clock_.now()
                        : beaten_ - std::clamp<base::Duration>(*beat - *begun, {}, age_of_drill());
    }
    return clock_.now() - *fault_seen_ - (*deadline - *begun);
  }

  /// For those who look for it; not being able to say so is no reason not to guard.
  aio::Task<> say_who_guards() {
    const Node here = Node::map().set("pod", options_.pod).set("node", options_.node);
    const Node members = Node::map().set("guardian", here);
    const bool known = !drill_.uid.empty();
    if (!known || cluster::says(drill_.status, members)) co_return;
    static_cast<void>(co_await cluster::write_status(
        *client_, cluster::kDrills, {drill_.key, drill_.uid, drill_.version}, members, {}));
  }

  /// Nothing: there is none of that name. Errors: what the server says.
  aio::Task<base::Result<std::optional<cluster::Pod>>> find_pod(std::string name) {
    const kube::Key key{options_.ns, std::move(name)};
    auto reply = co_await client_->get(cluster::kPods, key, {});
    if (reply && reply->code == 404) co_return std::nullopt;
    CO_TRY(const kube::Reply found,
           kube::taken(std::move(reply), "get pods " + kube::to_string(key)));
    CO_TRY(cluster::Pod pod, cluster::parse_pod(found.body));
    co_return std::move(pod);
  }

  aio::Task<RunnerPod> look_at_pod() {
    const auto pod = co_await find_pod(drill_.status["runner"]["pod"].as_string());
    if (!pod) co_return RunnerPod::Unknown;
    const bool lives = *pod && (*pod)->uid == drill_.runner() && !(*pod)->ended();
    co_return lives ? RunnerPod::Alive : RunnerPod::Dead;
  }

  aio::Task<base::Result<bool>> take_over(GuardLook look) {
    const std::string why =
        !look.claimed                  ? "its runner never came"
        : drill_.phase() == "NotWhole" ? "its runner could not make the target whole again"
        : look.pod == RunnerPod::Dead  ? "its runner died"
        : look.forward && look.overdue && *look.overdue >= kOverdueMax
            ? "its runner goes on after the fault's deadline"
            : fmt::format("its runner has stood still for {}", base::human(look.silence));
    if (!look.mine) {
      say("taking the drill over: " + why);
      why_ = why;
      CO_TRY(co_await claim(drill_.runner()));
      if (drill_.finished()) co_return true;  // its runner ended while it was looked for
    }
    runner_ended_ = co_await end_runner();
    CO_TRY(const std::string text, co_await undo());
    const std::string message = fmt::format("{}; {}", why_.empty() ? why : why_, text);
    if (const auto now = co_await writer_->read({})) drill_ = *now;
    CO_TRY(co_await writer_->write(drill_.uid, options_.pod_uid,
                                   failure_of(lost_.empty() ? "RunnerLost" : "TargetGone", message,
                                              true, drill_, clock_.wall_now()),
                                   {}));
    say(message);
    co_return true;
  }

  /// A runner that stands still between its last look at the Drill and what it does to the target
  /// would do that when everything is undone. What does not run any more does nothing: whether it
  /// was seen to have ended. Else its pod is gone, if the server could be asked.
  aio::Task<bool> end_runner() {
    const std::string name = pod_name(options_.drill, PodRole::Runner);
    const base::TimePoint until = clock_.now() + kRunnerEndsWithin;
    bool asked = false;
    while (true) {
      const auto pod = co_await find_pod(name);
      if (pod && (!*pod || !is_of(**pod, drill_))) co_return false;
      if (pod && (*pod)->ended()) co_return true;
      const bool late = clock_.now() >= until;
      const std::int64_t grace = late ? 0 : kRunnerGraceSeconds;
      if (pod && (late || !asked)) {
        asked = co_await ask_to_end({options_.ns, name}, (*pod)->uid, grace);
      }
      if (late) break;
      static_cast<void>(co_await aio::wait_for(clock_, kAskEvery, {}));
    }
    say("the runner's pod does not end: forgetting it, and undoing all the same");
    co_return false;
  }

  /// When nothing of the runner can land any more: what the server has taken of it has taken effect
  /// or never does.
  aio::Task<> outlive_runner() {
    if (!runner_ended_) co_await outlive_token();
    static_cast<void>(co_await aio::wait_for(clock_, cluster::kLandsWithin, {}));
  }

  /// Its pod is gone, or something holds the pod that has been told to end, whose token is void too
  /// by then. Waits for as long as it may act.
  aio::Task<> outlive_token() {
    const std::string name = pod_name(options_.drill, PodRole::Runner);
    std::optional<base::TimePoint> told;
    while (true) {
      const auto pod = co_await find_pod(name);
      if (!pod && asked_to_end_ && pod.error().code == base::Code::PermissionDenied) co_return;
      if (pod && (!*pod || !is_of(**pod, drill_))) break;
      if (pod && !(*pod)->deleting) told.reset();
      if (pod && (*pod)->deleting && !told) told = clock_.now();
      if (told && clock_.now() - *told >= kDeletedTokenLives) co_return;
      if (pod) static_cast<void>(co_await ask_to_end({options_.ns, name}, (*pod)->uid, 0));
      static_cast<void>(co_await aio::wait_for(clock_, kLookEvery, {}));
    }
    static_cast<void>(co_await aio::wait_for(clock_, kTokenLives, {}));
  }

  /// It began before now, at the latest.
  aio::Task<> outlive_command(base::Duration longest) {
    if (longest == base::Duration{}) co_return;
    say(fmt::format("a command may still run: undoing once more in {}", base::human(longest)));
    static_cast<void>(co_await aio::wait_for(clock_, longest, {}));
  }

  static bool is_of(const cluster::Pod& pod, const cluster::DrillObject& drill) {
    const auto label = pod.labels.find(kDrillLabel);
    return label != pod.labels.end() && label->second == drill.uid;
  }

  aio::Task<bool> ask_to_end(kube::Key key, std::string uid, std::int64_t grace_seconds) {
    kube::DeleteOptions options;
    options.uid = std::move(uid);
    options.grace_seconds = grace_seconds;
    const auto reply = co_await client_->remove(cluster::kPods, std::move(key), options, {});
    co_return reply && reply->ok();
  }

  /// What was done. Errors: something is left.
  aio::Task<base::Result<std::string>> undo() {
    if (drill_.journal().empty()) {
      // The finalizer comes before the first entry of the journal.
      CO_TRY(co_await writer_->let_go(drill_.uid, {}));
      co_return std::string("nothing had been touched");
    }
    CO_TRY(runner::PlanFile file, plan());
    const std::string primary = runner::role(file.plan, "primary");
    const Use<std::string> use = [&](runner::DrillTarget& target) {
      const std::size_t instances = target.target->system().instances.size();
      return undo_target(target, {primary, 0, instances > 1 ? instances - 1 : 0});
    };
    co_return co_await with_target(std::move(file), For::Undo, {}, use);
  }

  /// At once; and where the runner may still do what it has begun, or a command of its goes on,
  /// once more when neither is so any more. Only then the journal is closed, so that a guardian
  /// that dies between does both again.
  aio::Task<base::Result<std::string>> undo_target(runner::DrillTarget& target,
                                                   runner::InstanceBaseline baseline) {
    CO_TRY(auto kept, open_journal(drill_.journal()));
    CO_TRY(store::UndoJournal journal, store::UndoJournal::reopen(std::move(kept)));
    runner::Recovered recovered{true, "nothing was left to undo"};
    const bool failback = drill_.phase() == drill::name(drill::Phase::Failback);
    const OpenEnd open = open_end_of(target.plan, catalog_, journal.contents(), failback);
    const bool again = open.request || open.goes_on > base::Duration{};
    if (again) {
      CO_TRY(recovered, co_await runner::recover_target(clock_, edge_.executor(), target, catalog_,
                                                        journal, baseline, nullptr, true));
    }
    if (recovered.whole && open.request) co_await outlive_runner();
    if (recovered.whole && again) co_await outlive_command(open.goes_on);
    if (recovered.whole && journal.contents().needs_recovery()) {
      CO_TRY(recovered, co_await runner::recover_target(clock_, edge_.executor(), target, catalog_,
                                                        journal, std::move(baseline), nullptr));
    }
    if (!recovered.whole) co_return base::fail(base::Code::FailedPrecondition, recovered.detail);
    for (const auto& [part, what] : target.cluster().gone()) {
      if (lost_.find(what) == std::string::npos) lost_ += (lost_.empty() ? "" : ", ") + what;
    }
    if (!lost_.empty()) {
      recovered.detail += "; " + lost_ + ": what was deleted or made anew meanwhile was left alone";
    }
    CO_TRY(co_await writer_->let_go(drill_.uid, {}));
    const auto dropped =
        co_await runner::drop_ledger(clock_, target, drill_.status["id"].as_string(), nullptr);
    if (!dropped) {
      recovered.detail +=
          "; the drill's table is still in the database: " + dropped.error().message;
    }
    co_return recovered.detail;
  }

  base::TimePoint began_{}, changed_{};
  std::string beat_, why_;
  base::TimePoint beaten_{};  // when the last heartbeat landed
  std::string lost_;          // of the target, as the undo found it
  std::optional<base::TimePoint> fault_seen_;
  bool looked_ = false;  // at the Drill
  bool sought_ = false;  // the runner's pod
  bool asked_to_end_ = false;
  bool runner_ended_ = false;  // as it was seen: it sends nothing any more
};

}  // namespace

GuardTurn turn_of(const GuardLook& look, base::Duration silence_max) {
  if (look.drill_gone || look.finished || look.barred) return GuardTurn::Leave;
  if (look.mine) return GuardTurn::TakeOver;
  if (!look.claimed) {
    return look.unclaimed >= kClaimWithin ? GuardTurn::TakeOver : GuardTurn::Wait;
  }
  if (look.pod == RunnerPod::Dead) return GuardTurn::TakeOver;
  const bool silent = silence_max > base::Duration{} && look.silence >= silence_max;
  const bool overdue = look.forward && look.overdue && *look.overdue >= kOverdueMax;
  return silent || overdue ? GuardTurn::TakeOver : GuardTurn::Wait;
}

base::Duration silence_before(base::Duration age_of_beat, base::Duration silence_max) {
  return std::min(age_of_beat, std::max(base::Duration{}, silence_max - kHeardWithin));
}

std::unique_ptr<PodProgram> make_guard(const PodOptions& options, PodEdge& edge) {
  return std::make_unique<Guard>(options, edge);
}

int guard(const PodOptions& options) {
  LivePod edge(options.kubeconfig);
  Guard program(options, edge);
  return edge.run(program);
}

}  // namespace op
