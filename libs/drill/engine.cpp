#include "drill/engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "drill/engine_core.h"

namespace drill {

namespace {
// Deadlines are added to the time: no clock may come so near its end that they overflow.
constexpr TimePoint kLatest{Duration{Duration::max().count() / 2}};
}  // namespace

Duration elapsed(TimePoint from, TimePoint to) {
  if (to <= from) return Duration::zero();
  Duration::rep out = 0;
  const bool over =
      __builtin_sub_overflow(to.time_since_epoch().count(), from.time_since_epoch().count(), &out);
  return over ? Duration::max() : Duration(out);
}

Engine::Engine(EngineConfig config) : core_(std::make_unique<Core>(std::move(config))) {}
Engine::Engine(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Engine Engine::resume(EngineConfig config, const std::vector<Leftover>& leftovers) {
  return Engine(std::make_unique<Core>(std::move(config), leftovers));
}
std::vector<Action> Engine::step(const Event& event, TimePoint now) {
  return core_->step(event, now);
}
Phase Engine::phase() const {
  return core_->phase();
}
SystemState Engine::state() const {
  return core_->state();
}
bool Engine::finished() const {
  return core_->finished();
}
const EngineConfig& Engine::config() const {
  return core_->config();
}
const PartConfig* Engine::current() const {
  return core_->current();
}

Engine::Core::Core(EngineConfig config) : config_(std::move(config)), invariants_(config_) {
  const auto add = [](std::vector<Part>& to, const std::vector<PartConfig>& from,
                      PartId::Kind kind) {
    for (std::uint32_t i = 0; i < from.size(); ++i) {
      Part part;
      part.id = {kind, i};
      part.config = from[i];
      to.push_back(std::move(part));
    }
  };
  add(parts_, config_.faults, PartId::Kind::Fault);
  add(parts_, config_.steps, PartId::Kind::Step);
  add(failback_, config_.failback, PartId::Kind::Failback);
  fault_count_ = config_.faults.size();
}

Engine::Core::Core(EngineConfig config, const std::vector<Leftover>& leftovers)
    : Core(std::move(config)) {
  resumed_ = true;
  aborted_ = true;  // no final reads: the instrument died with the drill
  cause_ = Ending::Aborted;
  reason_ = "the drill's process died; what it left behind was undone";
  parts_.clear();
  fault_count_ = 0;
  for (const Leftover& left : leftovers) {
    if (left.id.kind == PartId::Kind::Failback || part(left.id) != nullptr) continue;
    Part part;
    part.id = left.id;
    part.config.name = left.name;
    part.config.undo = left.undo;
    part.config.forward_only = left.forward_only;
    part.started = true;
    part.answered = true;
    part.unknown = true;
    part.restored = left.restored;
    ruled_out_ |= left.undoing && left.undo == Undo::IfNotPromoted;
    parts_.push_back(std::move(part));
    invariants_.resumed(left.id, left.undo, left.restored);
  }
}

std::vector<Action> Engine::Core::step(const Event& event, TimePoint now) {
  actions_.clear();
  now_ = std::max(now_, std::min(now, kLatest));
  woke_ = false;
  if (doing_ != Doing::Done) {
    std::visit([this](const auto& e) { on(e); }, event);
    expire();
    request_wake();
  }
  invariants_.observe(event, actions_);
  return std::move(actions_);
}

const PartConfig* Engine::Core::current() const {
  switch (doing_) {
    case Doing::Recording:
    case Doing::Applying:
    case Doing::Cancelling:
    case Doing::Proving: return in_failback_step_ ? &failback_[at_].config : &parts_[at_].config;
    case Doing::Restoring:
    case Doing::RestorePause: return &parts_[restoring_].config;
    case Doing::FailbackPause: return &failback_[failback_at_].config;
    default: return nullptr;
  }
}

// ---- events -------------------------------------------------------------------------------

void Engine::Core::on(const event::Begin&) {
  if (doing_ != Doing::Waiting) return;
  if (resumed_) {
    enter(SystemState::RecoveryInProgress);
    enter(Phase::Failback);
    restore_next();
    return;
  }
  enter(Phase::Preflight);
  if (const auto problems = problems_of(config_); !problems.empty()) {
    stop(Ending::SetupFailed, problems.front(), false);
    return;
  }
  overall_due_ = now_ + config_.timing.overall;
  actions_.emplace_back(action::Preflight{});
  await(Doing::Preflight, config_.timing.preflight);
}

void Engine::Core::on(const event::Preflighted& event) {
  if (doing_ != Doing::Preflight) return;
  if (!event.ok) {
    stop(Ending::SetupFailed, event.why, false);
    return;
  }
  enter(Phase::Baseline);
  actions_.emplace_back(action::Observe{action::Observe::What::Baseline, 0});
  await(Doing::Baseline, config_.timing.baseline);
}

void Engine::Core::on(const event::Recorded& event) {
  if (doing_ != Doing::Recording || parts_[at_].id != event.id) return;
  if (event.ok) {
    start_part();
    return;
  }
  const auto reason = fmt::format("'{}' was not done: {}", parts_[at_].config.name, event.why);
  stop(any_started() ? Ending::Aborted : Ending::SetupFailed, reason, false);
}

void Engine::Core::on(const event::Applied& event) {
  Part* part = this->part(event.id);
  if (part == nullptr || !part->started) return;
  const bool in_hand = (doing_ == Doing::Applying || doing_ == Doing::Cancelling) &&
                       part == (in_failback_step_ ? &failback_[at_] : &parts_[at_]);
  if (!in_hand) {
    if (!part->answered && !event.may_land) late_result(*part);
    return;
  }
  if (in_failback_step_) {
    failback_result(*part, true, event.result, event.detail);
  } else {
    part->answered = !event.may_land;
    forward_result(*part, event.result, event.detail);
  }
}

void Engine::Core::on(const event::Proven& event) {
  if (doing_ != Doing::Proving || parts_[at_].id != event.id) return;
  const std::string& name = parts_[at_].config.name;
  if (!event.ok) {
    stop(Ending::FaultNotProven,
         fmt::format("the fault '{}' was not shown to be effective: {}", name, event.detail),
         false);
    return;
  }
  note(TimelineEvent::Kind::FaultProven, name, event.detail);
  ++at_;
  next_proof();
}

void Engine::Core::on(const event::Observed& event) {
  const bool news = event.promoted == Seen::Yes && promoted_ != Seen::Yes;
  if (news) {
    promoted_ = Seen::Yes;
    note(TimelineEvent::Kind::Promoted, "", "a standby was seen to have taken over");
    if (phase_ == Phase::Recovery) enter(SystemState::FailoverInProgress);
  }
  const bool answer = event.answers != 0 && event.answers == question_;
  switch (doing_) {
    case Doing::BaselineCheck:
      if (answer) check_baseline(event);
      break;
    case Doing::Steadying: check_steady(event); break;
    case Doing::Asking:
      if (answer || news) promotion_answered(event.promoted);
      break;
    case Doing::Redundancy:
    case Doing::RedundancyPause:
      if (news) {
        restore_next();
      } else if (answer && doing_ == Doing::Redundancy) {
        check_redundancy(event);
      }
      break;
    default: break;
  }
}

void Engine::Core::on(const event::FinalReadDone& event) {
  if (doing_ != Doing::FinalReading || event.which != reading_) return;
  note(event.ok ? TimelineEvent::Kind::FinalRead : TimelineEvent::Kind::Warning,
       read_name(reading_),
       event.ok ? event.detail : fmt::format("the final read failed: {}", event.detail));
  read_done_[static_cast<std::size_t>(reading_)] = true;
  restore_next();
}

void Engine::Core::on(const event::Restored& event) {
  Part* part = this->part(event.id);
  if (part == nullptr || part->attempts == 0 || part->restored) return;
  // A late one says nothing of the attempt that is under way: each has its own answer.
  if (event.attempt != part->restores) return;
  const bool in_hand =
      (doing_ == Doing::Restoring || doing_ == Doing::RestorePause) && part == &parts_[restoring_];
  if (!in_hand) return;
  if (!event.ok) {
    if (doing_ == Doing::Restoring) restore_failed(*part, event.detail);
    return;
  }
  part->restored = !part->again;
  if (part->again) part->attempts = 0;
  part->again = false;
  if (part->restored) undo_older_again(*part);
  note(TimelineEvent::Kind::RestoreDone, part->config.name, event.detail);
  restore_next();
}

void Engine::Core::on(const event::AbortRequested& event) {
  note(TimelineEvent::Kind::Warning, name(event.reason),
       fmt::format("abort requested: {}", event.detail));
  const auto reason = event.detail.empty()
                          ? std::string(name(event.reason))
                          : fmt::format("{}: {}", name(event.reason), event.detail);
  const bool first = !aborted_;
  aborted_ = true;
  if (forward() && !stopping_) {
    stop(Ending::Aborted, reason, true);
    return;
  }
  if (first && cause_ == Ending::Completed) {
    cause_ = Ending::Aborted;
    reason_ = reason;
  }
  if (doing_ == Doing::FinalReading) restore_next();  // reads are no longer worth the wait
}

void Engine::Core::on(const event::Woke&) {
  wake_ = kNever;
  woke_ = true;
}

// ---- bookkeeping --------------------------------------------------------------------------

void Engine::Core::enter(Phase phase) {
  phase_ = phase;
  note(TimelineEvent::Kind::PhaseBegan, name(phase));
}

void Engine::Core::enter(SystemState state) {
  if (state == state_) return;
  state_ = state;
  note(TimelineEvent::Kind::StateChanged, name(state));
}

void Engine::Core::note(TimelineEvent::Kind kind, std::string subject, std::string text) {
  actions_.emplace_back(action::Note{{now_, kind, std::move(subject), std::move(text)}});
}

Engine::Core::Part* Engine::Core::part(PartId id) {
  auto& list = id.kind == PartId::Kind::Failback ? failback_ : parts_;
  const auto it = std::find_if(list.begin(), list.end(), [&](const Part& p) { return p.id == id; });
  return it == list.end() ? nullptr : &*it;
}

bool Engine::Core::any_started() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& p) { return p.started; });
}

}  // namespace drill
