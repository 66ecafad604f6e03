#include "operator/drill_figures.h"

#include <algorithm>
#include <utility>

#include "base/enum_words.h"
#include "operator/plan_status.h"

namespace op {
namespace {

using cluster::DrillObject;
using Kind = drill::TimelineEvent::Kind;

std::string completed(const DrillObject& drill) {
  return drill.status["completionTime"].as_string();
}

/// The last that finished. Times are RFC 3339 in UTC, so that their order is that of their texts.
const DrillObject* newest(const std::vector<DrillObject>& drills) {
  const DrillObject* out = nullptr;
  for (const DrillObject& drill : drills) {
    if (drill.finished() && (out == nullptr || completed(drill) > completed(*out))) out = &drill;
  }
  return out;
}

}  // namespace

void DrillFigures::plan(const kube::Key& plan, const drill::PlanCompliance& compliance,
                        const std::vector<DrillObject>& drills, base::WallTime now) {
  const std::string scenario = kube::to_string(plan);
  const auto [known, first] = plans_.try_emplace(scenario);
  if (first) metrics_.declare(scenario, compliance.rpo.objective.has_value());
  std::optional<metrics::ComplianceRatio> rpo;
  if (compliance.rpo.objective) rpo = {compliance.rpo.ratio, compliance.rpo.lower_bound};
  metrics_.compliance(scenario, {compliance.rto.ratio, compliance.rto.lower_bound}, rpo);
  if (const DrillObject* last = newest(drills)) {
    drill::Summary row = finished_row(*last);
    row.plan = scenario;
    metrics_.newest(row);
  }
  Drills left;
  for (const DrillObject& drill : drills) {
    Seen seen;
    if (const auto before = known->second.find(drill.uid); before != known->second.end()) {
      seen = before->second;
    } else if (first) {  // what was so before anybody looked did not happen now
      seen.finished = drill.finished();
      seen.fault = drill.status.has("faultTime");
      seen.phase = drill.phase();
      seen.since = now;
    }
    look(scenario, drill, seen, now);
    left.emplace(drill.uid, std::move(seen));
  }
  known->second = std::move(left);
  tell_state();
}

void DrillFigures::forget(const kube::Key& plan) {
  const std::string scenario = kube::to_string(plan);
  if (plans_.erase(scenario) == 0) return;
  metrics_.forget(scenario);
  tell_state();
}

void DrillFigures::look(const std::string& scenario, const DrillObject& drill, Seen& seen,
                        base::WallTime now) {
  if (seen.finished) return;
  if (!seen.fault && drill.status.has("faultTime")) {
    seen.fault = true;
    metrics_.count(scenario, Kind::FaultBegun);
  }
  if (drill.phase() != seen.phase) {
    const auto before = base::value_of<drill::Phase>(seen.phase);
    if (before) metrics_.phase_took(scenario, *before, std::max(now - seen.since, {}));
    if (base::value_of<drill::Phase>(drill.phase())) metrics_.count(scenario, Kind::PhaseBegan);
    seen.phase = drill.phase();
    seen.since = now;
  }
  const auto state = base::value_of<drill::SystemState>(drill.status["state"].as_string());
  const auto now_in = drill.finished() ? drill::SystemState::Normal : state.value_or(seen.state);
  if (now_in != seen.state) metrics_.count(scenario, Kind::StateChanged);
  seen.state = now_in;
  if (!drill.finished()) return;
  seen.finished = true;
  drill::Summary row = finished_row(drill);
  row.plan = scenario;
  metrics_.ended(row);
}

/// Of all systems together: that of the one that is farthest from normal.
void DrillFigures::tell_state() {
  drill::SystemState worst = drill::SystemState::Normal;
  for (const auto& [scenario, drills] : plans_) {
    for (const auto& [uid, seen] : drills) worst = std::max(worst, seen.state);
  }
  metrics_.state(worst);
}

}  // namespace op
