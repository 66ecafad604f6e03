#include "alert/firing.h"

#include <algorithm>

namespace alert {

const char* name(Phase phase) {
  switch (phase) {
    case Phase::Unknown: return "unknown";
    case Phase::Quiet: return "quiet";
    case Phase::Firing: return "firing";
  }
  return "unknown";
}

void Alert::enter(Phase phase, base::TimePoint now) {
  phase_ = phase;
  since_ = now;
  within_since_.reset();
  told_.reset();
}

std::optional<Notice> Alert::fire(Severity severity, base::TimePoint now) {
  if (phase_ != Phase::Firing) enter(Phase::Firing, now);
  severity_ = severity;
  within_since_.reset();
  std::optional<base::TimePoint>& last = told_at_[static_cast<std::size_t>(severity)];
  if (last && now - *last < policy_.cooldown) return std::nullopt;
  last = now;
  told_ = told_ ? std::max(*told_, severity) : severity;
  return Notice{false, severity};
}

std::optional<Notice> Alert::calm(base::TimePoint now) {
  if (phase_ == Phase::Unknown) enter(Phase::Quiet, now);
  if (phase_ == Phase::Quiet) return std::nullopt;
  if (!within_since_) within_since_ = now;
  if (now - *within_since_ < policy_.resolve_after) return std::nullopt;
  const std::optional<Severity> told = told_;
  enter(Phase::Quiet, now);
  if (!told) return std::nullopt;
  return Notice{true, *told};
}

std::optional<Notice> Alert::step(const Reading& reading, base::TimePoint now) {
  if (!reading.sampled) return std::nullopt;
  return reading.breach ? fire(*reading.breach, now) : calm(now);
}

}  // namespace alert
