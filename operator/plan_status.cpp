#include "operator/plan_status.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/enum_words.h"
#include "cluster/objects.h"
#include "operator/drill_copy.h"
#include "operator/drill_result.h"

namespace op {
namespace {

using api::Node;

constexpr std::int64_t kMaxAgeDays = 90;  // as spec.objectives.maxAgeDays has it by default

drill::Verdict verdict_of(const Node& node) {
  return base::value_of<drill::Verdict>(node.as_string()).value_or(drill::Verdict::Invalid);
}

drill::ObjectiveSummary objective_of(const Node& node) {
  drill::ObjectiveSummary out;
  // Earlier drills have one of 0 s where none was asked for.
  if (const std::int64_t asked = node["objectiveSeconds"].as_int(); asked > 0) {
    out.objective = base::seconds(asked);
    out.verdict = verdict_of(node["verdict"]);
  }
  if (!node.has("lowerMillis")) return out;
  drill::Bounds bounds{base::millis(node["lowerMillis"].as_int()), std::nullopt};
  if (node.has("upperMillis")) bounds.upper = base::millis(node["upperMillis"].as_int());
  out.service = out.user_visible = bounds;
  return out;
}

base::WallTime time_of(const Node& node) {
  return kube::parse_time(node.as_string()).value_or(base::WallTime{});
}

std::string ratio_text(double ratio) {
  return fmt::format("{:.4g}", ratio);
}

/// Figures of an objective that no drill had are taken away: null, in a merge patch.
void set_objective(Node& status, const std::string& name, const drill::ObjectiveRecord& record) {
  if (!record.objective) {
    for (const char* each : {"ComplianceRatio", "ComplianceLowerBound", "Trend", "WorstMillis"}) {
      status.set(name + each, Node());
    }
    return;
  }
  status.set(name + "ComplianceRatio", ratio_text(record.ratio));
  status.set(name + "ComplianceLowerBound", ratio_text(record.lower_bound));
  status.set(name + "Trend", drill::name(record.trend.trend));
  if (record.worst && record.worst->upper) {
    status.set(name + "WorstMillis",
               std::chrono::ceil<std::chrono::milliseconds>(*record.worst->upper).count());
  }
}

}  // namespace

drill::Summary finished_row(const cluster::DrillObject& drill) {
  const Node& status = drill.status;
  drill::Summary row;
  row.drill_id = drill.key.name;
  row.plan = drill.plan;
  row.profile = drill.profile;
  row.spec_digest = digest_of_plan(status["plan"]);
  row.started = time_of(status["startTime"]);
  row.finished = time_of(status["completionTime"]);
  row.verdict = verdict_of(status["verdict"]);
  row.reason = status["reason"].as_string();
  row.rto = objective_of(status["rto"]);
  row.rpo = objective_of(status["rpo"]);
  if (const Node& lost = status["rpo"]["lostWrites"]; lost.is_int()) {
    row.lost = static_cast<std::uint64_t>(lost.as_int());
  }
  return row;
}

std::optional<drill::Summary> row_of(const cluster::DrillObject& drill) {
  if (!drill.finished() || drill.status["startTime"].as_string().empty()) return std::nullopt;
  return finished_row(drill);
}

drill::PlanCompliance compliance_of(const Node& plan,
                                    const std::vector<cluster::DrillObject>& drills,
                                    base::WallTime now) {
  std::vector<drill::Summary> rows;
  for (const cluster::DrillObject& drill : drills) {
    if (auto row = row_of(drill)) rows.push_back(std::move(*row));
  }
  const Node& asked = plan["spec"]["objectives"];
  drill::PlanCompliance out =
      drill::assess_history(rows, asked["maxAgeDays"].as_int(kMaxAgeDays), now);
  // What a plan asks for that was never drilled only the plan knows.
  if (!out.drills.empty()) return out;
  for (const auto& [name, record] :
       {std::pair("rtoSeconds", &out.rto), std::pair("rpoSeconds", &out.rpo)}) {
    if (asked.has(name)) record->objective = base::seconds(asked[name].as_int());
  }
  return out;
}

PlanReady plan_ready(const std::string& space, const std::string& problem,
                     const Agreement& agreement) {
  if (!problem.empty()) return {"InvalidPlan", problem};
  if (!agreement.known || agreement.space || agreement.without.empty()) return {};
  return {
      kNotEnabled,
      fmt::format("neither namespace {} nor {} has the label {}={}: no drill may touch it", space,
                  fmt::join(agreement.without, ", "), cluster::kOptInLabel, cluster::kOptInValue)};
}

Node plan_status(const Node& plan, const drill::PlanCompliance& compliance, const PlanReady& ready,
                 base::WallTime now) {
  const std::int64_t generation = plan["metadata"]["generation"].as_int();
  Node status = Node::map();
  status.set("observedGeneration", generation);
  status.set("stale", compliance.stale);
  status.set("drills", static_cast<std::int64_t>(compliance.drills.size()));
  if (!compliance.drills.empty()) {
    status.set("lastDrill", compliance.drills.back().drill_id);
    status.set("lastVerdict", drill::name(compliance.drills.back().verdict));
    set_objective(status, "rto", compliance.rto);
    set_objective(status, "rpo", compliance.rpo);
  }
  if (compliance.last_tested) {
    status.set("lastTestedTime", cluster::time_text(*compliance.last_tested));
    status.set("lastTestedBy", compliance.last_tested_by);
  }
  status.set("reasons", Node::strings(compliance.reasons));
  std::vector<std::string> advice;
  for (const drill::Recommendation& each : compliance.recommendations) {
    advice.push_back(each.priority + ": " + each.text);
  }
  status.set("recommendations", Node::strings(advice));
  const bool compliant = compliance.compliant();
  Node conditions = cluster::with_condition(plan["status"]["conditions"], "Ready",
                                            ready.ready() ? "True" : "False", ready.reason,
                                            ready.message, cluster::time_text(now), generation);
  status.set("conditions", cluster::with_condition(
                               std::move(conditions), "Compliant", compliant ? "True" : "False",
                               compliant                   ? "Met"
                               : compliance.drills.empty() ? "NeverTested"
                               : compliance.stale          ? "Stale"
                                                           : "Missed",
                               compliant ? "the newest drill that decided met every objective"
                                         : compliance.reasons.front(),
                               cluster::time_text(now), generation));
  return status;
}

std::optional<base::Duration> until_stale(const drill::PlanCompliance& compliance) {
  if (!compliance.last_tested || compliance.stale) return std::nullopt;
  const base::Duration most = base::seconds(compliance.max_age_days * 24 * 3600);
  return std::max(base::Duration(base::seconds(1)), most - compliance.age);
}

}  // namespace op
