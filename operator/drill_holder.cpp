#include "operator/drill_holder.h"

#include <algorithm>
#include <utility>

#include "aio/deadline.h"
#include "drill/engine.h"
#include "kube/taken.h"
#include "operator/drill_result.h"
#include "operator/log.h"

namespace op {
namespace {

using cluster::Member;

constexpr base::Duration kLookEvery = base::seconds(1);
constexpr base::Duration kTellEvery = base::millis(200);
constexpr base::Duration kSayAgain = base::seconds(1);
constexpr base::Duration kSayWithin = base::seconds(600);
constexpr base::Duration kLetGoWithin = base::seconds(30);
constexpr base::Duration kClaimWithin = base::seconds(60);
constexpr base::Duration kConfirmWithin = base::seconds(8);
constexpr base::Duration kConfirmAgain = base::millis(250);
// Of one drill: the timeline that people see is told to its end, where a controller that goes round
// in circles would be cut short.
constexpr std::uint32_t kEventsMax = 300;
/// An older answer says nothing of now: the process may have stood still since.
constexpr base::Duration kAnswerAge = base::seconds(2);

/// The server does not know who asks: the pod's object is gone, and its token with it. A guardian
/// that forgot the pod by force has the drill; nothing that is asked says so any more. But a server
/// that starts may say so for a moment, and then be away: it has to say so time and again.
constexpr base::Duration kNobodyMax = base::seconds(30);
constexpr int kNobodyTimes = 10;

class Recognition {
 public:
  /// Whether the server does not know us any more; an answer that did not come says nothing of it.
  template <class T>
  bool is_lost_by(const base::Result<T>& answer, base::TimePoint now) {
    if (!answer && kube::is_unauthenticated(answer.error())) {
      if (times_++ == 0) since_ = now;
      return times_ >= kNobodyTimes && now - since_ >= kNobodyMax;
    }
    const bool unheard = !answer && (answer.error().code == base::Code::Unavailable ||
                                     answer.error().code == base::Code::DeadlineExceeded);
    if (!unheard) times_ = 0;
    return false;
  }

 private:
  int times_ = 0;
  base::TimePoint since_{};  // the first of them
};

}  // namespace

aio::Task<base::Result<bool>> DrillHolder::whole() {
  CO_TRY(co_await claim_in_time());
  if (drill_.finished()) co_return true;
  aio::TaskGroup group(edge_.executor());
  group.spawn(listen_for_end(group.token()));
  group.spawn(watch(group.token()));
  group.spawn(tell(group.token()));
  events_.emplace(clock_, *client_, kube::Reporter{"muster.dev/runner", options_.pod},
                  kube::EventLog::Config{.burst = kEventsMax});
  group.spawn(events_->run(group.token()));
  const auto drilled = co_await drill();
  group.cancel();
  static_cast<void>(co_await group.join());
  std::vector<Member> end;
  if (drilled) {
    end = *drilled;
  } else {
    end = co_await failed(drilled.error());
  }
  const bool over = std::find(end.begin(), end.end(), Member{"phase", "Finished"}) != end.end();
  CO_TRY(co_await say_end(std::move(end)));
  if (over) co_await let_go();
  co_return true;
}

/// Mostly nothing was touched: whatever is touched has a drill run around it, and that has a
/// report. But what was touched the journal says, and it is the guardian's to undo then.
aio::Task<std::vector<Member>> DrillHolder::failed(base::Error error) {
  say("error: " + error.message);
  const base::TimePoint until = clock_.now() + kLetGoWithin;
  auto now = co_await writer_->read({});
  while (!now && now.error().code != base::Code::NotFound && clock_.now() < until) {
    static_cast<void>(co_await aio::wait_for(clock_, kSayAgain, {}));
    now = co_await writer_->read({});
  }
  if (now) drill_.status = now->status;
  const bool undone = now && !cluster::may_need_undo(drill_);
  co_return failure_of(undone ? not_begun_reason(error) : "NotWhole", error.message, undone, drill_,
                       clock_.wall_now());
}

/// The journal removed the finalizer, unless the server was away at just that moment; and the
/// operator may not be there to do it later.
aio::Task<> DrillHolder::let_go() {
  const base::TimePoint until = clock_.now() + kLetGoWithin;
  while (true) {
    const auto done = co_await writer_->let_go(drill_.uid, {});
    if (done || done.error().code == base::Code::NotFound || clock_.now() >= until) co_return;
    static_cast<void>(co_await aio::wait_for(clock_, kSayAgain, {}));
  }
}

/// A server that is away, or a write of the operator in between, is no reason not to begin: there
/// is no second runner.
aio::Task<base::Result<>> DrillHolder::claim_in_time() {
  const base::TimePoint until = clock_.now() + kClaimWithin;
  while (true) {
    auto claimed = co_await claim("");
    if (claimed || clock_.now() >= until) co_return claimed;
    const base::Code code = claimed.error().code;
    if (code == base::Code::NotFound || code == base::Code::FailedPrecondition) co_return claimed;
    static_cast<void>(co_await aio::wait_for(clock_, kSayAgain, {}));
  }
}

aio::Task<base::Result<>> DrillHolder::begin(std::string id, base::Duration deadline) {
  CO_TRY(co_await write({{"id", std::move(id)},
                         {"phase", drill::name(drill::Phase::Preflight)},
                         {"startTime", cluster::time_text(clock_.wall_now())}}));
  told_.begin(clock_.now(), deadline);
  co_return base::Result<>{};
}

aio::Task<base::Result<>> DrillHolder::write(std::vector<Member> members) {
  co_return co_await writer_->write(drill_.uid, options_.pod_uid, std::move(members), {});
}

void DrillHolder::abort_by(std::function<void(const std::string& why)> abort) {
  abort_ = std::move(abort);
  if (abort_ && ending_) abort_(*ending_);
}

void DrillHolder::end(const std::string& why) {
  if (ending_) return;
  say("ending the drill, undoing everything first: " + why);
  ending_ = why;
  begun_.request_stop();
  if (abort_) abort_(why);
}

aio::Task<base::Result<>> DrillHolder::listen_for_end(std::stop_token stop) {
  while (true) {
    CO_TRY(co_await edge_.asked_to_end(stop));
    end("the runner's pod was asked to end");
  }
}

/// Whoever takes the drill over undoes it; two who undo would be in each other's way.
aio::Task<> DrillHolder::leave() {
  say("another pod has the drill now: leaving it to that one");
  co_await edge_.leave();
}

aio::Task<base::Result<>> DrillHolder::confirm(std::stop_token stop) {
  const base::TimePoint until = clock_.now() + kConfirmWithin;
  while (true) {
    const base::TimePoint asked = clock_.now();
    const auto now = co_await writer_->read(stop);
    if (now && (now->uid != drill_.uid || now->runner() != options_.pod_uid)) co_await leave();
    if (now && clock_.now() - asked < kAnswerAge) co_return base::Result<>{};
    const bool gone = !now && now.error().code == base::Code::NotFound;
    if (gone || clock_.now() >= until || stop.stop_requested()) {
      co_return base::fail(base::Code::Unavailable,
                           "the API server does not say whose the drill is: nothing is done");
    }
    static_cast<void>(co_await aio::wait_for(clock_, kConfirmAgain, stop));
  }
}

aio::Task<base::Result<>> DrillHolder::watch(std::stop_token stop) {
  Recognition recognition;
  while (co_await aio::wait_for(clock_, kLookEvery, stop)) {
    const auto now = co_await writer_->read(stop);
    if (recognition.is_lost_by(now, clock_.now())) co_await leave();
    if (!now && now.error().code == base::Code::NotFound) end("the Drill is gone");
    if (!now) continue;
    if (now->uid == drill_.uid && now->runner() != options_.pod_uid) co_await leave();
    if (now->uid != drill_.uid || now->deleting) end("the Drill was deleted");
    if (now->abort) {
      end("asked for by spec.abort" + (now->aborted_by.empty() ? "" : " of " + now->aborted_by));
    }
    drill_.spec = now->spec;
  }
  co_return base::Result<>{};
}

/// What people and the guardian look at: at once when the phase changes, else as a heartbeat.
aio::Task<base::Result<>> DrillHolder::tell(std::stop_token stop) {
  while (co_await aio::wait_for(clock_, kTellEvery, stop)) {
    ToldStatus::Now now = now_;
    now.at = clock_.now();
    now.wall = clock_.wall_now();
    if (!told_.is_due(now)) continue;
    std::vector<Member> members = told_.members(now, drill_);
    members.emplace_back("runner", runner_node());
    const auto written = co_await writer_->write(drill_.uid, options_.pod_uid, std::move(members),
                                                 {}, cluster::kHeart);
    if (!written && written.error().code == base::Code::FailedPrecondition) co_await leave();
    if (written) told_.landed(now, drill_);
  }
  co_return base::Result<>{};
}

void DrillHolder::show(const runner::DrillStatus& now) {
  now_.phase = now.phase;
  now_.state = now.state;
  now_.finished = now.finished;
}

void DrillHolder::tell_event(const drill::TimelineEvent& entry) {
  using Kind = drill::TimelineEvent::Kind;
  const bool bad = entry.kind == Kind::StepFailed || entry.kind == Kind::RestoreFailed ||
                   entry.kind == Kind::Warning;
  const kube::ObjectRef about{cluster::kDrills.api_version(), cluster::kDrills.kind, drill_.key,
                              drill_.uid, drill_.version};
  const std::string between = entry.subject.empty() || entry.text.empty() ? "" : ": ";
  const bool named = entry.kind == Kind::PhaseBegan || entry.kind == Kind::StateChanged;
  // What is alike in reason and action becomes one series, of which only the first note is kept.
  events_->tell(about, bad ? "Warning" : "Normal", named ? entry.subject : drill::name(entry.kind),
                entry.subject.empty() ? "Drill" : entry.subject,
                entry.subject + between + entry.text);
}

// --- what people say ---

bool DrillHolder::approved(const std::string& step) const {
  const std::vector<std::string> names = drill_.spec["approvals"].as_strings();
  return std::find(names.begin(), names.end(), step) != names.end();
}

void DrillHolder::ask(const std::string& step, const std::string& message) {
  now_.asked[step] = message;
}

void DrillHolder::answered(const std::string& step) {
  now_.asked.erase(step);
}

/// The end must be said: until it is, the guardian takes the drill for one that died.
aio::Task<base::Result<bool>> DrillHolder::say_end(std::vector<Member> members) {
  const base::TimePoint until = clock_.now() + kSayWithin;
  Recognition recognition;
  while (true) {
    const auto written = co_await write(members);
    if (recognition.is_lost_by(written, clock_.now())) co_await leave();
    if (written || written.error().code == base::Code::NotFound) break;
    if (written.error().code == base::Code::FailedPrecondition) co_await leave();
    if (clock_.now() >= until) co_return tl::unexpected(written.error());
    say("trying again: " + written.error().message);
    static_cast<void>(co_await aio::wait_for(clock_, kSayAgain, {}));
  }
  co_return true;
}

}  // namespace op
