#include "runner/describe.h"

#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "api/field_text.h"
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

/// "{primary}" by what the plan's role is; ports and addresses are known when the system runs.
std::string with_roles(std::string text, const std::map<std::string, std::string>& roles) {
  for (const auto& [name, value] : roles) {
    const std::string placeholder = "{" + name + "}";
    for (std::size_t at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + value.size())) {
      text.replace(at, placeholder.size(), value);
    }
  }
  return text;
}

std::string listed(const std::map<std::string, std::string>& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, value);
  }
  return out.empty() ? "none" : out;
}

void add_target(std::string& out, const PlanFile& file) {
  const api::RecoveryPlan& plan = file.plan;
  out += fmt::format("plan {} ({}), target {}, profile {}\n", plan.name, plan.failure_type,
                     file.system.name, plan.profile.empty() ? "none" : plan.profile);
  out += fmt::format("roles\n  {}\n", listed(plan.roles));
  if (plan.target.local && !plan.target.local->parameters.empty()) {
    out += fmt::format("parameters\n  {}\n", listed(plan.target.local->parameters));
  }
  const std::optional<std::int64_t> rpo = plan.objectives.rpo_seconds;
  out += fmt::format("objectives\n  RTO {} s, {}\n", plan.objectives.rto_seconds,
                     rpo ? fmt::format("RPO {} s", *rpo) : "no RPO");
  out += fmt::format("timing\n  baseline {} s, hold {} s, validation {} s, deadline {} s\n",
                     plan.timing.baseline_seconds, plan.timing.hold_seconds,
                     plan.timing.validation_seconds, plan.timing.deadline_seconds);
}

void add_load(std::string& out, const api::RecoveryPlan& plan) {
  const api::ProbeSpec* probe = api::loaded_probe(plan);
  if (!plan.load || probe == nullptr) return;
  out += fmt::format("load\n  {} users on {}, {} operations a minute in all\n", plan.load->users,
                     probe->name, plan.load->operations_per_minute);
}

void add_watched(std::string& out, const api::RecoveryPlan& plan) {
  if (!plan.monitoring.empty()) {
    out += fmt::format("monitoring\n  {}\n", api::join(plan.monitoring));
  }
  if (!plan.notifications.empty()) out += "notifications\n";
  for (const api::Notification& one : plan.notifications) {
    out += fmt::format("  {}, on {}: {}\n", one.name, api::join(one.on),
                       one.argv.empty() ? one.url : fmt::format("{}", fmt::join(one.argv, " ")));
  }
}

}  // namespace

std::string describe(const PlanFile& file) {
  const api::RecoveryPlan& plan = file.plan;
  const targets::Catalog catalog = targets::local_catalog();
  std::string out;
  add_target(out, file);
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
  out += fmt::format("guard\n  at most {} target{} touched by faults\n", plan.guard.max_targets,
                     plan.guard.max_targets == 1 ? "" : "s");
  for (const api::Action& action : plan.guard.abort_when) {
    out += fmt::format("  abort when: {}\n", action_text(action));
  }
  out += "probes\n";
  for (const api::ProbeSpec& probe : plan.probes) {
    out += fmt::format("  {}: {}\n", probe.name, action_text(probe.action));
  }
  add_load(out, plan);
  out += "criteria\n";
  add_criteria(out, "degraded", plan.degraded);
  add_criteria(out, "validation", plan.validation);
  add_watched(out, plan);
  return with_roles(std::move(out), plan.roles);
}

}  // namespace runner
