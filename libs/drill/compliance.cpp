// Scores and violations.
#include "drill/compliance.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "drill/consistency.h"
#include "drill/criteria.h"
#include "drill/phases.h"

namespace drill {
namespace {

std::optional<double> ratio_score(const ObjectiveResult& result) {
  if (!result.objective) return std::nullopt;
  const Duration objective = *result.objective;
  const std::optional<Bounds>& bounds = result.service;
  if (result.verdict == Verdict::Met) return 100;
  if (result.verdict == Verdict::Invalid || !bounds || !bounds->upper) return 0;
  // Inconclusive and missed: how much of the objective the upper bound is, and never a full score.
  const double share = base::to_seconds(objective) /
                       std::max(1e-9, base::to_seconds(std::max(*bounds->upper, objective)));
  return std::min(99.0, 100 * share);
}

std::string severity_of(double deviation) {
  if (deviation > 0.5) return "high";
  return deviation > 0.2 ? "medium" : "low";
}

double deviation_of(const CriterionResult& c) {
  if (!c.measured || c.target == 0) return 1;
  return c.at_most ? (*c.measured - c.target) / c.target : (c.target - *c.measured) / c.target;
}

void violate(Compliance& out, const ObjectiveResult& objective) {
  if (!objective.objective || objective.verdict == Verdict::Met) return;
  const bool far = !objective.service || !objective.service->upper ||
                   *objective.service->upper > *objective.objective + *objective.objective / 2;
  const char* severity =
      objective.verdict == Verdict::Missed ? (far ? "critical" : "high") : "medium";
  out.violations.push_back({objective.name, severity, objective.reason});
}

void violate(Compliance& out, const std::vector<PhaseResult>& rows, const char* what) {
  for (const PhaseResult& row : rows) {
    if (!row.met || *row.met) continue;
    const bool late = row.took && *row.took > row.target;  // else it failed or never came
    const double deviation =
        late ? base::to_seconds(*row.took - row.target) / base::to_seconds(row.target) : 1;
    out.violations.push_back(
        {fmt::format("{} {}", what, row.name), severity_of(deviation), why_missed(row)});
  }
}

/// Worst first, within a severity in the order they were found.
std::vector<Violation> by_severity(const std::vector<Violation>& violations) {
  std::vector<Violation> out;
  for (const char* severity : {"critical", "high", "medium", "low"}) {
    std::copy_if(violations.begin(), violations.end(), std::back_inserter(out),
                 [severity](const Violation& v) { return v.severity == severity; });
  }
  return out;
}

}  // namespace

Compliance comply(const Report& report) {
  Compliance out;
  out.rto = ratio_score(report.rto);
  out.rpo = ratio_score(report.rpo);
  std::uint64_t met = 0;
  for (const CriterionResult& c : report.criteria) met += c.verdict == Verdict::Met;
  if (!report.criteria.empty()) {
    out.performance =
        100.0 * static_cast<double>(met) / static_cast<double>(report.criteria.size());
  }
  // The instrument's own proof is one more thing that must have been watched.
  double watched = report.instrument.healthy ? 100 : 0;
  for (const MonitoringResult& m : report.monitoring) watched += m.percent;
  out.monitoring = watched / static_cast<double>(report.monitoring.size() + 1);
  double sum = out.monitoring;
  int scored = 1;
  for (const auto& part : {out.rto, out.rpo, out.performance}) {
    if (!part) continue;
    sum += *part;
    ++scored;
  }
  out.score = sum / scored;

  if (const std::string hurt = damage(report.ledger, report.consistency); !hurt.empty()) {
    out.violations.push_back({"Data integrity", "critical", hurt});
  }
  if (report.ending == Ending::NotWhole) {
    out.violations.push_back({"Restoration", "critical", report.ending_reason});
  }
  violate(out, report.rto);
  violate(out, report.rpo);
  for (const CriterionResult& c : report.criteria) {
    if (c.verdict == Verdict::Met) continue;
    const std::string severity = c.measured ? severity_of(deviation_of(c)) : "medium";
    out.violations.push_back({fmt::format("{} ({})", label(c), c.window), severity, c.reason});
  }
  violate(out, report.phases, "phase");
  violate(out, report.steps, "step");
  for (const MonitoringResult& m : report.monitoring) {
    if (m.monitored) continue;
    const char* severity = m.percent < 50 ? "medium" : "low";
    out.violations.push_back({fmt::format("monitoring of {}", m.signal), severity, m.detail});
  }
  if (!report.instrument.healthy) {
    out.violations.push_back({"monitoring of Instrument", "high", report.instrument.detail});
  }
  out.violations = by_severity(out.violations);
  return out;
}

}  // namespace drill
