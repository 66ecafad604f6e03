#include "runner/drill_target.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "aio/process.h"
#include "api/cross_check.h"
#include "api/field_text.h"
#include "api/plan_edit.h"
#include "api/plan_parse.h"
#include "api/plan_resolve.h"
#include "api/yaml.h"
#include "base/check.h"
#include "net/names.h"
#include "net/url.h"
#include "probes/probe_kind.h"
#include "runner/plan_config.h"
#include "runner/schedule_file.h"

namespace runner {
namespace {

namespace fs = std::filesystem;

api::Problems problem(const std::string& file, const std::string& field,
                      const std::string& message) {
  return {api::Problem{file, {}, field, message}};
}

bool is_system(const api::Node& document) {
  return document["kind"].as_string() == "LocalSystem";
}

/// A file of YAML in the folder, or what one could be called.
std::string example_in(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".yaml") found.push_back(entry->path().string());
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? (fs::path(folder) / "plan.yaml").string() : found.front();
}

tl::expected<api::Node, api::Problems> read_document(const std::string& file) {
  if (fs::is_directory(file)) {
    return tl::unexpected(
        problem(file, "", "is a folder; give one file of YAML, e.g. " + example_in(file)));
  }
  const auto text = aio::read_file(file, 4U << 20U);
  if (!text) return tl::unexpected(api::Problems{{"", {}, "", text.error().message}});
  auto documents = api::parse_yaml(*text, file);
  if (!documents) return tl::unexpected(documents.error());
  if (documents->empty()) {
    return tl::unexpected(problem(file, "", "is empty; a plan begins with `apiVersion:`"));
  }
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

/// Why a document is no plan, where its kind says so; its fields would be a page of errors. Empty:
/// it is one, or does not say what it is.
std::string other_kind(const api::Node& document) {
  const api::Node& kind = document["kind"];
  const std::string name = kind.as_string();
  if (!kind.is_string() || name == "RecoveryPlan") return "";
  if (is_system(document)) {
    return "LocalSystem: this describes a system; a RecoveryPlan that names it in "
           "spec.target.local is wanted here";
  }
  if (name == "DrillSchedule") {
    return "DrillSchedule: this says when a plan is drilled, and `muster schedule run` serves it; "
           "the RecoveryPlan that it names is wanted here";
  }
  const std::vector<std::string> kinds = {"RecoveryPlan", "DrillSchedule", "LocalSystem"};
  return fmt::format("'{}' is not allowed: it must be one of {}.{}", name, api::join(kinds),
                     api::suggest(name, kinds));
}

/// What a kind knows of its parameters beyond their table.
void check_action(const api::Action& action, api::Use use, const std::string& path,
                  const targets::Catalog& catalog, api::Problems& problems) {
  const targets::Driver* driver = catalog.driver(action.kind, use);
  if (driver == nullptr) return;
  if (const auto right = driver->check(action.params); !right) {
    problems.push_back({"", action.mark, path, right.error().message});
  }
}

void check_fault(const api::Fault& fault, const std::string& path, const targets::Catalog& catalog,
                 api::Problems& problems) {
  check_action(fault.action, api::Use::Fault, path, catalog, problems);
  const targets::Driver* driver = catalog.driver(fault.action.kind, api::Use::Fault);
  if (fault.proven_by || driver == nullptr || !driver->needs_proof(fault.action.params)) return;
  problems.push_back({"", fault.action.mark, path + ".provenBy",
                      fmt::format("missing: nothing shows that the {} of fault '{}' took effect; a "
                                  "condition is required",
                                  fault.action.kind, fault.name)});
}

/// What only the joined plan shows: an undo that is missing, a fault that nothing proves.
api::Problems engine_problems(const api::RecoveryPlan& plan, const targets::Catalog& catalog,
                              const std::string& file) {
  api::Problems problems;
  for (const std::string& wrong : drill::problems_of(engine_config(plan, catalog))) {
    problems.push_back({"", plan.document["spec"].mark, "spec", wrong});
  }
  const bool one = plan.document["spec"].has("fault");
  for (const api::Fault& fault : plan.faults) {
    check_fault(fault, one ? "spec.fault" : "spec.faults." + fault.name, catalog, problems);
  }
  for (const auto& [list, steps] :
       {std::pair("spec.recovery.", &plan.recovery), std::pair("spec.failback.", &plan.failback)}) {
    for (const api::Step& step : *steps) {
      const std::string path = list + step.name;
      check_action(step.action, api::Use::Step, path, catalog, problems);
      if (step.undo) check_action(*step.undo, api::Use::Step, path + ".undo", catalog, problems);
    }
  }
  for (api::Problem& problem : problems) problem.file = file;
  return problems;
}

/// A plan joined to its system, with every check that needs nothing else.
tl::expected<PlanFile, api::Problems> joined(api::RecoveryPlan plan, api::LocalSystem system,
                                             const std::string& file,
                                             const api::ActionCatalog& kinds,
                                             const targets::Catalog& catalog) {
  if (api::Problems wrong = api::cross_check(plan, system, kinds); !wrong.empty()) {
    for (api::Problem& one : wrong) {
      if (one.file.empty()) one.file = file;
    }
    return tl::unexpected(std::move(wrong));
  }
  if (api::Problems wrong = engine_problems(plan, catalog, file); !wrong.empty()) {
    return tl::unexpected(std::move(wrong));
  }
  for (const api::Notification& notification : plan.notifications) {
    if (notification.url.empty()) continue;
    if (const auto url = net::parse_url(notification.url); !url) {
      return tl::unexpected(
          problem(file, fmt::format("spec.notifications.{}.webhook.url", notification.name),
                  url.error().message));
    }
  }
  PlanFile out{std::move(plan), std::move(system), {}};
  out.warnings = api::warnings(out.plan);
  return out;
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
  if (const std::string other = other_kind(document); !other.empty()) {
    return tl::unexpected(api::Problems{{file, document["kind"].mark, "kind", other}});
  }
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
  return joined(std::move(*plan), std::move(*system), file, catalog, targets::local_catalog());
}

tl::expected<PlanFile, api::Problems> read_cluster_plan(api::Node document, const std::string& file,
                                                        const targets::Catalog& catalog) {
  const api::ActionCatalog kinds = action_catalog(catalog);
  if (const std::string other = other_kind(document); !other.empty()) {
    return tl::unexpected(api::Problems{{file, document["kind"].mark, "kind", other}});
  }
  auto plan = api::parse_plan(document, file, kinds);
  if (!plan) return tl::unexpected(plan.error());
  if (!plan->target.kubernetes) {
    return tl::unexpected(problem(file, "spec.target.local",
                                  "a system of processes is drilled by `muster drill run`; in a "
                                  "cluster spec.target.kubernetes is needed"));
  }
  api::LocalSystem system = api::system_of(*plan->target.kubernetes, plan->name);
  return joined(std::move(*plan), std::move(system), file, kinds, catalog);
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
    if (set.starts_with("spec.profile=")) {
      return tl::unexpected(problem(choice.file, "",
                                    "--set spec.profile would name a profile without applying it: "
                                    "use --profile"));
    }
    if (auto applied = api::apply_set(*document, set); !applied) {
      return tl::unexpected(problem(choice.file, "", applied.error().message));
    }
  }
  return read_plan_document(std::move(*document), choice.file, catalog);
}

tl::expected<SystemFile, api::Problems> read_system_file(const std::string& file,
                                                         const api::ActionCatalog& catalog) {
  auto document = read_document(file);
  if (!document) return tl::unexpected(document.error());
  if (is_system(*document)) {
    auto system = api::parse_local_system(*document, file);
    if (!system) return tl::unexpected(system.error());
    system->home = fs::absolute(file).parent_path().string();
    return SystemFile{std::move(*system), {}};
  }
  auto plan = read_plan_document(std::move(*document), file, catalog);
  if (!plan) return tl::unexpected(plan.error());
  return SystemFile{std::move(plan->system), plan->plan.target.local->parameters};
}

base::Result<targets::LocalTarget> open_system(aio::Clock& clock, const StateDir& state,
                                               SystemFile file) {
  targets::LocalOptions options;
  options.dir = state.systems() + "/" + file.system.name;
  options.parameters = std::move(file.parameters);
  options.relay_program = {aio::own_program(), "relay"};
  options.system = std::move(file.system);
  return targets::LocalTarget::open(clock, std::move(options));
}

base::Result<DrillTarget> open_target(aio::Clock& clock, const StateDir& state, PlanFile file,
                                      const api::ActionCatalog& catalog) {
  TRY(targets::LocalTarget target,
      open_system(clock, state, {std::move(file.system), file.plan.target.local->parameters}));
  TRY(api::RecoveryPlan plan,
      api::resolve_plan(std::move(file.plan), target.substitutions(), catalog));
  std::shared_ptr<net::Names> names;
  if (const auto& resolver = target.system().resolver) {
    TRY(names, net::Names::create(clock, resolver->address));
  }
  return DrillTarget{std::move(plan), std::move(file.warnings),
                     std::make_unique<targets::LocalTarget>(std::move(target)), std::move(names)};
}

aio::Task<base::Result<DrillTarget>> open_cluster_target(aio::Clock& clock, kube::Client& client,
                                                         std::shared_ptr<net::Names> names,
                                                         std::string ns, PlanFile file,
                                                         const targets::Catalog& catalog,
                                                         bool undoing, std::stop_token stop) {
  cluster::ClusterOptions options{std::move(ns), file.plan.name, *file.plan.target.kubernetes,
                                  undoing};
  CO_TRY(std::unique_ptr<cluster::ClusterTarget> target,
         co_await cluster::ClusterTarget::open(clock, client, names, std::move(options),
                                               std::move(stop)));
  CO_TRY(api::RecoveryPlan plan,
         api::resolve_plan(std::move(file.plan), target->substitutions(), action_catalog(catalog)));
  co_return DrillTarget{std::move(plan), std::move(file.warnings), std::move(target), names};
}

cluster::ClusterTarget& DrillTarget::cluster() const {
  auto* cluster = dynamic_cast<cluster::ClusterTarget*>(target.get());
  CHECK(cluster != nullptr);
  return *cluster;
}

targets::LocalTarget& DrillTarget::local() const {
  auto* local = dynamic_cast<targets::LocalTarget*>(target.get());
  CHECK(local != nullptr);
  return *local;
}

tl::expected<CheckedFile, api::Problems> check_file(const std::string& file,
                                                    const api::ActionCatalog& catalog) {
  auto document = read_document(file);
  if (!document) return tl::unexpected(document.error());
  if (is_system(*document)) {
    const auto system = api::parse_local_system(*document, file);
    if (!system) return tl::unexpected(system.error());
    return CheckedFile{"LocalSystem " + system->name, {}};
  }
  if ((*document)["kind"].as_string() == "DrillSchedule") {
    const auto schedule = read_schedule(file, catalog, scheduling::whole_second(aio::wall_now()));
    if (!schedule) return tl::unexpected(schedule.error());
    return CheckedFile{
        fmt::format("DrillSchedule {} of plan {}", schedule->spec.name, schedule->plan_name),
        schedule->warnings};
  }
  const auto plan = read_plan_document(std::move(*document), file, catalog);
  if (!plan) return tl::unexpected(plan.error());
  return CheckedFile{"RecoveryPlan " + plan->plan.name, plan->warnings};
}

}  // namespace runner
