// Where the time of an outage went (measurement.md §4): onset → detected → decided → promoted →
// redirected → sustained. The durations sum to inv(g*) - inv(b0) exactly, because each is the
// difference of neighbouring stamps; a moment that was not observed is left out and its time falls
// to the next one; a moment out of order gives a negative duration, shown and never clamped.
// Beyond the RTO: warmed up, redundancy restored.
//
// A moment that is seen through operations is known no better than they are dense: it lies between
// the last operation that says "not yet" and the first that says "now". Each duration therefore has
// bounds too; those from onset to sustained are the bounds of the user-visible outage.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/outage.h"
#include "drill/report.h"
#include "drill/vantage.h"

namespace drill {

/// A moment by its stamp, and the interval it surely lies in.
struct Moment {
  TimePoint at = kNever;    // kNever: not observed
  TimePoint earliest = at;  // TimePoint::min(): not known
  TimePoint latest = at;
  std::size_t vantage = 0;  // whose clock it is of
  bool observed() const { return at != kNever; }
  bool operator==(const Moment&) const = default;
};

/// The moments of one outage.
struct Moments {
  Moment onset, detected, decided, promoted, redirected, sustained, warmed_up, redundancy_restored;
  Duration warm_step{};  // warmed_up is looked for in steps of this
};

/// `decider` is the stream whose outage is judged. Shapes: `evidence` is the runner's, `views` are
/// of all vantages, on its time axis.
Moments find_moments(const Evidence& evidence, std::span<const StreamView> views,
                     const StreamView& decider, const HeldOutage& outage, Duration hold,
                     const Clocks& clocks = {});

/// Targets by the moment they end at: "detected", "decided", … "warmedUp", "redundancyRestored".
using PhaseTargets = std::map<std::string, Duration>;
/// A phase between moments of two clocks has bounds that are wider by what is not known of these.
std::vector<PhaseResult> phases_of(const Moments& moments, const PhaseTargets& targets,
                                   const Clocks& clocks = {});

/// The row that is left where users saw no outage: a fault that cost redundancy, from its beginning
/// until redundancy was back. None where redundancy was never seen lost.
std::vector<PhaseResult> phases_without_outage(const Evidence& evidence,
                                               const PhaseTargets& targets);

/// Recovery and failback steps against their targets.
std::vector<PhaseResult> steps_of(std::span<const StepRun> steps);

/// Why a row did not meet its target: a step that failed has missed it however short it was.
std::string why_missed(const PhaseResult& row);

/// "the targets of the phases sum to 330 s, more than the objective of 300 s"; empty: they fit.
std::string target_warning(const PhaseTargets& targets, Duration objective);

}  // namespace drill
