// Compliance over many drills (drill/plan_compliance.h) in the form the user asked for: a table for
// people, JSON and YAML for programs, and a page with plots for auditors (docs/compliance.md).
#pragma once

#include <string>
#include <vector>

#include "drill/plan_compliance.h"
#include "report/markup.h"
#include "report/rows.h"

namespace report {

/// What was asked for and when, with an assessment per plan and profile.
struct ComplianceOverview {
  drill::WallTime at{};
  std::optional<drill::WallTime> since;  // drills before it were not looked at
  std::vector<drill::PlanCompliance> plans;
  /// Every one is; without a drill nothing is proven.
  bool compliant() const;
};

std::string compliance(const ComplianceOverview& overview, Format format,
                       const TerminalOptions& options);
/// One self-contained page.
std::string compliance_html(const ComplianceOverview& overview);

/// Of an objective that no drill had.
inline constexpr const char* kNoObjective = "none of these drills had such an objective";

/// "improving (p = 0.017, 5 drills)", "no trend (p = 0.24, 8 drills)", "too few drills to tell
/// (3)".
std::string in_words(const drill::TrendTest& trend);
/// Each drill's bounds of an objective, in order of time, against the objective.
Html objective_history_plot(const drill::PlanCompliance& plan, const drill::ObjectiveRecord& record,
                            drill::ObjectiveSummary drill::Summary::* which);
/// The score of each drill, 0 to 100.
Html score_history_plot(const drill::PlanCompliance& plan);

}  // namespace report
