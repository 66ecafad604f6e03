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
  std::optional<bool> answers;                  // to a query of ours
  std::optional<double> answer_ms;              // how long it took
  std::optional<double> connections_percent{};  // that are taken, of those that there may be
  std::optional<double> waiting{};              // who want a connection of the pool and get none
  std::optional<bool> writable{};               // not in recovery, and not read-only
  std::optional<double> lag_seconds{};          // of a replica behind its primary
};

struct DatabaseLimits {
  Threshold connections;
  double answer_ms = 200;  // the default of a database query (alert/operations.h)
  double lag_seconds = 30;
  bool must_be_writable = true;
};

/// The database's health, apart from the pod's: that it answers, in time, with connections to
/// spare, takes writes, and that replicas are not far behind.
Verdict judge_database(const DatabaseLimits& limits, const DatabaseSample& sample);

}  // namespace alert
