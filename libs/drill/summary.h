// One finished drill as a row: what the history keeps, `drill list` prints and the compliance of a
// plan over time is computed from. A row is a projection of the Report and of nothing else, so that
// history.db can always be rebuilt from the result files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drill/history.h"
#include "drill/report.h"

namespace drill {

struct PhaseSummary {
  std::string name;
  std::optional<Duration> took;
  Duration target{};  // zero: none
  bool operator==(const PhaseSummary&) const = default;
};

struct ObjectiveSummary {
  std::optional<Duration> objective;            // nothing: the plan asked for none
  std::optional<Bounds> user_visible, service;  // nothing: not measured
  std::optional<Verdict> verdict;               // nothing: no objective
  bool operator==(const ObjectiveSummary&) const = default;
};

struct Summary {
  std::string drill_id, plan, profile, mode;
  std::string overrides, spec_digest;  // as in the report
  WallTime started{}, finished{};
  Verdict verdict = Verdict::Invalid;
  Ending ending = Ending::Completed;
  std::string reason;  // the worst one, empty when met
  ObjectiveSummary rto, rpo;
  std::uint64_t acked = 0, unknown = 0;            // ledger writes: ok, info
  std::optional<std::uint64_t> rpo_records, lost;  // nothing: no final read was made
  double score = 0;                                // compliance, 0–100
  std::vector<PhaseSummary> phases;
  std::vector<Violation> violations;
  std::string directory;  // where report and evidence lie
  bool operator==(const Summary&) const = default;
};

Summary summarize(const Report& report);
/// A row as the statistics over many drills (drill/history.h) want it.
PastDrill past_drill(const Summary& row);

}  // namespace drill
