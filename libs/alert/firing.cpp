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
  return end(Phase::Quiet, now);
}

std::optional<Notice> Alert::miss(base::TimePoint now) {
  if (!missing_since_) missing_since_ = now;
  const bool lasts = phase_ != Phase::Firing || policy_.forget_after == base::Duration{0};
  if (lasts || now - *missing_since_ < policy_.forget_after) return std::nullopt;
  return end(Phase::Unknown, now);
}

std::optional<Notice> Alert::end(Phase next, base::TimePoint now) {
  const std::optional<Severity> told = told_;
  enter(next, now);
  if (!told) return std::nullopt;
  return Notice{true, *told};
}

std::optional<Notice> Alert::step(const Reading& reading, base::TimePoint now) {
  if (!reading.sampled) return miss(now);
  missing_since_.reset();
  return reading.breach ? fire(*reading.breach, now) : calm(now);
}

}  // namespace alert
