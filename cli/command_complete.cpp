// `muster completion SHELL`, and what its scripts ask at a TAB. An answer must come at once and is
// never worth a message: whatever cannot be read offers nothing. Nothing is made or changed.
#include <set>

#include <fmt/format.h>

#include "aio/file.h"
#include "api/yaml.h"
#include "cli/cluster_link.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cluster/objects.h"
#include "runner/drill_list.h"

namespace cli {
namespace {

bool fits(const report::ListedDrill& drill, ValueKind kind) {
  switch (kind) {
    case ValueKind::RunningDrill: return drill.state == report::DrillState::Running;
    case ValueKind::DeadDrill: return drill.state == report::DrillState::NeedsRecovery;
    default: return true;
  }
}

std::string help_of(const report::ListedDrill& drill) {
  if (drill.state != report::DrillState::Finished) return drill.note;
  return std::string(drill::name(drill.summary.verdict)) + ", " +
         base::rfc3339(drill.summary.started).substr(0, 16);
}

void add_drills(Wanted& wanted) {
  const auto state = runner::StateDir::at(wanted.state_dir);
  const auto found = state ? runner::list_drills(*state) : tl::unexpected(state.error());
  if (!found) return;
  for (const report::ListedDrill& drill : found->drills) {
    const std::string& id = drill.summary.drill_id;
    if (!fits(drill, wanted.kind) || !id.starts_with(wanted.prefix)) continue;
    wanted.candidates.push_back({id, help_of(drill)});
  }
}

void add_plans(Wanted& wanted) {
  const auto state = runner::StateDir::at(wanted.state_dir);
  const auto found = state ? runner::list_drills(*state) : tl::unexpected(state.error());
  if (!found) return;
  std::set<std::string> plans;
  for (const report::ListedDrill& drill : found->drills) plans.insert(drill.summary.plan);
  for (const std::string& plan : plans) {
    if (plan.starts_with(wanted.prefix)) wanted.candidates.push_back({plan, "has drills"});
  }
}

void add_profiles(Wanted& wanted) {
  constexpr std::size_t kBytesMax = 4U << 20U;
  const auto text = aio::read_file(wanted.plan, kBytesMax);
  if (!text) return;
  const auto documents = api::parse_yaml(*text, wanted.plan);
  if (!documents || documents->empty()) return;
  for (const api::Entry& profile : documents->front()["spec"]["profiles"].entries()) {
    if (!profile.key.starts_with(wanted.prefix)) continue;
    wanted.candidates.push_back({profile.key, "a profile of " + wanted.plan});
  }
}

constexpr base::Duration kAnswerWithin = base::seconds(2);  // whoever pressed TAB waits

ClusterFlags flags_of(const Wanted& wanted) {
  const auto given = [&](const char* option) {
    const auto it = wanted.options.find(option);
    return it == wanted.options.end() ? std::string() : it->second;
  };
  ClusterFlags out{given("--kubeconfig"), given("--context"), given("--cluster"), given("--user"),
                   given("--namespace")};
  kube::ConfigOverrides& over = out.overrides;
  over.server = given("--server");
  over.tls_server_name = given("--tls-server-name");
  over.authority = given("--certificate-authority");
  over.insecure = wanted.options.contains("--insecure-skip-tls-verify");
  over.certificate = given("--client-certificate");
  over.key = given("--client-key");
  over.token = given("--token");
  over.impersonate.user = given("--as");
  over.impersonate.uid = given("--as-uid");
  for (const auto& [name, value] : wanted.repeated) {
    if (name == "--as-group") over.impersonate.groups.push_back(value);
  }
  out.request_timeout = kAnswerWithin;
  return out;
}

void add_objects(Wanted& wanted) {
  TaskRun task;
  auto link = ClusterLink::make(flags_of(wanted), task);
  if (!link) return;
  const bool plans = wanted.kind == ValueKind::ClusterPlan;
  const bool namespaces = wanted.kind == ValueKind::Namespace;
  const auto listed =
      task.run(namespaces ? link->list(cluster::kNamespaces, "")
                          : link->list(plans ? cluster::kPlans : cluster::kDrills, link->ns()));
  if (!listed) return;
  for (const api::Node& object : *listed) {
    const std::string& name = object["metadata"]["name"].as_string();
    const std::string& phase = object["status"]["phase"].as_string();
    const bool ended = phase == "Finished";
    if (!name.starts_with(wanted.prefix)) continue;
    if (wanted.kind == ValueKind::ClusterRunningDrill && ended) continue;
    const std::string help = namespaces ? "" : plans ? "a plan" : phase.empty() ? "new" : phase;
    wanted.candidates.push_back({name, help});
  }
}

void add_contexts(Wanted& wanted) {
  const auto given = wanted.options.find("--kubeconfig");
  const auto files = kube::read_config_files(given == wanted.options.end() ? "" : given->second);
  if (!files) return;
  for (const auto& [name, context] : files->contexts) {
    if (name.starts_with(wanted.prefix)) wanted.candidates.push_back({name, context.cluster});
  }
}

}  // namespace

Exit run(const Completion& command, const Global& /*global*/, Console& console) {
  console.data(completion_script(command.shell));
  return Exit::Ok;
}

Exit run(const Complete& command, const Global& /*global*/, Console& console) {
  Wanted wanted = complete(command_words(command.calling), command.words);
  // The parser, which knows of the variable, has not seen this line.
  if (wanted.state_dir.empty()) wanted.state_dir = aio::env_or("MUSTER_STATE_DIR", "");
  switch (wanted.kind) {
    case ValueKind::Drill:
    case ValueKind::RunningDrill:
    case ValueKind::DeadDrill: add_drills(wanted); break;
    case ValueKind::Plan: add_plans(wanted); break;
    case ValueKind::Profile: add_profiles(wanted); break;
    case ValueKind::ClusterPlan:
    case ValueKind::ClusterDrill:
    case ValueKind::ClusterRunningDrill:
    case ValueKind::Namespace: add_objects(wanted); break;
    case ValueKind::Context: add_contexts(wanted); break;
    default: break;
  }
  console.data(command.calling == Calling::KubectlComplete ? kubectl_completion_answer(wanted)
                                                           : completion_answer(wanted));
  return Exit::Ok;
}

}  // namespace cli
