// The deadlines of a drill: of what is being done, and of the drill itself. Whatever did not answer
// in its time is taken for an answer that says so, and the engine goes on.
#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "drill/engine_core.h"

namespace drill {

void Engine::Core::await(Doing doing, Duration at_most) {
  doing_ = doing;
  due_ = now_ + at_most;
}

TimePoint Engine::Core::next_due() const {
  TimePoint due = due_;
  if (forward() && !stopping_) due = std::min({due, overall_due_, recovery_due_});
  return due;
}

void Engine::Core::expire() {
  // Each expiry moves on along a graph without cycles except for counted retries, so this ends.
  for (int rounds = 0; doing_ != Doing::Done && next_due() <= now_; ++rounds) {
    CHECK(rounds < 100'000);
    if (expire_overall()) continue;
    if (!expire_forward()) expire_backward();
  }
}

bool Engine::Core::expire_overall() {
  if (!forward() || stopping_) return false;
  if (recovery_due_ <= now_ && phase_ >= Phase::Injection) {
    stop(Ending::NotRecovered,
         fmt::format("the service was not steady again {} after the fault began",
                     base::human(config_.timing.recovery)),
         true);
    return true;
  }
  if (overall_due_ > now_) return false;
  const bool broken = phase_ == Phase::Recovery;
  stop(broken ? Ending::NotRecovered : Ending::Aborted,
       fmt::format("the drill's deadline of {} was reached", base::human(config_.timing.overall)),
       true);
  return true;
}

bool Engine::Core::expire_forward() {
  switch (doing_) {
    case Doing::Preflight:
      stop(Ending::SetupFailed, "the preflight checks gave no answer in time", false);
      return true;
    case Doing::Baseline:
      actions_.emplace_back(action::Observe{action::Observe::What::Baseline, ++question_});
      await(Doing::BaselineCheck, config_.timing.answer);
      return true;
    case Doing::BaselineCheck:
      stop(Ending::NoSteadyState, "the instrument did not say whether the service is steady",
           false);
      return true;
    case Doing::Recording: {
      const event::Recorded none{parts_[at_].id, false, "the disk gave no answer in time"};
      on(none);
      return true;
    }
    case Doing::Proving: {
      const event::Proven none{parts_[at_].id, false, "no proof in time"};
      on(none);
      return true;
    }
    case Doing::Steadying: due_ = kNever; return true;  // the recovery deadline rules
    case Doing::Validating: stop(Ending::Completed, "", false); return true;
    default: return false;
  }
}

void Engine::Core::expire_backward() {
  switch (doing_) {
    case Doing::Applying:
      actions_.emplace_back(action::Cancel{in_failback_step_ ? failback_[at_].id : parts_[at_].id});
      await(Doing::Cancelling, config_.timing.cancel_grace);
      break;
    case Doing::Cancelling:
      if (in_failback_step_) {
        failback_result(failback_[at_], false, DoResult::Unknown, "no answer in time");
      } else {
        forward_result(parts_[at_], DoResult::Unknown, "no answer in time");
      }
      break;
    case Doing::FinalReading: on(event::FinalReadDone{reading_, false, "no answer in time"}); break;
    case Doing::Asking: promotion_answered(Seen::Unknown); break;
    case Doing::AskPause: ask_promotion(); break;
    case Doing::Restoring: restore_failed(parts_[restoring_], "no answer in time"); break;
    case Doing::RestorePause:
    case Doing::FailbackPause: restore_next(); break;
    case Doing::Redundancy: check_redundancy({}); break;
    case Doing::RedundancyPause: ask_redundancy(); break;
    case Doing::LateResult:
      late_done_ = true;
      restore_next();
      break;
    default: due_ = kNever; break;
  }
}

void Engine::Core::request_wake() {
  if (doing_ == Doing::Done) return;
  const TimePoint due = next_due();
  // A wake-up that came too early has used up the timer: ask again.
  if (due == kNever || (due == wake_ && !woke_)) return;
  wake_ = due;
  actions_.emplace_back(action::WakeAt{due});
}

}  // namespace drill
