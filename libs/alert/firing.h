// One alert as a state machine: what it is, and what has to be told about it.
//
//   Unknown -> {Quiet, Firing}    Quiet -> {Firing}    Firing -> {Quiet, Unknown}
//
// State and notices are two things. The state follows the readings at once. A notice of a firing is
// held back for the cool-down (300 s) after the last one of the same severity, so that an alert
// that flaps or lasts is told once in that time; one that grows worse has another severity and is
// told at once. An alert that still fires when the cool-down is over is told again. "Resolved" is
// told to those who were told of this firing, once, and needs no cool-down: there is at most one
// for each notice of a firing.
//
// A reading that is missing changes nothing: it neither fires nor resolves, and it does not count
// as quiet. Where all are missing for long (`forget_after`), nothing is known any more and a
// firing has ended, which is told to those who were told of it.
#pragma once

#include <array>
#include <optional>

#include "alert/severity.h"
#include "base/time.h"

namespace alert {

/// One look at what an alert watches.
struct Reading {
  bool sampled = false;
  std::optional<Severity> breach;  // only with sampled

  bool operator==(const Reading&) const = default;
};
inline constexpr Reading kNoSample{};
inline constexpr Reading kWithin{true, std::nullopt};
constexpr Reading breached(Severity severity) {
  return {true, severity};
}

struct FiringPolicy {
  base::Duration cooldown = base::seconds(300);
  /// Readings have to stay within for so long before a firing ends; 0: the first one ends it. For
  /// alerts on single events, of which the next good one proves nothing.
  base::Duration resolve_after{0};
  /// A firing without a reading for so long has ended; 0: it lasts.
  base::Duration forget_after{0};
};

enum class Phase { Unknown, Quiet, Firing };
/// "unknown", "quiet", "firing".
const char* name(Phase phase);

/// Something to tell: that an alert fires, or that it has ended.
struct Notice {
  bool resolved = false;
  Severity severity = Severity::Low;  // of a resolved one: the worst that was told of it

  bool operator==(const Notice&) const = default;
};

class Alert {
 public:
  explicit Alert(FiringPolicy policy = {}) : policy_(policy) {}

  /// Takes a reading and returns what has to be told now. `now` never decreases.
  std::optional<Notice> step(const Reading& reading, base::TimePoint now);

  Phase phase() const { return phase_; }
  /// Of the last breach; meaningful while firing.
  Severity severity() const { return severity_; }
  /// When the present phase began; empty before the first sample.
  std::optional<base::TimePoint> since() const { return since_; }

 private:
  void enter(Phase phase, base::TimePoint now);
  std::optional<Notice> fire(Severity severity, base::TimePoint now);
  std::optional<Notice> calm(base::TimePoint now);
  std::optional<Notice> miss(base::TimePoint now);
  std::optional<Notice> end(Phase next, base::TimePoint now);

  FiringPolicy policy_;
  Phase phase_ = Phase::Unknown;
  Severity severity_ = Severity::Low;
  std::optional<base::TimePoint> since_;
  std::optional<base::TimePoint> within_since_;  // while firing
  std::optional<base::TimePoint> missing_since_;
  std::optional<Severity> told_;  // the worst that was told of this firing
  std::array<std::optional<base::TimePoint>, kSeverities> told_at_;
};

}  // namespace alert
