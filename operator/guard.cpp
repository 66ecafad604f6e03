#include "operator/guard.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "aio/clock.h"
#include "aio/task_group.h"
#include "cluster/kinds.h"
#include "cluster/status_journal.h"
#include "operator/drill_pods.h"
#include "operator/drill_result.h"
#include "operator/pod_edge.h"
#include "runner/plan_config.h"
#include "runner/recover.h"

namespace op {
namespace {

using cluster::Member;

constexpr base::Duration kLookEvery = base::seconds(1);
constexpr base::Duration kJournalWithin = base::seconds(5);
constexpr base::Duration kPodsKnownWithin = base::seconds(30);
constexpr base::Duration kRetryFirst = base::seconds(1);
constexpr base::Duration kRetryLongest = base::seconds(30);
/// A pod that never came to claim its drill, because its image is missing or nothing has room.
constexpr base::Duration kClaimWithin = base::seconds(300);

class Guard {
 public:
  explicit Guard(const PodOptions& options) : options_(options) {}

  int run() {
    auto edge = connect(clock_, context_.get_executor(), options_);
    if (!edge) {
      say("error: " + edge.error().message);
      return EXIT_FAILURE;
    }
    edge_ = std::move(*edge);
    writer_.emplace(*edge_.client, kube::Key{options_.ns, options_.drill});
    const auto done = aio::run(context_, stand());
    if (!done) say("error: " + done.error().message);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
  }

 private:
  aio::Task<base::Result<bool>> stand() {
    began_ = changed_ = clock_.now();
    base::Duration pause = kRetryFirst;
    while (true) {
      const GuardLook look = co_await look_once();
      const GuardTurn turn = turn_of(look, silence_max());
      if (turn == GuardTurn::Leave) co_return true;
      if (turn == GuardTurn::TakeOver) {
        const auto undone = co_await take_over(look);
        if (undone) co_return true;
        say("not undone yet: " + undone.error().message);
        static_cast<void>(co_await aio::wait_for(clock_, pause, {}));
        pause = std::min(pause * 2, kRetryLongest);
      }
      static_cast<void>(co_await aio::wait_for(clock_, kLookEvery, {}));
    }
  }

  base::Duration silence_max() const {
    return base::seconds(drill_.status["plan"]["spec"]["guard"]["silenceSeconds"].as_int(60));
  }

  aio::Task<GuardLook> look_once() {
    GuardLook look;
    const auto now = co_await writer_->read({});
    if (!now) {
      look.drill_gone = now.error().code == base::Code::NotFound;
      // What cannot be asked says nothing of the runner, which may be asked as little.
      changed_ = clock_.now();
      co_return look;
    }
    drill_ = *now;
    const std::string& beat = drill_.status["runner"]["heartbeatTime"].as_string();
    if (beat != beat_) {
      beat_ = beat;
      changed_ = clock_.now();
    }
    look.finished = drill_.finished();
    look.claimed = !drill_.runner().empty();
    look.mine = drill_.runner() == options_.pod_uid;
    look.silence = clock_.now() - changed_;
    look.unclaimed = look.claimed ? base::Duration{} : clock_.now() - began_;
    if (look.claimed && !look.mine && !look.finished) look.pod = co_await look_at_pod();
    co_return look;
  }

  aio::Task<RunnerPod> look_at_pod() {
    const kube::Key key{options_.ns, drill_.status["runner"]["pod"].as_string()};
    const auto reply = co_await edge_.client->get(cluster::kPods, key, {});
    if (!reply) co_return RunnerPod::Unknown;
    if (reply->code == 404) co_return RunnerPod::Dead;
    if (!reply->ok()) co_return RunnerPod::Unknown;
    const auto pod = cluster::parse_pod(reply->body);
    if (!pod) co_return RunnerPod::Unknown;
    co_return pod->uid != drill_.runner() || pod->ended() ? RunnerPod::Dead : RunnerPod::Alive;
  }

  aio::Task<base::Result<bool>> take_over(GuardLook look) {
    const std::string why =
        !look.claimed ? "its runner never came"
        : look.pod == RunnerPod::Dead
            ? "its runner died"
            : fmt::format("its runner has stood still for {}", base::human(look.silence));
    if (!look.mine) {
      say("taking the drill over: " + why);
      why_ = why;
      CO_TRY(drill_, co_await writer_->claim(drill_.runner(),
                                             runner_node(options_, clock_.wall_now()), {}));
    }
    CO_TRY(const std::string text, co_await undo());
    const std::string message = fmt::format("{}; {}", why_.empty() ? why : why_, text);
    if (const auto now = co_await writer_->read({})) drill_ = *now;
    CO_TRY(co_await writer_->write(
        drill_.uid, options_.pod_uid,
        failure_of("RunnerLost", message, true, drill_, clock_.wall_now()), {}));
    say(message);
    co_return true;
  }

  /// What was done. Errors: something is left.
  aio::Task<base::Result<std::string>> undo() {
    if (drill_.journal().empty()) co_return std::string("nothing had been touched");
    CO_TRY(runner::PlanFile file, plan_of(drill_, catalog_));
    CO_TRY(const auto names, names_here(clock_, options_.name_server));
    const std::string primary = runner::role(file.plan, "primary");
    const std::size_t instances = file.system.instances.size();
    CO_TRY(runner::DrillTarget target,
           co_await runner::open_cluster_target(clock_, *edge_.client, names, options_.ns,
                                                std::move(file), catalog_, {}));
    // The pods are followed for as long as the target is there, and no longer.
    aio::TaskGroup following(context_.get_executor());
    following.spawn(target.cluster().follow(following.token()));
    const auto done = co_await undo_target(target, {primary, 0, instances > 1 ? instances - 1 : 0});
    following.cancel();
    static_cast<void>(co_await following.join());
    co_return done;
  }

  aio::Task<base::Result<std::string>> undo_target(runner::DrillTarget& target,
                                                   runner::InstanceBaseline baseline) {
    CO_TRY(co_await target.cluster().known(kPodsKnownWithin, {}));
    CO_TRY(auto kept,
           cluster::open_status_journal(edge_.config, {drill_.key, drill_.uid, options_.pod_uid},
                                        drill_.journal(), kJournalWithin));
    CO_TRY(store::UndoJournal journal, store::UndoJournal::reopen(std::move(kept)));
    runner::Recovered recovered{true, "nothing was left to undo"};
    if (journal.contents().needs_recovery()) {
      CO_TRY(recovered,
             co_await runner::recover_target(clock_, context_.get_executor(), target, catalog_,
                                             journal, std::move(baseline), nullptr));
    }
    if (!recovered.whole) co_return base::fail(base::Code::FailedPrecondition, recovered.detail);
    CO_TRY(co_await writer_->hold(drill_.uid, false, {}));
    const auto dropped =
        co_await runner::drop_ledger(clock_, target, drill_.status["id"].as_string(), nullptr);
    if (!dropped) {
      recovered.detail +=
          "; the drill's table is still in the database: " + dropped.error().message;
    }
    co_return recovered.detail;
  }

  const PodOptions& options_;
  boost::asio::io_context context_;
  aio::SystemClock clock_;
  PodEdge edge_;
  std::optional<cluster::DrillWriter> writer_;
  cluster::DrillObject drill_;
  targets::Catalog catalog_ = cluster::cluster_catalog();
  base::TimePoint began_{}, changed_{};
  std::string beat_, why_;
};

}  // namespace

GuardTurn turn_of(const GuardLook& look, base::Duration silence_max) {
  if (look.drill_gone || look.finished) return GuardTurn::Leave;
  if (look.mine) return GuardTurn::TakeOver;
  if (!look.claimed) {
    return look.unclaimed >= kClaimWithin ? GuardTurn::TakeOver : GuardTurn::Wait;
  }
  if (look.pod == RunnerPod::Dead) return GuardTurn::TakeOver;
  const bool silent = silence_max > base::Duration{} && look.silence >= silence_max;
  return silent ? GuardTurn::TakeOver : GuardTurn::Wait;
}

int guard(const PodOptions& options) {
  return Guard(options).run();
}

}  // namespace op
