// The measures of a pod that have a threshold, their defaults, and the alerts that watch them. A
// threshold has a limit above which a value is a warning, one above which it is critical, or both.
// A value breaches a limit when it is above it: 80 % of CPU is still allowed.
//
// What was not measured is neither above nor below: a missing sample, and one that is no finite
// number, leaves its alert as it was.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "alert/firing.h"
#include "base/result.h"

namespace alert {

enum class Measure { Cpu, Memory, Disk, ResponseP95, ErrorRate, DatabaseConnections };
inline constexpr std::size_t kMeasures = 6;

/// "cpu", "memory", "disk", "response_p95", "error_rate", "database_connections".
const char* name(Measure measure);
/// "%" or "ms".
const char* unit(Measure measure);

/// In unit() of its measure; a limit that is missing is never breached.
struct Threshold {
  std::optional<double> warning{}, critical{};

  bool operator==(const Threshold&) const = default;
};

/// What a value of this severity was above: where there is no such limit, the other.
double limit_of(const Threshold& threshold, Severity severity);

/// Indexed by Measure.
using Thresholds = std::array<Threshold, kMeasures>;
using Samples = std::array<std::optional<double>, kMeasures>;

constexpr std::size_t index(Measure measure) {
  return static_cast<std::size_t>(measure);
}

/// CPU 80 %, memory 85 %, disk 90 % (critical), p95 of responses 2,000 ms, error rate 5 %
/// (critical), database connections 80 % of the pool; a warning where nothing else is said.
Thresholds default_thresholds();

inline constexpr double kPercentMax = 100;
inline constexpr double kMillisMax = 86'400'000;  // a day

/// Errors: InvalidArgument, with the limit, its value and what is allowed: a limit that is not
/// above 0, a share above 100 %, a time above a day, a warning above what is critical.
base::Result<> check(Measure measure, const Threshold& threshold);

Reading judge(const Threshold& threshold, std::optional<double> value);

/// Connections in use as a share of the pool. Units: percent. Empty for a pool of none.
std::optional<double> pool_percent(std::size_t used, std::size_t pool);

/// One alert per measure.
class ThresholdAlerts {
 public:
  struct Told {
    Measure measure = Measure::Cpu;
    Notice notice;
    std::optional<double> value;  // none: there is none any more
    double limit = 0;

    bool operator==(const Told&) const = default;
  };

  explicit ThresholdAlerts(Thresholds thresholds = default_thresholds(), FiringPolicy policy = {});

  /// Takes one sample of each measure and returns what has to be told, in the order of measures.
  std::vector<Told> step(const Samples& samples, base::TimePoint now);

  /// New limits for the same alerts: what fires goes on, and is judged anew by the next sample.
  void set(const Thresholds& thresholds) { thresholds_ = thresholds; }
  const Thresholds& thresholds() const { return thresholds_; }
  const Alert& alert(Measure measure) const { return alerts_[index(measure)]; }

 private:
  Thresholds thresholds_;
  std::array<Alert, kMeasures> alerts_;
};

}  // namespace alert
