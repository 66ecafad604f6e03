// Over many drills of one scenario (D7, measurement.md §9): a ratio alone lies when there are few
// drills, so its lower confidence bound stands beside it, and a trend is only named when a rank
// test says that it is no accident.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "drill/evidence.h"
#include "drill/trend.h"

namespace drill {

/// What the history keeps of one drill to compute from (drill/summary.h: past_drill()).
struct PastDrill {
  std::string drill_id;
  WallTime started{};
  Verdict verdict = Verdict::Invalid;
  std::optional<Verdict> rto_verdict = Verdict::Invalid;  // nothing: the plan asked for none
  std::optional<Verdict> rpo_verdict = Verdict::Invalid;
  std::optional<Duration> rto;  // upper bound of the service outage; nothing: not back
  std::optional<Duration> rpo;  // upper bound
  double score = 0;
  bool rto_measured = true, rpo_measured = true;  // else there is no figure, not even "not back"
  bool operator==(const PastDrill&) const = default;
};

struct ObjectiveHistory {
  // Of the drills that had the objective; inconclusive and invalid count in `of`, never in `met`.
  std::uint64_t met = 0, of = 0;
  double ratio = 0;                     // 0 of 0: 0
  double lower_bound = 0;               // one-sided 95 % (Clopper–Pearson)
  std::optional<Duration> mean, worst;  // of valid drills; worst is nothing if one never came back
  bool never_back = false;
  Trend trend = Trend::Stable;
  bool operator==(const ObjectiveHistory&) const = default;
};
struct HistorySummary {
  std::uint64_t drills = 0;    // that can be compared: the same spec, profile and overrides
  std::uint64_t left_out = 0;  // of the same plan, but not comparable
  ObjectiveHistory rto, rpo;
  bool operator==(const HistorySummary&) const = default;
};
/// Drills in order of time.
HistorySummary summarise(std::span<const PastDrill> drills);

/// The p below which `met` or more successes in `of` trials have probability 1 - confidence.
/// n of n: (1 - confidence)^(1/n). Source: Clopper and Pearson, Biometrika 26 (1934).
double clopper_pearson_lower(std::uint64_t met, std::uint64_t of, double confidence = 0.95);

}  // namespace drill
