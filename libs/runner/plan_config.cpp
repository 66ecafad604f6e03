#include "runner/plan_config.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"

namespace runner {
namespace {

using base::millis;
using base::seconds;

drill::EngineTiming engine_timing(const api::RecoveryPlan& plan) {
  const api::Timing& timing = plan.timing;
  drill::EngineTiming out;
  out.baseline = seconds(timing.baseline_seconds);
  out.hold = seconds(timing.hold_seconds);
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
                   statistic_named(criterion.statistic), criterion.operation});
  }
  return out;
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

std::vector<drill::PartId> parts_of(const api::RecoveryPlan& plan) {
  using Kind = drill::PartId::Kind;
  std::vector<drill::PartId> out;
  for (const auto& [kind, count] :
       {std::pair(Kind::Fault, plan.faults.size()), std::pair(Kind::Step, plan.recovery.size()),
        std::pair(Kind::Failback, plan.failback.size())}) {
    for (std::uint32_t i = 0; i < count; ++i) out.push_back({kind, i});
  }
  return out;
}

drill::PartConfig part_config(const api::RecoveryPlan& plan, const targets::Catalog& catalog,
                              drill::PartId id) {
  const PartView view = part_of(plan, id);
  const bool fault = id.kind == drill::PartId::Kind::Fault;
  drill::PartConfig part;
  part.name = *view.name;
  part.timeout = seconds(view.timeout_seconds);
  const targets::Driver* driver =
      catalog.driver(view.action->kind, fault ? api::Use::Fault : api::Use::Step);
  if (driver != nullptr) {
    part.changes_target = driver->changes_target();
    part.undo = driver->rule(view.action->params);
    part.targets = driver->touches(view.action->params);
  }
  if (view.undo != nullptr) part.undo = drill::Undo::IfNotPromoted;
  if (fault) return part;
  const std::vector<api::Step>& steps =
      id.kind == drill::PartId::Kind::Step ? plan.recovery : plan.failback;
  const api::Step& step = steps[id.index];
  part.phase = step.phase;
  part.target = millis(step.target_millis);
  part.forward_only = step.forward_only;
  if (step.forward_only) part.undo = drill::Undo::None;
  part.on_failure = step.on_failure == api::OnFailure::Continue ? drill::OnFailure::Continue
                                                                : drill::OnFailure::Abort;
  return part;
}

drill::EngineConfig engine_config(const api::RecoveryPlan& plan, const targets::Catalog& catalog) {
  drill::EngineConfig config;
  config.mode =
      plan.mode == api::FailoverMode::Observe ? drill::Mode::Observe : drill::Mode::Orchestrate;
  const auto add = [&](drill::PartId::Kind kind, std::size_t count,
                       std::vector<drill::PartConfig>& parts) {
    for (std::uint32_t i = 0; i < count; ++i)
      parts.push_back(part_config(plan, catalog, {kind, i}));
  };
  add(drill::PartId::Kind::Fault, plan.faults.size(), config.faults);
  add(drill::PartId::Kind::Step, plan.recovery.size(), config.steps);
  add(drill::PartId::Kind::Failback, plan.failback.size(), config.failback);
  config.timing = engine_timing(plan);
  const bool postgres = api::keeps_ledger(plan);
  config.can_promote = postgres;
  config.watch_redundancy = postgres;
  config.final_reads = postgres;
  config.targets_max = static_cast<std::uint32_t>(plan.guard.max_targets);
  return config;
}

std::string spec_digest(const api::RecoveryPlan& plan) {
  api::Node spec = api::Node::map();
  for (const api::Entry& entry : plan.document["spec"].entries()) {
    // Words about the drill, timings that were not applied, and who is told of it.
    if (entry.key == "description" || entry.key == "profiles") continue;
    if (entry.key == "notifications") continue;
    spec.set(entry.key, entry.value);
  }
  return crypto::hex(crypto::sha256(api::to_json(spec)));
}

drill::AssessConfig assess_config(const api::RecoveryPlan& plan, const std::string& directory) {
  drill::AssessConfig config;
  config.plan = plan.name;
  config.failure_type = plan.failure_type;
  config.description = plan.description;
  config.mode = plan.mode == api::FailoverMode::Observe ? "Observe" : "Orchestrate";
  config.plan_yaml = api::to_yaml(plan.document);
  config.directory = directory;
  config.spec_digest = spec_digest(plan);
  config.rto = seconds(plan.objectives.rto_seconds);
  if (plan.objectives.rpo_seconds) config.rpo = seconds(*plan.objectives.rpo_seconds);
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
  config.sample = seconds(plan.timing.sample_seconds);
  return config;
}

std::string role(const api::RecoveryPlan& plan, const std::string& name) {
  const auto found = plan.roles.find(name);
  return found == plan.roles.end() ? "" : found->second;
}

bool can_isolate(const api::RecoveryPlan& plan, const api::LocalSystem& system) {
  const api::InstanceSpec* primary = system.instance(role(plan, "primary"));
  const api::ProcessSpec* process = primary == nullptr ? nullptr : system.process(primary->process);
  return process != nullptr && process->isolated.has_value();
}

}  // namespace runner
