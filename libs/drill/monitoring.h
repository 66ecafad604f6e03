// Whether what the plan demands to be watched (D1, D7) was watched: in which share of the drill's
// periods (drill/samples.h) each signal was observed at all. An observation is an answer, good or
// bad: a refused connection is as much of an observation as one that stands. Consistency is
// observed by the two final reads and has two samples.
#pragma once

#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"
#include "drill/samples.h"

namespace drill {

/// From this share of the samples on a signal counts as monitored.
inline constexpr double kMonitoredPercent = 90;

/// Every name that a plan's `monitoring` may have.
std::vector<std::string> signals();

/// One result per demanded signal. Empty demands: what every drill needs (service availability,
/// control, reference, consistency if there is a ledger).
std::vector<MonitoringResult> watch(const std::vector<std::string>& demands,
                                    const Evidence& evidence, const SampleGrid& grid);

}  // namespace drill
