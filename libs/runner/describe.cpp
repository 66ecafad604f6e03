#include "runner/describe.h"

#include <optional>

#include <fmt/format.h>

#include "targets/catalog.h"

namespace runner {
namespace {

std::string action_text(const api::Action& action) {
  return fmt::format("{} {}", action.kind, api::to_json(action.params));
}

/// Which undo a part has, and when it is right.
std::string undo_text(const targets::Catalog& catalog, const api::Action& action, api::Use use,
                      const std::optional<api::Action>& own, bool forward_only) {
  if (forward_only) return "none: once this has happened, recovery goes forward only";
  if (own) return action_text(*own);
  const targets::Driver* driver = catalog.driver(action.kind, use);
  if (driver == nullptr || !driver->changes_target()) return "";
  switch (driver->rule(action.params)) {
    case drill::Undo::None: return "none";
    case drill::Undo::IfNotPromoted:
      return "put back as it was, unless a standby was promoted: then the failback steps";
    case drill::Undo::Always: return "lifted in every case";
  }
  return "";
}

std::string target_text(std::int64_t millis) {
  return millis > 0 ? fmt::format(", target {}", base::human(base::millis(millis))) : "";
}

void add_steps(std::string& out, const char* title, const std::vector<api::Step>& steps,
               const targets::Catalog& catalog) {
  if (steps.empty()) return;
  out += fmt::format("{}\n", title);
  int number = 0;
  for (const api::Step& step : steps) {
    out += fmt::format("  {}. {} ({}{}, timeout {} s): {}\n", ++number, step.name, step.phase,
                       target_text(step.target_millis), step.timeout_seconds,
                       action_text(step.action));
    const std::string undo =
        undo_text(catalog, step.action, api::Use::Step, step.undo, step.forward_only);
    if (!undo.empty()) out += fmt::format("     undo: {}\n", undo);
  }
}

void add_criteria(std::string& out, const char* window,
                  const std::vector<api::Criterion>& criteria) {
  for (const api::Criterion& criterion : criteria) {
    const std::string operation = criterion.operation.empty() ? "" : " of " + criterion.operation;
    // Of a count, a rate or a share there is one figure and no distribution.
    const bool spread = criterion.metric.ends_with("Millis");
    out += fmt::format("  {}: {}{}{} {} {}\n", window, criterion.metric, operation,
                       spread ? " " + criterion.statistic : "",
                       criterion.at_most ? "at most" : "at least", criterion.target);
  }
}

}  // namespace

std::string describe(const PlanFile& file) {
  const api::RecoveryPlan& plan = file.plan;
  const targets::Catalog catalog = targets::local_catalog();
  std::string out =
      fmt::format("plan {} ({}), target {}\n", plan.name, plan.failure_type, file.system.name);
  out += fmt::format("objectives\n  RTO {} s, RPO {} s\n", plan.objectives.rto_seconds,
                     plan.objectives.rpo_seconds);
  out += fmt::format("timing\n  baseline {} s, hold {} s, validation {} s, deadline {} s\n",
                     plan.timing.baseline_seconds, plan.timing.hold_seconds,
                     plan.timing.validation_seconds, plan.timing.deadline_seconds);
  out += "fault\n";
  for (const api::Fault& fault : plan.faults) {
    out += fmt::format("  {}: {}\n", fault.name, action_text(fault.action));
    out += fmt::format("     undo: {}\n",
                       undo_text(catalog, fault.action, api::Use::Fault, std::nullopt, false));
    if (fault.proven_by) out += fmt::format("     proven by: {}\n", action_text(*fault.proven_by));
  }
  add_steps(out,
            plan.mode == api::FailoverMode::Observe
                ? "recovery (observed: the system fails over by itself)"
                : "recovery",
            plan.recovery, catalog);
  add_steps(out, "failback", plan.failback, catalog);
  out += fmt::format("guard\n  at most {} target(s) touched by faults\n", plan.guard.max_targets);
  for (const api::Action& action : plan.guard.abort_when) {
    out += fmt::format("  abort when: {}\n", action_text(action));
  }
  out += "probes\n";
  for (const api::ProbeSpec& probe : plan.probes) {
    out += fmt::format("  {}: {}\n", probe.name, action_text(probe.action));
  }
  out += "criteria\n";
  add_criteria(out, "degraded", plan.degraded);
  add_criteria(out, "validation", plan.validation);
  return out;
}

}  // namespace runner
