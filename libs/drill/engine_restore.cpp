// The backward half: put the target back, by what was observed of it. restore_next() names the
// first thing that is still to be done and starts it; everything that ends comes back to it.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "drill/engine_core.h"

namespace drill {

void Engine::Core::begin_restoring() {
  if (!any_started()) {
    finish();
    return;
  }
  enter(SystemState::RecoveryInProgress);
  enter(Phase::Failback);
  restore_next();
}

void Engine::Core::restore_next() {
  if (read_next(FinalRead::Which::Survivor)) return;
  if (restore_one(Undo::Always)) return;
  if (decide_promotion()) return;
  if (decision_ == Seen::Yes || (decision_ == Seen::No && config_.failback_always && !aborted_ &&
                                 cause_ == Ending::Completed)) {
    if (decision_ == Seen::Yes && config_.isolated_cross_check &&
        read_next(FinalRead::Which::OldPrimary)) {
      return;
    }
    if (failback_next()) return;
  }
  if (decision_ == Seen::No && restore_one(Undo::IfNotPromoted)) return;
  if (redundancy_next()) return;
  if (read_next(FinalRead::Which::Rejoined)) return;
  if (await_late_result()) return;
  finish();
}

bool Engine::Core::read_next(FinalRead::Which which) {
  // Without an outage that counts there is nothing to compare, and an abort does not wait.
  const bool counts = cause_ == Ending::Completed || cause_ == Ending::NotRecovered;
  if (!config_.final_reads || aborted_ || !counts) return false;
  if (read_done_[static_cast<std::size_t>(which)]) return false;
  reading_ = which;
  actions_.emplace_back(action::TakeFinalRead{which});
  await(Doing::FinalReading, config_.timing.final_read);
  return true;
}

// ---- undo ---------------------------------------------------------------------------------

bool Engine::Core::restore_one(Undo rule) {
  for (std::size_t i = parts_.size(); i-- > 0;) {
    Part& part = parts_[i];
    if (!part.started || part.restored || part.given_up || part.config.undo != rule) continue;
    restoring_ = i;
    redundancy_done_ = false;
    ++part.attempts;
    if (part.attempts == 1) note(TimelineEvent::Kind::RestoreBegan, part.config.name);
    actions_.emplace_back(action::Restore{part.id, ++part.restores});
    await(Doing::Restoring, config_.timing.restore);
    return true;
  }
  return false;
}

/// What failed a moment ago fails again at once: a server that starts needs its seconds.
Duration Engine::Core::pause_after(const Part& part) const {
  Duration pause = config_.timing.restore_retry;
  for (std::uint32_t i = 1; i < part.attempts && pause < config_.timing.restore_retry_longest;
       ++i) {
    pause *= 2;
  }
  return std::min(pause, config_.timing.restore_retry_longest);
}

void Engine::Core::restore_failed(Part& part, const std::string& detail) {
  note(TimelineEvent::Kind::RestoreFailed, part.config.name, detail);
  if (part.attempts < config_.restore_attempts) {
    await(Doing::RestorePause, pause_after(part));
    return;
  }
  part.given_up = true;
  problems_.push_back(fmt::format("'{}' could not be undone: {}", part.config.name, detail));
  restore_next();
}

/// An undo that succeeds late, after others were given up or in another process, puts back what was
/// before its part: a route, say, without the server that an older undo had put in again.
void Engine::Core::undo_older_again(const Part& part) {
  for (Part& older : parts_) {
    if (&older == &part) break;
    if (older.config.undo != part.config.undo || !older.restored) continue;
    older.restored = false;
    older.attempts = 0;
  }
}

void Engine::Core::late_result(Part& part) {
  part.answered = true;
  if (settled_ != kNever) settled_ = std::min(settled_, now_ + config_.timing.promotion_settle);
  if (forward() || part.id.kind == PartId::Kind::Failback) return;
  // Its do may have landed after its undo, or be the promotion that was not yet seen: what was
  // undone is undone again, and the instances are asked again.
  note(TimelineEvent::Kind::Warning, part.config.name, "its result came after the undo began");
  const bool undoing = doing_ == Doing::Restoring || doing_ == Doing::RestorePause;
  if (undoing && &part == &parts_[restoring_]) {
    part.again = true;
  } else if (part.restored || part.given_up) {
    part.restored = part.given_up = false;
    part.attempts = 0;
  }
  if (decision_ == Seen::No) {
    decision_.reset();
    asks_ = 0;
  }
  if (doing_ == Doing::Redundancy || doing_ == Doing::RedundancyPause ||
      doing_ == Doing::LateResult) {
    restore_next();
  }
}

/// What is still under way could land on a target that was called whole, with nobody left to undo
/// it.
bool Engine::Core::await_late_result() {
  const auto open = std::find_if(parts_.begin(), parts_.end(), [](const Part& p) {
    return p.started && !p.answered && p.config.undo != Undo::None;
  });
  if (open == parts_.end()) return false;
  if (!late_done_) {
    await(Doing::LateResult, config_.timing.late_result);
    return true;
  }
  problems_.push_back(fmt::format("'{}' was cancelled and has not ended: it may still take effect",
                                  open->config.name));
  return false;
}

// ---- what happened to the primary ---------------------------------------------------------

bool Engine::Core::decide_promotion() {
  if (promoted_ == Seen::Yes) decision_ = Seen::Yes;
  if (decision_) return false;
  const bool matters =
      !failback_.empty() || std::any_of(parts_.begin(), parts_.end(), [](const Part& p) {
        return p.started && !p.restored && p.config.undo == Undo::IfNotPromoted;
      });
  if (!config_.can_promote || !matters) {
    decision_ = config_.can_promote ? Seen::Unknown : Seen::No;
    return false;
  }
  ask_promotion();
  return true;
}

void Engine::Core::ask_promotion() {
  ++asks_;
  actions_.emplace_back(action::Observe{action::Observe::What::Promotion, ++question_});
  await(Doing::Asking, config_.timing.answer);
}

void Engine::Core::promotion_answered(Seen promoted) {
  if (promoted == Seen::Unknown && promoted_ != Seen::Yes) {
    if (asks_ < config_.promotion_asks) {
      await(Doing::AskPause, config_.timing.ask_again);
      return;
    }
    promotion_unknown();
  } else if (promoted_ != Seen::Yes && may_still_promote()) {
    asks_ = 0;
    await(Doing::AskPause, config_.timing.ask_again);
    return;
  } else {
    decision_ = promoted_ == Seen::Yes ? Seen::Yes : Seen::No;
    if (promoted_ == Seen::Unknown) promoted_ = promoted;
  }
  restore_next();
}

/// A promotion whose answer was lost takes effect a moment later. To restore the old primary in
/// that moment would make two of them, so a `no` counts only when it has lasted.
bool Engine::Core::may_still_promote() {
  const bool begun = std::any_of(parts_.begin(), parts_.end(), [](const Part& p) {
    return p.started && p.config.forward_only && (p.unknown || !p.answered);
  });
  if (!begun) return false;
  if (settled_ == kNever) {
    const bool ended = std::all_of(parts_.begin(), parts_.end(), [](const Part& p) {
      return !p.started || !p.config.forward_only || p.answered;
    });
    settled_ =
        now_ + (ended ? config_.timing.promotion_settle
                      : std::max(config_.timing.promotion_settle, config_.timing.late_result));
  }
  return now_ < settled_;
}

void Engine::Core::promotion_unknown() {
  const bool ours = std::any_of(parts_.begin(), parts_.end(),
                                [](const Part& p) { return p.started && p.config.forward_only; });
  if (ruled_out_) {
    decision_ = Seen::No;
    note(TimelineEvent::Kind::Warning, "",
         "no instance says whether a standby was promoted; the drill that died had found that none "
         "was, and begun to undo: taken as no");
    return;
  }
  if (config_.mode == Mode::Orchestrate && !ours) {
    decision_ = Seen::No;
    note(TimelineEvent::Kind::Warning, "",
         "no instance says whether a standby was promoted; no promoting step was begun: taken as "
         "no");
    return;
  }
  decision_ = Seen::Unknown;
  problems_.emplace_back(
      "no instance says whether a standby was promoted: neither the old primary was restored nor "
      "was it made to rejoin");
}

// ---- failback -----------------------------------------------------------------------------

bool Engine::Core::failback_next() {
  if (failback_stopped_ || failback_at_ >= failback_.size()) {
    in_failback_step_ = false;
    return false;
  }
  at_ = failback_at_;
  in_failback_step_ = true;
  redundancy_done_ = false;
  Part& part = failback_[at_];
  part.started = true;
  ++part.attempts;
  note(TimelineEvent::Kind::StepBegan, part.config.name,
       part.attempts > 1 ? fmt::format("attempt {}", part.attempts) : "");
  actions_.emplace_back(action::RunStep{part.id, part.attempts});
  await(Doing::Applying, part.config.timeout);
  return true;
}

void Engine::Core::failback_result(Part& part, bool answered, DoResult result,
                                   const std::string& detail) {
  part.ok = result == DoResult::Ok;
  in_failback_step_ = false;
  if (part.ok) {
    note(TimelineEvent::Kind::StepDone, part.config.name, detail);
    ++failback_at_;
    restore_next();
    return;
  }
  note(TimelineEvent::Kind::StepFailed, part.config.name,
       fmt::format("{}: {}", name(result), detail));
  // Without an answer the step may still be at work; a second one beside it would race.
  if (answered && part.attempts < config_.failback_attempts) {
    await(Doing::FailbackPause, pause_after(part));
    return;
  }
  ++failback_at_;
  failback_stopped_ = part.config.on_failure == OnFailure::Abort;
  // Continue: the plan can do without it; whether the target is whole is looked at afterwards.
  if (failback_stopped_) {
    problems_.push_back(fmt::format("the failback step '{}' failed: {}", part.config.name, detail));
  }
  restore_next();
}

// ---- is it whole? -------------------------------------------------------------------------

bool Engine::Core::redundancy_next() {
  if (redundancy_done_) return false;
  if (doing_ != Doing::RedundancyPause) redundancy_due_ = now_ + config_.timing.redundancy;
  ask_redundancy();
  return true;
}

void Engine::Core::ask_redundancy() {
  actions_.emplace_back(action::Observe{action::Observe::What::Restoration, ++question_});
  await(Doing::Redundancy, config_.timing.answer);
}

void Engine::Core::check_redundancy(const event::Observed& seen) {
  redundancy_ = seen.redundancy;
  const bool back = !config_.watch_redundancy || seen.redundancy == Seen::Yes;
  // Unknown service: the streams are stopped after a final read, and nothing runs after resume.
  if (back && seen.service != Service::Bad) {
    if (config_.watch_redundancy) note(TimelineEvent::Kind::RedundancyRestored, "");
    redundancy_done_ = true;
    restore_next();
    return;
  }
  not_yet_whole(seen, back);
  if (now_ >= redundancy_due_) {
    problems_.push_back(last_problem_);
    redundancy_done_ = true;
    restore_next();
    return;
  }
  await(Doing::RedundancyPause, config_.timing.ask_again);
}

void Engine::Core::not_yet_whole(const event::Observed& seen, bool back) {
  std::string problem =
      back ? "the service is not good after everything was undone"
           : fmt::format("the redundancy is not restored ({})", name(seen.redundancy));
  if (!seen.missing.empty()) {
    problem += fmt::format("; not running: {}", fmt::join(seen.missing, ", "));
    // Said at once: whoever watches can help, and waiting for the end takes minutes.
    if (problem != last_problem_) note(TimelineEvent::Kind::Warning, "", problem);
  }
  last_problem_ = std::move(problem);
}

void Engine::Core::list_unrestored() {
  if (decision_ != Seen::Yes) {
    for (const Part& part : parts_) {
      if (part.started && !part.restored && !part.given_up && part.config.undo != Undo::None) {
        problems_.push_back(fmt::format("'{}' was not undone", part.config.name));
      }
    }
    return;
  }
  const bool superseded = std::any_of(parts_.begin(), parts_.end(), [](const Part& p) {
    return p.started && !p.restored && p.config.undo == Undo::IfNotPromoted;
  });
  if (superseded && failback_.empty() && redundancy_ != Seen::Yes && problems_.empty()) {
    problems_.emplace_back(
        "a standby was promoted and the plan has no failback steps: the old "
        "primary stays out");
  }
}

void Engine::Core::finish() {
  list_unrestored();
  action::Finish finish;
  finish.cause = cause_;
  finish.whole = problems_.empty();
  finish.ending = finish.whole ? cause_ : Ending::NotWhole;
  finish.reason = reason_;
  finish.injected = any_started();
  finish.promoted = promoted_;
  finish.redundancy = redundancy_;
  finish.problems = problems_;
  enter(finish.whole ? SystemState::Normal : SystemState::Degraded);
  enter(Phase::Reporting);
  actions_.emplace_back(std::move(finish));
  doing_ = Doing::Done;
  due_ = kNever;
}

}  // namespace drill
