// The forward half of a drill: is it steady, break it, bring it back, is it steady again.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drill/engine_core.h"

namespace drill {
namespace {

/// What was seen may lag behind the clock; without this the same question would be asked at once.
constexpr Duration kLeastProlonging = base::millis(100);

}  // namespace

void Engine::Core::check_baseline(const event::Observed& seen) {
  const Duration steady =
      seen.service == Service::Good ? elapsed(seen.since, seen.through) : Duration::zero();
  if (promoted_ == Seen::Yes) {
    // What became of the system could no longer be told from what the drill did to it.
    stop(Ending::NoSteadyState, "a failover took place during the baseline", false);
  } else if (!seen.instrument_healthy) {
    stop(Ending::NoSteadyState, "the control target, which no fault can reach, does not answer",
         false);
  } else if (steady < config_.timing.hold) {
    if (prolong_baseline(seen, steady)) return;
    stop(Ending::NoSteadyState,
         fmt::format("the service was good for {} at the end of the baseline, {} are needed{}{}",
                     base::human(steady), base::human(config_.timing.hold),
                     seen.missing.empty() ? "" : "; not running: ", fmt::join(seen.missing, ", ")),
         false);
  } else {
    enter(Phase::Injection);
    at_ = 0;
    next_fault();
  }
}

/// One slow answer is no reason to give a drill up, as long as recovery and validation keep the
/// time that they have. What does not run comes back by itself no sooner than somebody finds out.
bool Engine::Core::prolong_baseline(const event::Observed& seen, Duration steady) {
  const EngineTiming& timing = config_.timing;
  if (baseline_last_ == kNever) {
    const Duration lag = std::min(elapsed(seen.through, now_), timing.baseline);
    baseline_last_ =
        std::min(now_ + lag + 2 * timing.hold, overall_due_ - timing.recovery - timing.validation);
    note(TimelineEvent::Kind::Note, "",
         fmt::format("the service was good for {} at the end of the baseline, {} are needed",
                     base::human(steady), base::human(timing.hold)));
  }
  const Duration wait = std::max(timing.hold - steady, kLeastProlonging);
  if (!seen.missing.empty() || now_ + wait > baseline_last_) return false;
  await(Doing::Baseline, wait);
  return true;
}

void Engine::Core::next_fault() {
  if (at_ < fault_count_) {
    begin_part(at_);
    return;
  }
  at_ = 0;
  next_proof();
}

void Engine::Core::next_proof() {
  if (at_ < fault_count_) {
    actions_.emplace_back(action::Prove{parts_[at_].id});
    await(Doing::Proving, config_.timing.prove);
    return;
  }
  enter(Phase::Recovery);
  if (promoted_ == Seen::Yes) enter(SystemState::FailoverInProgress);
  actions_.emplace_back(action::Observe{action::Observe::What::Recovery, 0});
  next_step();
}

void Engine::Core::next_step() {
  if (at_ < parts_.size()) {
    begin_part(at_);
    return;
  }
  doing_ = Doing::Steadying;
  due_ = kNever;  // the recovery deadline rules
}

void Engine::Core::begin_part(std::size_t index) {
  at_ = index;
  if (!parts_[index].config.changes_target) {
    start_part();
    return;
  }
  actions_.emplace_back(action::Record{parts_[index].id});
  await(Doing::Recording, config_.timing.record);
}

void Engine::Core::start_part() {
  Part& part = parts_[at_];
  part.started = true;
  if (part.id.kind == PartId::Kind::Fault) {
    note(TimelineEvent::Kind::FaultBegun, part.config.name);
    enter(SystemState::Degraded);
    if (fault_begun_ == kNever) {
      fault_begun_ = now_;
      recovery_due_ = now_ + config_.timing.recovery;
    }
    actions_.emplace_back(action::Inject{part.id});
  } else {
    note(TimelineEvent::Kind::StepBegan, part.config.name);
    if (part.config.changes_target) enter(SystemState::FailoverInProgress);
    actions_.emplace_back(action::RunStep{part.id, 1});
  }
  await(Doing::Applying, part.config.timeout);
}

void Engine::Core::forward_result(Part& part, DoResult result, const std::string& detail) {
  part.ok = result == DoResult::Ok;
  part.unknown = result == DoResult::Unknown;
  const bool fault = part.id.kind == PartId::Kind::Fault;
  if (!fault || !part.ok) {
    note(part.ok ? TimelineEvent::Kind::StepDone : TimelineEvent::Kind::StepFailed,
         part.config.name, part.ok ? detail : fmt::format("{}: {}", name(result), detail));
  }
  if (stopping_) {
    begin_restoring();
  } else if (fault) {
    fault_result(part, result, detail);
  } else if (part.ok || part.config.on_failure == OnFailure::Continue) {
    ++at_;
    next_step();
  } else {
    stop(Ending::NotRecovered, fmt::format("the step '{}' failed: {}", part.config.name, detail),
         false);
  }
}

void Engine::Core::fault_result(const Part& part, DoResult result, const std::string& detail) {
  switch (result) {
    case DoResult::Ok:
      ++at_;
      next_fault();
      return;
    case DoResult::Failed:
      stop(Ending::FaultNotProven,
           fmt::format("the fault '{}' failed: {}", part.config.name, detail), false);
      return;
    case DoResult::Unknown:
      // It may have happened. A second try could break what the first one already broke, and the
      // moment it began is not known: undo it and judge nothing.
      stop(Ending::FaultNotProven,
           fmt::format("whether the fault '{}' was carried out is not known: {}", part.config.name,
                       detail),
           false);
      return;
  }
}

void Engine::Core::check_steady(const event::Observed& seen) {
  if (seen.service != Service::Good) return;
  // Samples lag behind: only operations invoked after the fault began can show that it is over.
  const TimePoint from = std::max(seen.since, fault_begun_);
  if (elapsed(from, seen.through) < config_.timing.hold) return;
  recovery_due_ = kNever;
  enter(Phase::Validation);
  if (promoted_ == Seen::Yes || parts_.size() > fault_count_) {
    enter(SystemState::DisasterRecoveryActive);
  }
  actions_.emplace_back(action::Observe{action::Observe::What::Validation, 0});
  await(Doing::Validating, config_.timing.validation);
}

void Engine::Core::stop(Ending cause, std::string reason, bool cancel_running) {
  cause_ = cause;
  reason_ = std::move(reason);
  stopping_ = true;
  if (cancel_running && doing_ == Doing::Cancelling) return;
  if (cancel_running && doing_ == Doing::Applying) {
    actions_.emplace_back(action::Cancel{parts_[at_].id});
    await(Doing::Cancelling, config_.timing.cancel_grace);
    return;
  }
  begin_restoring();
}

}  // namespace drill
