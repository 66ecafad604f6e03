// How a plan did over all its drills (D7, measurement.md §9): what an auditor asks of a history and
// one report cannot answer. Only comparable drills are counted together, those of one spec, profile
// and overrides; the ratios are those of drill/history.h, so that this assessment, the reports and
// the metrics never disagree.
// A plan is compliant when its newest drill that decided its objectives met them all, and when that
// drill is not older than the plan allows evidence to be. Drills that are inconclusive or invalid
// decide nothing: they lower the ratio and do not renew the evidence. A plan that states no RPO is
// counted by its RTO alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drill/summary.h"
#include "drill/trend.h"

namespace drill {

struct ObjectiveRecord {
  std::string name;                   // "RTO", "RPO"
  std::optional<Duration> objective;  // nothing: the plan asks for none, and nothing is counted
  std::uint64_t met = 0, missed = 0, inconclusive = 0, invalid = 0, of = 0;
  double ratio = 0;        // met of all
  double lower_bound = 0;  // one-sided 95 % (Clopper–Pearson)
  // Of the drills that measured it; no upper bound: in one of them the service never came back.
  std::optional<Bounds> mean, worst;
  TrendTest trend;  // of the upper bounds
  bool operator==(const ObjectiveRecord&) const = default;
};

struct PastViolation {
  std::string drill_id;
  WallTime at{};
  Violation violation;
  bool operator==(const PastViolation&) const = default;
};

struct PlanCompliance {
  std::string plan, profile, overrides, spec_digest;
  std::vector<Summary> drills;   // the comparable ones, oldest first
  std::uint64_t left_out = 0;    // of the same plan and profile, but not comparable
  std::uint64_t unreported = 0;  // of the same plan; died, or have no report for another reason
  ObjectiveRecord rto, rpo;
  std::vector<PastViolation> violations;  // newest first, worst first within a drill
  std::optional<WallTime> last_tested;    // by a drill that decided its objectives
  std::string last_tested_by;             // its id
  Duration age{};                         // of that drill
  std::int64_t max_age_days = 0;
  bool stale = true;                 // there is no such drill, or it is too old
  bool missed = true;                // that drill missed an objective
  std::vector<std::string> reasons;  // why the plan is not compliant; empty: it is
  std::vector<Recommendation> recommendations;
  bool compliant() const { return reasons.empty(); }
  bool operator==(const PlanCompliance&) const = default;
};

/// The drills of one plan and one profile, in any order, and how old evidence may be. Counted are
/// those that compare with the newest one that no override changed, or with the newest of all.
PlanCompliance assess_history(std::span<const Summary> drills, std::int64_t max_age_days,
                              WallTime now);

/// Advice from repetition (D8): objectives missed, or violated in other ways, more than once, and
/// figures that grow. High priority first.
std::vector<Recommendation> recommend(const PlanCompliance& history);

}  // namespace drill
