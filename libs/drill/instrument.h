// The instrument proves itself in every drill (measurement.md §8): known outages of the reference
// responder must lie inside the bounds that the rules of §3 give for them, the control target must
// have stayed up, and every silence of the prober is listed. A figure of an instrument that failed
// any of these is not a figure.
//
// A silence is an interval in which no operation of any stream was invoked or completed although
// the open loop demanded it: the prober's thread did not run (SIGSTOP, a starved machine). What
// falls due in a silence, or completes in one, has a late stamp through no fault of the service.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/outage.h"
#include "drill/report.h"

namespace drill {

/// Every silence of the whole prober longer than twice the shortest interval, in order of time.
std::vector<Stall> silences(const Evidence& evidence);

/// Whether the bounds of one known outage contain it. Refusals: P in both (the operation in flight
/// at the start may have been invoked up to its latency earlier). Hangs: P in the service bounds,
/// P - D + service time in the user-visible ones.
ReferenceCheck check_reference(const ReferenceOutage& known, const StreamView& reference);

/// Steps of the wall clock between neighbouring anchors, beyond what slewing explains.
std::vector<Duration> wall_steps(std::span<const ClockAnchor> anchors);

struct InstrumentRules {
  bool reference_required = true;  // a drill without known outages did not prove its instrument
  TimePoint judged_from = kNever;  // the outage that is judged: a control that failed with it
  TimePoint judged_until = kNever;
};
/// In order of their beginning. Count, longest, total (overlaps once), and which of them touch
/// [from, until]; kNever, kNever: none does.
StallSummary sum_up(std::span<const Stall> stalls, TimePoint from, TimePoint until);
InstrumentResult check_instrument(const Evidence& evidence, std::span<const StreamView> views,
                                  const InstrumentRules& rules);

}  // namespace drill
