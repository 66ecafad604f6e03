#include "runner/plan_config.h"

#include <algorithm>

#include "base/check.h"

namespace runner {
namespace {

using base::millis;
using base::seconds;

/// Kinds that only look: nothing is recorded before them and nothing undone after them.
bool only_looks(const api::Action& action) {
  return action.kind == "waitFor";
}

/// A network fault is lifted in every case; what starts or reroutes the old primary is right only
/// while it still is the primary.
drill::Undo undo_rule(const api::Action& action, bool has_own_undo) {
  if (only_looks(action)) return drill::Undo::None;
  if (action.kind == "network") return drill::Undo::Always;
  const bool no_undo_of_its_own = action.kind == "sql" || action.kind == "command";
  return no_undo_of_its_own && !has_own_undo && !action.params.has("undo")
             ? drill::Undo::None
             : drill::Undo::IfNotPromoted;
}

drill::PartConfig fault_part(const api::Fault& fault) {
  drill::PartConfig part;
  part.name = fault.name;
  part.timeout = seconds(fault.timeout_seconds);
  part.undo = undo_rule(fault.action, false);
  for (const char* field : {"name", "relay", "peer"}) {
    if (const api::Node* value = fault.action.params.find(field); value && value->is_string()) {
      part.targets.push_back(value->as_string());
    }
  }
  return part;
}

drill::PartConfig step_part(const api::Step& step) {
  drill::PartConfig part;
  part.name = step.name;
  part.phase = step.phase;
  part.target = millis(step.target_millis);
  part.timeout = seconds(step.timeout_seconds);
  part.changes_target = !only_looks(step.action);
  part.undo = step.forward_only ? drill::Undo::None : undo_rule(step.action, step.undo.has_value());
  part.forward_only = step.forward_only;
  part.on_failure = step.on_failure == api::OnFailure::Continue ? drill::OnFailure::Continue
                                                                : drill::OnFailure::Abort;
  return part;
}

drill::EngineTiming engine_timing(const api::RecoveryPlan& plan) {
  const api::Timing& timing = plan.timing;
  drill::EngineTiming out;
  out.baseline = seconds(timing.baseline_seconds);
  out.hold = seconds(timing.hold_seconds);
  out.sample = seconds(timing.sample_seconds);
  out.validation = seconds(timing.validation_seconds);
  out.overall = seconds(timing.deadline_seconds);
  const std::int64_t recovery =
      timing.recovery_seconds > 0 ? timing.recovery_seconds : 2 * plan.objectives.rto_seconds;
  out.recovery = seconds(std::min(recovery, timing.deadline_seconds));
  for (const api::Step& step : plan.failback) {
    out.restore = std::max(out.restore, seconds(step.timeout_seconds));
  }
  return out;
}

drill::Statistic statistic_named(const std::string& name) {
  using drill::Statistic;
  for (const Statistic statistic :
       {Statistic::Mean, Statistic::P50, Statistic::P95, Statistic::P99, Statistic::Max}) {
    if (name == drill::name(statistic)) return statistic;
  }
  return Statistic::P95;
}

drill::ZeroPoint zero_point_named(const std::string& name) {
  using drill::ZeroPoint;
  for (const ZeroPoint zero :
       {ZeroPoint::FaultBegun, ZeroPoint::FaultEffective, ZeroPoint::Declared}) {
    if (name == drill::name(zero)) return zero;
  }
  return ZeroPoint::Onset;
}

std::vector<drill::Criterion> criteria_of(const std::vector<api::Criterion>& criteria) {
  std::vector<drill::Criterion> out;
  for (const api::Criterion& criterion : criteria) {
    out.push_back({criterion.metric, criterion.target, criterion.at_most,
                   statistic_named(criterion.statistic), ""});
  }
  return out;
}

bool has_postgres(const api::RecoveryPlan& plan) {
  return std::any_of(plan.probes.begin(), plan.probes.end(),
                     [](const api::ProbeSpec& probe) { return probe.action.kind == "postgres"; });
}

}  // namespace

PartView part_of(const api::RecoveryPlan& plan, drill::PartId id) {
  PartView view;
  if (id.kind == drill::PartId::Kind::Fault) {
    CHECK(id.index < plan.faults.size());
    const api::Fault& fault = plan.faults[id.index];
    view = {&fault.name, &fault.action, nullptr, fault.proven_by ? &*fault.proven_by : nullptr,
            fault.timeout_seconds};
    return view;
  }
  const std::vector<api::Step>& steps =
      id.kind == drill::PartId::Kind::Step ? plan.recovery : plan.failback;
  CHECK(id.index < steps.size());
  const api::Step& step = steps[id.index];
  return {&step.name, &step.action, step.undo ? &*step.undo : nullptr, nullptr,
          step.timeout_seconds};
}

drill::EngineConfig engine_config(const api::RecoveryPlan& plan) {
  drill::EngineConfig config;
  config.mode =
      plan.mode == api::FailoverMode::Observe ? drill::Mode::Observe : drill::Mode::Orchestrate;
  for (const api::Fault& fault : plan.faults) config.faults.push_back(fault_part(fault));
  for (const api::Step& step : plan.recovery) config.steps.push_back(step_part(step));
  for (const api::Step& step : plan.failback) config.failback.push_back(step_part(step));
  config.timing = engine_timing(plan);
  const bool postgres = has_postgres(plan);
  config.can_promote = postgres;
  config.watch_redundancy = postgres;
  config.final_reads = postgres;
  config.targets_max = static_cast<std::uint32_t>(plan.guard.max_targets);
  return config;
}

drill::AssessConfig assess_config(const api::RecoveryPlan& plan, const std::string& directory) {
  drill::AssessConfig config;
  config.plan = plan.name;
  config.failure_type = plan.failure_type;
  config.description = plan.description;
  config.mode = plan.mode == api::FailoverMode::Observe ? "Observe" : "Orchestrate";
  config.plan_yaml = api::to_yaml(plan.document);
  config.directory = directory;
  config.rto = seconds(plan.objectives.rto_seconds);
  if (has_postgres(plan)) config.rpo = seconds(plan.objectives.rpo_seconds);
  config.zero_point = zero_point_named(plan.objectives.zero_point);
  config.hold = seconds(plan.timing.hold_seconds);
  config.deciding = plan.objectives.decided_by;
  const api::PhaseTargets& targets = plan.phase_targets;
  const std::pair<const char*, std::int64_t> moments[] = {
      {"detected", targets.detected_millis},   {"decided", targets.decided_millis},
      {"promoted", targets.promoted_millis},   {"redirected", targets.redirected_millis},
      {"sustained", targets.sustained_millis}, {"redundancyRestored", targets.redundancy_millis}};
  for (const auto& [moment, target] : moments) {
    if (target > 0) config.phase_targets[moment] = millis(target);
  }
  config.degraded = criteria_of(plan.degraded);
  config.validation = criteria_of(plan.validation);
  config.monitoring = plan.monitoring;
  return config;
}

std::string role(const api::RecoveryPlan& plan, const std::string& name) {
  const auto found = plan.roles.find(name);
  return found == plan.roles.end() ? "" : found->second;
}

}  // namespace runner
