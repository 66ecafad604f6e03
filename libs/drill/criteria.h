// Performance criteria (D6, measurement.md §7), judged from the load and never from the probes,
// which are too light to be users; of sessions and features the probes that call them tell
// (drill/continuity.h). What was not measured is missed: it never passes silently.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"

namespace drill {

enum class Statistic : std::uint8_t { Mean, P50, P95, P99, Max };
const char* name(Statistic statistic);

struct Criterion {
  std::string metric;  // ApiResponseMillis, QueryMillis, Users, RequestsPerSecond,
                       // SatisfactionPercent, ErrorPercent, ConsistencyPercent,
                       // SessionContinuityPercent, FeaturePercent, PerformanceRecoveryPercent
  double target = 0;
  bool at_most = true;
  Statistic statistic = Statistic::P95;  // of latencies
  std::string operation;                 // only this one of the load; empty: all
};

/// [from, until) of intended starts; from >= until: the window never came.
struct CriteriaWindow {
  std::string name;  // "degraded", "validation"
  TimePoint from = kNever;
  TimePoint until = kNever;
};

struct CriteriaInputs {
  Duration apdex_target{};                    // T; zero: satisfaction is not measured
  std::optional<double> consistency_percent;  // from check_consistency; nothing: not measured
  std::uint64_t consistency_of = 0;
};

/// "QueryMillis of heavy", or the metric alone.
std::string label(const CriterionResult& criterion);
CriterionResult judge(const Criterion& criterion, const CriteriaWindow& window,
                      const Evidence& evidence, const CriteriaInputs& inputs);

/// Nearest rank; sorts its argument. Nothing: nothing was measured.
std::optional<double> statistic_of(std::vector<double>& values, Statistic statistic);

}  // namespace drill
