// `kubectl muster status|report|verify`: what is known of drills of the cluster.
#include <utility>

#include <fmt/format.h>

#include "aio/file.h"
#include "cli/cluster_evidence.h"
#include "cli/cluster_link.h"
#include "cli/cluster_table.h"
#include "cli/commands.h"
#include "cli/evidence_view.h"
#include "cli/object_shape.h"
#include "report/html.h"
#include "report/json.h"
#include "report/junit.h"
#include "runner/evidence_file.h"

namespace cli {
namespace {

using api::Node;
using cluster::DrillObject;

struct Seen {
  std::vector<Node> drills, plans;
};

/// All drills and plans; or one drill, and its plan where it is still there.
aio::Task<base::Result<Seen>> look(ClusterLink& link, const ClusterStatus& command) {
  Seen out;
  const std::string ns = command.all_namespaces ? "" : link.ns();
  if (command.drill.empty()) {
    CO_TRY(out.drills, co_await link.list(cluster::kDrills, ns));
    CO_TRY(out.plans, co_await link.list(cluster::kPlans, ns));
    co_return out;
  }
  CO_TRY(Node drill, co_await link.get(cluster::kDrills, {link.ns(), command.drill}));
  const std::string plan = drill["spec"]["planRef"]["name"].as_string();
  out.drills.push_back(std::move(drill));
  auto found = co_await link.get(cluster::kPlans, {link.ns(), plan});
  if (found) out.plans.push_back(std::move(*found));
  co_return out;
}

}  // namespace

Exit run(const ClusterStatus& command, const Global& global, Console& console) {
  if (!command.drill.empty() && command.all_namespaces) {
    return failed(console, {base::Code::InvalidArgument,
                            "-A: a DRILL by name is in one namespace: give -n NAMESPACE"});
  }
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  const auto seen = task.run(look(*link, command));
  if (!seen) return failed(console, seen.error());
  const bool one = !command.drill.empty();
  if (!is_table(command.shape)) {
    std::vector<Node> all = seen->drills;
    if (!one) all.insert(all.end(), seen->plans.begin(), seen->plans.end());
    const auto text = object_text(command.shape, all, one);
    if (!text) return failed(console, text.error());
    console.data(*text);
    return Exit::Ok;
  }
  if (seen->drills.empty() && seen->plans.empty()) {
    console.note(command.all_namespaces
                     ? "no drills and no plans in any namespace\n"
                     : fmt::format("no drills and no plans in namespace {}\n", link->ns()));
    return Exit::Ok;
  }
  const ObjectTable how{command.shape.form == ObjectForm::Wide, command.all_namespaces,
                        task.clock().wall_now(), !command.shape.no_headers};
  std::string text = object_table("Drill", seen->drills, how);
  if (one) text += "\n" + drill_details(seen->drills.front());
  const std::string plans = object_table("RecoveryPlan", seen->plans, how);
  if (!text.empty() && !plans.empty()) text += "\n";
  console.data(text + plans);
  return Exit::Ok;
}

namespace {

struct Evidence {
  DrillObject drill;
  std::string bytes;
};

aio::Task<base::Result<Evidence>> evidence_of(ClusterLink& link, std::string name) {
  Evidence out;
  CO_TRY(out.drill, co_await link.drill(std::move(name)));
  CO_TRY(out.bytes, co_await fetch_bundle(link, out.drill));
  co_return out;
}

base::Result<std::string> rendered_report(const ClusterReport& command,
                                          const bundle::Bundle& bundle, const Console& console) {
  TRY(const drill::Report report, runner::report_of(bundle));
  if (command.form == "html") return report::html(report);
  if (command.form == "json") return report::to_json(report);
  if (command.form == "junit") return report::junit(report);
  report::TerminalOptions options = console.layout();
  if (!command.out.empty()) options.color = false;
  return report::terminal(report, options);
}

/// Whoever may write Secrets can put another drill's bundle there, signed as it is. Empty: it is
/// this drill's.
std::string of_another(const bundle::Bundle& bundle, const DrillObject& drill) {
  const std::string& id = drill.status["id"].as_string();
  if (id.empty() || bundle.evidence.drill_id == id) return "";
  return fmt::format(
      "the evidence of drill {} is of another one: it was made by {}, this one is {}",
      drill.key.name, bundle.evidence.drill_id, id);
}

}  // namespace

Exit run(const ClusterReport& command, const Global& global, Console& console) {
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  auto evidence = task.run(evidence_of(*link, command.drill));
  if (!evidence) return failed(console, evidence.error());
  const auto bundle = bundle::read(std::move(evidence->bytes));
  if (!bundle) {
    console.note(fmt::format("error: the evidence of drill {} is damaged: {}\n", command.drill,
                             bundle.error().message));
    return Exit::Missed;
  }
  if (const std::string other = of_another(*bundle, evidence->drill); !other.empty()) {
    console.note("error: " + other + "\n");
    return Exit::Missed;
  }
  const auto text = rendered_report(command, *bundle, console);
  if (!text) return failed(console, text.error());
  if (command.out.empty()) {
    console.data(*text);
    return Exit::Ok;
  }
  if (const auto written = aio::write_file_atomic(command.out, *text); !written) {
    return failed(console, written.error());
  }
  console.note(fmt::format("{} written\n", command.out));
  return Exit::Ok;
}

Exit run(const ClusterVerify& command, const Global& global, Console& console) {
  const auto trust = trust_of(command.trust, global);
  if (!trust) return failed(console, trust.error());
  TaskRun task;
  auto link = ClusterLink::make(global.cluster, task);
  if (!link) return failed(console, link.error());
  auto evidence = task.run(evidence_of(*link, command.drill));
  if (!evidence) return failed(console, evidence.error());
  const Node place = evidence->drill.status["evidence"];
  const auto bundle = bundle::read(std::move(evidence->bytes));
  const BundleVerdict verdict = judged(
      fmt::format("{} {}/{}", place["kind"].as_string(), link->ns(), place["name"].as_string()),
      bundle, *trust);
  const Output output = command.form == "json"   ? Output::Json
                        : command.form == "yaml" ? Output::Yaml
                                                 : Output::Table;
  console.data(rendered(tree_of(verdict), text_of(verdict), output));
  if (bundle) {
    if (const std::string other = of_another(*bundle, evidence->drill); !other.empty()) {
      console.note("error: " + other + "\n");
      return Exit::Missed;
    }
  }
  return exit_of(verdict);
}

}  // namespace cli
