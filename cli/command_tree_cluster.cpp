// The commands for a cluster: the group `muster cluster`, which is the whole of `kubectl muster`.
#include "cli/command_tree.h"
#include "cli/object_form_file.h"
#include "cli/object_shape.h"

namespace cli {
namespace {

void timeout(CLI::App* sub, int& seconds) {
  sub->add_option("--timeout-seconds", seconds,
                  "wait no longer; the drill goes on; default: no limit")
      ->check(CLI::Range(1, 604800).description(""))
      ->type_name("SECONDS");
}

}  // namespace

std::string CommandTree::examples(const std::vector<std::string>& lines) const {
  std::string out;
  for (const std::string& line : lines) out += "  " + program_ + " " + line + "\n";
  return out;
}

namespace {
base::Result<ObjectShape> shape_said(const std::string& word) {
  TRY(const std::string form, form_of_file(word));
  return shape_of(form);
}
}  // namespace

void CommandTree::object_form(CLI::App* sub, ObjectShape& shape) {
  CLI::Option* made =
      sub->add_option_function<std::string>(
             "-o,--output",
             [&shape](const std::string& word) {
               const bool bare = shape.no_headers;
               shape = shape_said(word).value_or(ObjectShape{});
               shape.no_headers = bare;
             },
             "wide, json, yaml, name, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, "
             "jsonpath-file=FILE, custom-columns=TITLE:PATH,… or custom-columns-file=FILE; "
             "default: a table")
          ->type_name("FORM");
  std::vector<std::string> offered = shape_words();
  offered.insert(offered.end(), {kPathFile, kColumnsFile});
  values_[made] = {ValueKind::Words, std::move(offered)};
  made->check(CLI::Validator(
      [](const std::string& word) {
        const auto read = shape_said(word);
        return read ? "" : read.error().message;
      },
      ""));
}

void CommandTree::add_cluster(CLI::App* cluster) {
  in_cluster_ = true;
  program_ = cluster == &app_ ? "kubectl muster" : "muster cluster";
  cluster->require_subcommand(1);
  add_cluster_flags(cluster);
  add_cluster_identity(cluster);
  add_cluster_run(cluster);
  add_cluster_changes(cluster);
  add_cluster_views(cluster);
  add_cluster_evidence(cluster);
  add_cluster_namespace(cluster, "enable");
  add_cluster_namespace(cluster, "disable");
  cluster->footer(footer(examples({"run database-failover --profile quick --watch", "status",
                                   "report database-failover-x7k2p -o html --out report.html"})));
}

void CommandTree::add_cluster_run(CLI::App* cluster) {
  auto run = std::make_shared<ClusterRun>();
  CLI::App* sub =
      leaf(cluster, "run", "make a Drill of a RecoveryPlan of the cluster", run,
           examples({"run database-failover", "run database-failover --profile quick --watch",
                     "run database-failover --wait --timeout-seconds 3600 -o name"}));
  argument(sub, "PLAN", run->plan, "a RecoveryPlan of the namespace", {ValueKind::ClusterPlan, {}});
  option(sub, "--profile", run->profile, "NAME", "a named set of timing of the plan: quick, full");
  option(sub, "--name", run->name, "NAME", "of the Drill; default: made of the plan's");
  sub->add_flag("--watch", run->watch, "tell what happens until it ends; exits with its exit code");
  sub->add_flag("--wait", run->wait, "wait for its end; exits with its exit code");
  timeout(sub, run->timeout_seconds);
  object_form(sub, run->shape);
}

void CommandTree::add_cluster_changes(CLI::App* cluster) {
  auto abort = std::make_shared<ClusterAbort>();
  CLI::App* sub =
      leaf(cluster, "abort", "end a drill and undo what it did", abort,
           examples({"abort database-failover-x7k2p", "abort database-failover-x7k2p --wait"}));
  argument(sub, "DRILL", abort->drill, "its name", {ValueKind::ClusterRunningDrill, {}});
  sub->add_flag("--wait", abort->wait, "wait until everything is undone");
  timeout(sub, abort->timeout_seconds);
  auto approve = std::make_shared<ClusterApprove>();
  sub = leaf(cluster, "approve", "let a manual step of a drill go on", approve,
             examples({"approve database-failover-x7k2p promote"}));
  argument(sub, "DRILL", approve->drill, "its name", {ValueKind::ClusterRunningDrill, {}});
  argument(sub, "STEP", approve->step, "a step of its plan, by name", {});
}

void CommandTree::add_cluster_views(CLI::App* cluster) {
  auto watch = std::make_shared<ClusterWatch>();
  CLI::App* sub = leaf(cluster, "watch", "follow a drill; ends with its exit code", watch,
                       examples({"watch database-failover-x7k2p"}));
  argument(sub, "DRILL", watch->drill, "its name", {ValueKind::ClusterDrill, {}});
  timeout(sub, watch->timeout_seconds);
  auto status = std::make_shared<ClusterStatus>();
  sub = leaf(cluster, "status", "drills, and how their plans did over all of them", status,
             examples({"status", "status -A -o wide", "status database-failover-x7k2p -o json",
                       "status -o jsonpath='{.items[*].metadata.name}'"}));
  argument(sub, "DRILL", status->drill, "one alone, by name", {ValueKind::ClusterDrill, {}})
      ->required(false);
  sub->add_flag("-A,--all-namespaces", status->all_namespaces, "of every namespace");
  object_form(sub, status->shape);
  sub->add_flag("--no-headers", status->shape.no_headers,
                "tables and custom columns without titles");
}

void CommandTree::add_cluster_evidence(CLI::App* cluster) {
  auto report = std::make_shared<ClusterReport>();
  CLI::App* sub =
      leaf(cluster, "report", "print or write a drill's report, out of its evidence", report,
           examples({"report database-failover-x7k2p",
                     "report database-failover-x7k2p -o html --out report.html",
                     "report database-failover-x7k2p -o junit > junit.xml"}));
  argument(sub, "DRILL", report->drill, "its name", {ValueKind::ClusterDrill, {}});
  words(option(sub, "-o,--output", report->form, "FORM",
               "terminal, html, json or junit; default: terminal"),
        {"terminal", "html", "json", "junit"});
  option(sub, "--out", report->out, "FILE", "a file instead of stdout", {ValueKind::File, {}});
  auto verify = std::make_shared<ClusterVerify>();
  sub = leaf(cluster, "verify", "check a drill's evidence and recompute its figures", verify,
             examples({"verify database-failover-x7k2p",
                       "verify database-failover-x7k2p --trust auditors.keys -o json"}));
  argument(sub, "DRILL", verify->drill, "its name", {ValueKind::ClusterDrill, {}});
  option(sub, "--trust", verify->trust, "FILE",
         "public keys that count; default: this machine's own", {ValueKind::File, {}});
  words(option(sub, "-o,--output", verify->form, "FORM",
               "table (for people), json or yaml; default: table"),
        {"table", "json", "yaml"});
}

void CommandTree::add_cluster_namespace(CLI::App* cluster, const char* verb) {
  auto command = std::make_shared<ClusterNamespace>();
  command->verb = verb;
  const bool enable = command->verb == "enable";
  CLI::App* sub =
      leaf(cluster, verb,
           enable ? "let drills run in a namespace: rights, and its label"
                  : "take back what enable gave",
           command,
           enable ? examples({"enable shop", "enable shop --dry-run > drill-namespace.yaml",
                              "enable shop --operator dr/recovery-operator"})
                  : examples({"disable shop"}));
  argument(sub, "NAMESPACE", command->ns, "one that is there", {ValueKind::Namespace, {}});
  if (!enable) return;
  option(sub, "--operator", command->operator_account, "NAMESPACE/ACCOUNT",
         "the operator's service account; default: muster-system/muster-operator");
  sub->add_flag("--rights-only", command->rights_only,
                "leave the label to those who agree, for the namespace or for each workload");
  sub->add_flag("--dry-run", command->dry_run, "print the manifest, do nothing");
  sub->add_flag("--force-conflicts", command->force_conflicts,
                "take over fields that others have set");
}

}  // namespace cli
