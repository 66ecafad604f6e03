#include "runner/drill_target.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "aio/process.h"
#include "api/cross_check.h"
#include "api/plan_parse.h"
#include "api/yaml.h"
#include "probes/probe_kind.h"

namespace runner {
namespace {

namespace fs = std::filesystem;

api::Problems problem(const std::string& file, const std::string& field,
                      const std::string& message) {
  return {api::Problem{file, {}, field, message}};
}

tl::expected<api::Node, api::Problems> read_document(const std::string& file) {
  const auto text = aio::read_file(file, 4U << 20U);
  if (!text) return tl::unexpected(problem(file, "", text.error().message));
  auto documents = api::parse_yaml(*text, file);
  if (!documents) return tl::unexpected(documents.error());
  if (documents->size() != 1) {
    return tl::unexpected(
        problem(file, "", fmt::format("{} documents; exactly one is allowed", documents->size())));
  }
  return std::move(documents->front());
}

/// "postgres-pair" is the folder systems/postgres-pair beside the plan; anything with a slash or an
/// ending is a path, relative to the plan.
fs::path system_file(const std::string& plan_file, const std::string& named) {
  const fs::path beside = fs::absolute(plan_file).parent_path();
  const bool path = named.find('/') != std::string::npos || named.ends_with(".yaml");
  fs::path found = path ? beside / named : beside / "systems" / named;
  if (fs::is_directory(found)) found /= "system.yaml";
  if (!path && found.extension() != ".yaml") found /= "system.yaml";
  return found.lexically_normal();
}

tl::expected<api::LocalSystem, api::Problems> read_system(const api::RecoveryPlan& plan,
                                                          const std::string& plan_file) {
  const api::LocalTargetSpec& local = *plan.target.local;
  if (local.inline_system) {
    auto system = api::parse_local_system(*local.inline_system, plan_file);
    if (system) system->home = fs::absolute(plan_file).parent_path().string();
    return system;
  }
  const fs::path file = system_file(plan_file, local.system);
  auto document = read_document(file.string());
  if (!document) {
    return tl::unexpected(
        problem(plan_file, "spec.target.local.system",
                fmt::format("'{}': {}", local.system, api::format(document.error()))));
  }
  auto system = api::parse_local_system(*document, file.string());
  if (system) system->home = file.parent_path().string();
  return system;
}

/// The plan's placeholders: the target's, and its roles.
base::Result<api::RecoveryPlan> resolved(api::RecoveryPlan plan, api::Substitutions values) {
  for (const auto& [name, value] : plan.roles) values[name] = value;
  if (const auto service = plan.roles.find("service"); service != plan.roles.end()) {
    const auto address = values.find("address." + service->second);
    // {service} is an address in URLs and a name in fields that name a service: roles win there.
    if (address != values.end()) values["serviceAddress"] = address->second;
  }
  const auto resolve = [&](api::Action& action) -> base::Result<> {
    TRY(action.params, api::substitute(action.params, values));
    return {};
  };
  for (api::ProbeSpec& probe : plan.probes) TRY(resolve(probe.action));
  for (api::Fault& fault : plan.faults) {
    TRY(resolve(fault.action));
    if (fault.proven_by) TRY(resolve(*fault.proven_by));
  }
  for (auto* steps : {&plan.recovery, &plan.failback}) {
    for (api::Step& step : *steps) {
      TRY(resolve(step.action));
      if (step.undo) TRY(resolve(*step.undo));
    }
  }
  for (api::Action& action : plan.guard.abort_when) TRY(resolve(action));
  return plan;
}

}  // namespace

api::ActionCatalog action_catalog(const targets::Catalog& catalog) {
  api::ActionCatalog out;
  catalog.describe(out);
  for (const auto& kind : probes::probe_kinds()) out.add(kind->kind());
  return out;
}

tl::expected<PlanFile, api::Problems> read_plan_document(api::Node document,
                                                         const std::string& file,
                                                         const api::ActionCatalog& catalog) {
  auto plan = api::parse_plan(document, file, catalog);
  if (!plan) return tl::unexpected(plan.error());
  if (!plan->target.local) {
    return tl::unexpected(
        problem(file, "spec.target.kubernetes",
                "a target in Kubernetes is drilled by the operator; `muster drill run` needs "
                "spec.target.local"));
  }
  auto system = read_system(*plan, file);
  if (!system) return tl::unexpected(system.error());
  if (api::Problems wrong = api::cross_check(*plan, *system, catalog); !wrong.empty()) {
    for (api::Problem& one : wrong) {
      if (one.file.empty()) one.file = file;
    }
    return tl::unexpected(std::move(wrong));
  }
  PlanFile out{std::move(*plan), std::move(*system), {}};
  out.warnings = api::warnings(out.plan);
  return out;
}

tl::expected<PlanFile, api::Problems> read_plan(const PlanChoice& choice,
                                                const api::ActionCatalog& catalog) {
  auto document = read_document(choice.file);
  if (!document) return tl::unexpected(document.error());
  if (!choice.profile.empty()) {
    if (auto applied = api::apply_profile(*document, choice.profile); !applied) {
      return tl::unexpected(problem(choice.file, "spec.profiles", applied.error().message));
    }
  }
  for (const std::string& set : choice.sets) {
    if (auto applied = api::apply_set(*document, set); !applied) {
      return tl::unexpected(problem(choice.file, "--set " + set, applied.error().message));
    }
  }
  auto plan = read_plan_document(std::move(*document), choice.file, catalog);
  if (plan) plan->plan.profile = choice.profile;
  return plan;
}

base::Result<DrillTarget> open_target(aio::Clock& clock, const StateDir& state, PlanFile file) {
  targets::LocalOptions options;
  options.dir = state.systems() + "/" + file.system.name;
  options.parameters = file.plan.target.local->parameters;
  options.relay_program = {aio::own_program(), "relay"};
  options.system = std::move(file.system);
  TRY(targets::LocalTarget target, targets::LocalTarget::open(clock, std::move(options)));
  TRY(api::RecoveryPlan plan, resolved(std::move(file.plan), target.substitutions()));
  return DrillTarget{std::move(plan), std::move(file.warnings), std::move(target)};
}

}  // namespace runner
