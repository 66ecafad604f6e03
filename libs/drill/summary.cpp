#include "drill/summary.h"

namespace drill {
namespace {

ObjectiveSummary objective(const ObjectiveResult& result) {
  return {result.objective, result.user_visible, result.service, result.verdict};
}

}  // namespace

Summary summarize(const Report& report) {
  Summary row;
  row.drill_id = report.drill_id;
  row.plan = report.plan;
  row.profile = report.profile;
  row.mode = report.mode;
  row.overrides = report.overrides;
  row.spec_digest = report.spec_digest;
  row.started = report.started;
  row.finished = report.finished;
  row.verdict = report.verdict;
  row.ending = report.ending;
  if (!report.reasons.empty()) row.reason = report.reasons.front();
  row.rto = objective(report.rto);
  row.rpo = objective(report.rpo);
  row.rpo_records = report.rpo_records;
  row.acked = report.ledger.ok;
  row.lost = report.ledger.lost;
  row.unknown = report.ledger.info;
  row.score = report.compliance.score;
  for (const PhaseResult& phase : report.phases) {
    row.phases.push_back({phase.name, phase.took, phase.target});
  }
  row.violations = report.compliance.violations;
  row.directory = report.directory;
  return row;
}

PastDrill past_drill(const Summary& row) {
  const auto upper = [](const std::optional<Bounds>& bounds) {
    return bounds ? bounds->upper : std::nullopt;
  };
  PastDrill out{row.drill_id,           row.started,     row.verdict,
                row.rto.verdict,        row.rpo.verdict, upper(row.rto.service),
                upper(row.rpo.service), row.score};
  out.rto_measured = row.rto.service.has_value();
  out.rpo_measured = row.rpo.service.has_value();
  return out;
}

}  // namespace drill
