#include "runner/describe.h"

#include <fmt/format.h>

namespace runner {
namespace {

std::string action_text(const api::Action& action) {
  return fmt::format("{} {}", action.kind, api::to_json(action.params));
}

std::string target_text(std::int64_t millis) {
  return millis > 0 ? fmt::format(", target {}", base::human(base::millis(millis))) : "";
}

void add_steps(std::string& out, const char* title, const std::vector<api::Step>& steps) {
  if (steps.empty()) return;
  out += fmt::format("{}\n", title);
  int number = 0;
  for (const api::Step& step : steps) {
    out += fmt::format("  {}. {} ({}{}, timeout {} s): {}\n", ++number, step.name, step.phase,
                       target_text(step.target_millis), step.timeout_seconds,
                       action_text(step.action));
    if (step.undo) out += fmt::format("     undo: {}\n", action_text(*step.undo));
    if (step.forward_only) {
      out += "     once this has happened, recovery goes forward only\n";
    }
  }
}

void add_criteria(std::string& out, const char* window,
                  const std::vector<api::Criterion>& criteria) {
  for (const api::Criterion& criterion : criteria) {
    out += fmt::format("  {}: {} {} {} {}\n", window, criterion.metric, criterion.statistic,
                       criterion.at_most ? "at most" : "at least", criterion.target);
  }
}

}  // namespace

std::string describe(const PlanFile& file) {
  const api::RecoveryPlan& plan = file.plan;
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
    if (fault.proven_by) out += fmt::format("     proven by: {}\n", action_text(*fault.proven_by));
  }
  add_steps(out,
            plan.mode == api::FailoverMode::Observe
                ? "recovery (observed: the system fails over by itself)"
                : "recovery",
            plan.recovery);
  add_steps(out, "failback", plan.failback);
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
