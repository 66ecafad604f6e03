// What is wrong with a pod right now, for people and monitors: unknown before the first sample,
// healthy, degraded with one issue, unhealthy with two or more. Only what was measured counts: a
// measure without a sample is no issue, and it is named, so that "healthy" does not hide that half
// of it was never seen.
//
// Kubernetes' probes use /livez and /readyz instead: a warning must never restart a pod.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "alert/thresholds.h"

namespace alert {

enum class Health { Unknown, Healthy, Degraded, Unhealthy };
/// "unknown", "healthy", "degraded", "unhealthy".
const char* name(Health health);
/// 200 when healthy, else 503.
int http_status(Health health);

struct Issue {
  std::string name;
  double value = 0;
  double threshold = 0;
  std::string unit;
  Severity severity = Severity::Warning;

  bool operator==(const Issue&) const = default;
};

struct Verdict {
  Health health = Health::Unknown;
  std::vector<Issue> issues;
  std::vector<std::string> unmeasured;  // names of what has no sample

  bool operator==(const Verdict&) const = default;
};

/// The verdict of a pod from its latest samples.
Verdict judge_health(const Thresholds& thresholds, const Samples& samples);

/// What is known of the application's database.
struct DatabaseSample {
  std::optional<bool> answers;                // to a query of ours
  std::optional<double> answer_ms;            // how long it took
  std::optional<double> connections_percent;  // of the pool
};

/// The database's health, apart from the pod's: that it answers, within the default of a database
/// query (200 ms), and with connections to spare.
Verdict judge_database(const Threshold& connections, const DatabaseSample& sample);

}  // namespace alert
