#include "cli/command_tree.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/version.h"

namespace cli {
namespace {

Output output_of(const std::string& word) {
  if (word == "json") return Output::Json;
  return word == "yaml" ? Output::Yaml : Output::Table;
}

/// "table, json or yaml"
std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace

std::string CommandTree::footer(const std::string& examples) const {
  const std::string more =
      in_cluster_
          ? fmt::format(
                "\nEvery command also takes -n NAMESPACE, --context NAME, --kubeconfig FILE "
                "and more; see `{} --help`.",
                program_)
          : "\nEvery command also takes --state-dir DIR; `muster --help` lists all commands.";
  return "Examples:\n" + examples + more;
}

CommandTree::CommandTree(Parsed* parsed, Calling calling) : parsed_(parsed) {
  app_.require_subcommand(1);
  app_.set_help_flag("-h,--help", "this help");
  app_.set_version_flag("-V,--version", version_line(), "version and build");
  app_.get_formatter()->label("REQUIRED", "");
  app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app_.get_formatter()->label("Positionals", "Arguments");
  option(&app_, "--state-dir", parsed->global.state_dir, "DIR",
         "where drills, systems and the history are kept", {ValueKind::Folder, {}})
      ->envname("MUSTER_STATE_DIR")
      ->check(CLI::Validator(
          [](const std::string& folder) {
            return folder.empty() ? "'' is not allowed: the path of a folder" : "";
          },
          ""));
  app_.fallthrough();
  if (calling != Calling::Muster) {
    app_.name("kubectl muster");
    app_.description("Measured disaster-recovery drills in a Kubernetes cluster.");
    add_cluster(&app_);
    add_version();
    add_help();
    return;
  }
  app_.footer(
      "Examples:\n"
      "  muster validate dr-drills/database-failover.yaml\n"
      "  muster drill run dr-drills/database-failover.yaml --profile quick\n"
      "  muster drill show last\n"
      "\n`muster help COMMAND` says more of a command.");
  add_drill();
  add_compliance();
  add_schedule();
  add_stop();
  add_validate();
  add_system();
  add_evidence();
  add_cluster(app_.add_subcommand("cluster", "drills in a Kubernetes cluster, as `kubectl muster`")
                  ->group(kVisible));
  in_cluster_ = false;
  program_ = "muster";
  add_small();
  add_help();
  add_hidden();
}

CLI::App* CommandTree::folder(const std::string& name, const std::string& help,
                              const std::string& examples) {
  CLI::App* sub = app_.add_subcommand(name, help)->group(kVisible);
  sub->require_subcommand(1);
  sub->footer(footer(examples));
  return sub;
}

CLI::Option* CommandTree::option(CLI::App* sub, const std::string& names, std::string& value,
                                 const std::string& value_name, const std::string& help,
                                 Values values) {
  CLI::Option* made = sub->add_option(names, value, help)->type_name(value_name);
  values_[made] = std::move(values);
  return made;
}

CLI::Option* CommandTree::argument(CLI::App* sub, const std::string& name, std::string& value,
                                   const std::string& help, Values values) {
  return option(sub, name, value, "", help, std::move(values))->required();
}

void CommandTree::words(CLI::Option* option, std::vector<std::string> allowed) {
  values_[option] = {ValueKind::Words, allowed};
  option->check(CLI::Validator(
      [allowed = std::move(allowed)](const std::string& word) {
        const bool known = std::find(allowed.begin(), allowed.end(), word) != allowed.end();
        return known ? "" : fmt::format("'{}' is not allowed: {}", word, listed(allowed));
      },
      ""));
}

void CommandTree::output(CLI::App* sub, Output& output) {
  CLI::Option* made =
      sub->add_option_function<std::string>(
             "-o,--output", [&output](const std::string& word) { output = output_of(word); },
             "table (for people), json or yaml; default: table")
          ->type_name("FORM");
  words(made, {"table", "json", "yaml"});
}

void CommandTree::add_drill() {
  CLI::App* drill = folder("drill", "run drills and look at them",
                           "  muster drill run plan.yaml --dry-run\n"
                           "  muster drill list\n"
                           "  muster drill show last -o json\n");
  add_drill_run(drill);
  add_drill_views(drill);
  add_drill_changes(drill);
}

void CommandTree::add_drill_run(CLI::App* drill) {
  auto run = std::make_shared<DrillRun>();
  CLI::App* sub = leaf(drill, "run", "run a plan against its target", run,
                       "  muster drill run plan.yaml --dry-run\n"
                       "  muster drill run plan.yaml --profile quick -o json > report.json\n"
                       "  muster drill run plan.yaml --set spec.timing.baselineSeconds=30 \\\n"
                       "    --set spec.recovery.assess.timeoutSeconds=45\n"
                       "  muster drill run plan.yaml --metrics-file /var/lib/node/muster.prom\n");
  argument(sub, "PLAN", run->plan, "a RecoveryPlan file", {ValueKind::Yaml, {}});
  option(sub, "--profile", run->profile, "NAME", "a named set of timing of the plan: quick, full",
         {ValueKind::Profile, {}});
  sub->add_option("--set", run->sets, "override a field: spec.timing.baselineSeconds=30")
      ->take_all()
      ->expected(1)
      ->type_name("PATH=VALUE");
  sub->add_flag("--dry-run", run->dry_run,
                "check everything, print what would be done, do nothing");
  sub->add_flag("--keep-system", run->keep_system,
                "leave the system running that this run started");
  option(sub, "--metrics-listen", run->metrics_listen, "HOST:PORT",
         "serve /metrics for Prometheus while the drill runs");
  option(sub, "--metrics-file", run->metrics_file, "FILE",
         "write metrics for node_exporter's textfile collector", {ValueKind::File, {}});
  sub->add_option("--asked-by-schedule", run->schedule)->group("");
  sub->add_option("--slot", run->slot)->group("");
  sub->add_option("--second-vantage", run->second_vantage)->group("");
  output(sub, run->output);
}

void CommandTree::add_drill_views(CLI::App* drill) {
  const char* const which = "its id, the beginning of it, or 'last'";
  auto list = std::make_shared<DrillList>();
  output(leaf(drill, "list", "drills of this machine, newest first", list,
              "  muster drill list\n"
              "  muster drill list -o json | jq '.[] | select(.state == \"Running\")'\n"),
         list->output);
  auto show = std::make_shared<DrillShow>();
  CLI::App* sub = leaf(drill, "show", "one drill: state, measurements, verdicts", show,
                       "  muster drill show last\n"
                       "  muster drill show database-failover-20261121 -o yaml\n");
  argument(sub, "DRILL", show->drill, which, {ValueKind::Drill, {}});
  output(sub, show->output);
  auto watch = std::make_shared<DrillWatch>();
  sub = leaf(drill, "watch", "follow a running drill; ends with its exit code", watch,
             "  muster drill watch last\n");
  argument(sub, "DRILL", watch->drill, which, {ValueKind::RunningDrill, {}});
  auto report = std::make_shared<DrillReport>();
  sub = leaf(drill, "report", "print or write a drill's report", report,
             "  muster drill report last --format html --to report.html\n"
             "  muster drill report last --format junit > junit.xml\n");
  argument(sub, "DRILL", report->drill, which, {ValueKind::Drill, {}});
  words(option(sub, "--format", report->format, "FORM",
               "text, html, json, junit or edn; default: text"),
        {"text", "html", "json", "junit", "edn"});
  option(sub, "--to", report->to, "FILE", "a file instead of stdout", {ValueKind::File, {}});
}

void CommandTree::add_drill_changes(CLI::App* drill) {
  auto abort = std::make_shared<DrillAbort>();
  CLI::App* sub = leaf(drill, "abort", "end a running drill and undo what it did", abort,
                       "  muster drill abort last --reason \"maintenance begins\"\n");
  argument(sub, "DRILL", abort->drill, "its id, the beginning of it, or 'last'",
           {ValueKind::RunningDrill, {}});
  option(sub, "--reason", abort->reason, "TEXT", "goes into the report");
  auto approve = std::make_shared<DrillApprove>();
  sub = leaf(drill, "approve", "approve a step that waits for a person", approve,
             "  muster drill approve last check-standby\n");
  argument(sub, "DRILL", approve->drill, "its id, the beginning of it, or 'last'",
           {ValueKind::RunningDrill, {}});
  argument(sub, "STEP", approve->step, "the step's name, of kind approval", {});
  auto recover = std::make_shared<DrillRecover>();
  sub = leaf(drill, "recover", "undo what a drill that died left behind", recover,
             "  muster drill recover\n"
             "  muster drill recover database-failover-20261121-044224-1a2b\n");
  argument(sub, "DRILL", recover->drill, "its id; without one: every drill that needs it",
           {ValueKind::DeadDrill, {}})
      ->required(false);
}

void CommandTree::add_compliance() {
  auto compliance = std::make_shared<Compliance>();
  CLI::App* sub = leaf(&app_, "compliance",
                       "how plans did over all their drills; 3: one is not compliant", compliance,
                       "  muster compliance\n"
                       "  muster compliance database-failover --profile full --since 365d\n"
                       "  muster compliance -o html --to compliance.html\n");
  CLI::Option* plans = sub->add_option("PLAN", compliance->plans,
                                       "names or files of plans; default: every plan with a drill")
                           ->type_name("");
  values_[plans] = {ValueKind::Plan, {}};
  option(sub, "--since", compliance->since, "TIME",
         "only drills since then: 2026-11-01, 2026-11-01T10:30:00Z, 90d, 12h");
  option(sub, "--profile", compliance->profile, "NAME", "only drills with this profile",
         {ValueKind::Profile, {}});
  words(option(sub, "-o,--output", compliance->format, "FORM",
               "table (for people), json, yaml or html; default: table"),
        {"table", "json", "yaml", "html"});
  option(sub, "--to", compliance->to, "FILE", "a file instead of stdout", {ValueKind::File, {}});
}

void CommandTree::add_schedule() {
  CLI::App* schedule = folder("schedule", "run drills at their times",
                              "  muster schedule next weekly.yaml\n"
                              "  muster schedule run weekly.yaml monthly.yaml\n");
  auto run = std::make_shared<ScheduleRun>();
  CLI::App* sub = leaf(schedule, "run", "serve schedules until SIGINT or SIGTERM", run,
                       "  muster schedule run weekly.yaml\n");
  CLI::Option* files = sub->add_option("FILE", run->files, "DrillSchedule files")->required();
  values_[files->type_name("")] = {ValueKind::Yaml, {}};
  sub->add_option("--clock-from", run->clock_from)->group("");
  auto next = std::make_shared<ScheduleNext>();
  sub = leaf(schedule, "next", "the slots to come, and whether they would start", next,
             "  muster schedule next weekly.yaml -n 20\n"
             "  muster schedule next weekly.yaml --from 2027-03-27 -o json\n");
  argument(sub, "FILE", next->file, "a DrillSchedule file", {ValueKind::Yaml, {}});
  sub->add_option("-n,--count", next->count, "how many; default: 5")
      ->check(CLI::Range(1, 10000))
      ->type_name("COUNT");
  option(sub, "--from", next->from, "TIME",
         "with an offset, or as the schedule's clock reads it; default: now");
  output(sub, next->output);
  auto list = std::make_shared<ScheduleList>();
  output(leaf(schedule, "list", "the schedules that were served on this machine", list,
              "  muster schedule list\n"),
         list->output);
}

void CommandTree::add_stop() {
  auto stop = std::make_shared<Stop>();
  leaf(&app_, "stop", "abort and undo every drill on this machine", stop,
       "  muster stop\n"
       "  muster stop --timeout-seconds 60\n")
      ->add_option("--timeout-seconds", stop->timeout_seconds,
                   "how long to wait for the undos; default: 600")
      ->check(CLI::Range(1, 86400).description(""))
      ->type_name("SECONDS");
}

void CommandTree::add_validate() {
  auto validate = std::make_shared<Validate>();
  CLI::Option* files =
      leaf(&app_, "validate", "check plans, systems and schedules without touching anything",
           validate,
           "  muster validate plan.yaml\n"
           "  muster validate dr-drills/*.yaml dr-drills/systems/*/system.yaml\n")
          ->add_option("FILE", validate->files, "RecoveryPlan, LocalSystem and DrillSchedule files")
          ->required()
          ->type_name("");
  values_[files] = {ValueKind::Yaml, {}};
}

void CommandTree::add_system() {
  CLI::App* system = folder("system", "start, stop or look at a local system",
                            "  muster system start dr-drills/database-failover.yaml\n"
                            "  muster system status dr-drills/systems/postgres-pair/system.yaml\n");
  const std::pair<const char*, const char*> verbs[] = {
      {"start", "set up and start it, and leave it running"},
      {"stop", "stop it and remove its directory"},
      {"status", "what runs, and on which ports"}};
  for (const auto& [verb, help] : verbs) {
    auto command = std::make_shared<System>();
    command->verb = verb;
    CLI::App* sub = leaf(system, verb, help, command,
                         fmt::format("  muster system {} dr-drills/database-failover.yaml\n"
                                     "  muster system {} dr-drills/systems/patroni/system.yaml\n",
                                     verb, verb));
    argument(sub, "FILE", command->file, "the plan whose target it is, or the LocalSystem itself",
             {ValueKind::Yaml, {}});
  }
}

void CommandTree::add_evidence() {
  auto verify = std::make_shared<Verify>();
  CLI::App* sub =
      leaf(&app_, "verify", "check a bundle of evidence and recompute its figures", verify,
           "  muster verify drills/database-failover-20261121-044224-1a2b/bundle.muster\n"
           "  muster verify last\n"
           "  muster verify bundle.muster --trust auditors.keys -o json\n");
  argument(sub, "BUNDLE", verify->bundle, "a file, or a drill of this machine",
           {ValueKind::File, {}});
  option(sub, "--trust", verify->trust, "FILE",
         "public keys that count; default: this machine's own", {ValueKind::File, {}});
  output(sub, verify->output);
  CLI::App* keys =
      folder("keys", "the key that signs this machine's evidence", "  muster keys show\n");
  CLI::App* audit = folder("audit", "the log of who asked for what, and what was done",
                           "  muster audit show --since 2026-11-01\n  muster audit verify\n");
  for (const auto& [verb, help] : {std::pair("show", "print the public key, for a trust list"),
                                   std::pair("generate", "make the key now, if there is none")}) {
    auto command = std::make_shared<Keys>();
    command->verb = verb;
    leaf(keys, verb, help, command, fmt::format("  muster keys {} >> auditors.keys\n", verb));
  }
  for (const auto& [verb, help] :
       {std::pair("show", "print entries, oldest first"),
        std::pair("verify", "check the chain, and the log against the bundles here")}) {
    auto command = std::make_shared<Audit>();
    command->verb = verb;
    sub = leaf(audit, verb, help, command, fmt::format("  muster audit {} -o json\n", verb));
    output(sub, command->output);
    if (std::string_view(verb) != "show") continue;
    option(sub, "--drill", command->drill, "DRILL", "only what is about this drill",
           {ValueKind::Drill, {}});
    option(sub, "--since", command->since, "TIME",
           "2026-11-21, 2026-11-21T04:42:24Z (UTC), 90d, 12h");
  }
}

void CommandTree::add_version() {
  auto version = std::make_shared<Version>();
  output(leaf(&app_, "version", "version and build", version,
              fmt::format("  {} version -o json\n", program_)),
         version->output);
}

void CommandTree::add_small() {
  add_version();
  auto schema = std::make_shared<Schema>();
  CLI::App* sub = leaf(&app_, "schema", "print a JSON Schema", schema,
                       "  muster schema Resource > resources.json\n"
                       "  muster schema Report > report.schema.json\n");
  words(argument(sub, "KIND", schema->kind,
                 "Resource (RecoveryPlan, LocalSystem, DrillSchedule) or Report", {}),
        {"Resource", "Report"});
  auto completion = std::make_shared<Completion>();
  sub = leaf(&app_, "completion", "print a completion script", completion,
             "  source <(muster completion bash)\n"
             "  muster completion zsh > \"${fpath[1]}/_muster\"\n"
             "  muster completion fish > ~/.config/fish/completions/muster.fish\n");
  words(argument(sub, "SHELL", completion->shell, "bash, zsh or fish", {}),
        {"bash", "zsh", "fish"});
}

void CommandTree::add_help() {
  help_ = app_.add_subcommand("help", "help of a command")->group(kVisible);
  help_->footer(footer(program_ == "muster" ? "  muster help drill run\n"
                                            : fmt::format("  {} help run\n", program_)));
  CLI::Option* words = help_->add_option("COMMAND", help_words_, "e.g. drill run")->type_name("");
  values_[words] = {ValueKind::Command, {}};
}

void CommandTree::add_hidden() {
  auto relay = std::make_shared<Relay>();
  CLI::App* sub = leaf(&app_, "relay", "a TCP relay that can fail on request", relay, "");
  sub->group("");
  sub->add_option("--name", relay->name)->required();
  sub->add_option("--listen", relay->listen)->required();
  sub->add_option("--upstream", relay->upstream)->required();
  sub->add_option("--control", relay->control)->required();
  sub->add_option("--pid-file", relay->pid_file);
  sub->add_option("--delay-millis", relay->delay_millis)->check(CLI::Range(0, 600000));
  auto responder = std::make_shared<Responder>();
  sub = leaf(&app_, "responder", "the reference responder and control target", responder, "");
  sub->group("");
  sub->add_option("ARGUMENT", responder->arguments);
  auto guardian = std::make_shared<Guardian>();
  sub = leaf(&app_, "guardian", "undoes a drill whose process dies", guardian, "");
  sub->group("");
  sub->add_option("--drill", guardian->drill)->required();
  sub->add_option("--drill-pid", guardian->drill_pid)->required()->check(CLI::Range(1, 1 << 30));
  sub->add_option("--silence-seconds", guardian->silence_seconds)->check(CLI::Range(0, 86400));
  auto vantage = std::make_shared<Vantage>();
  sub = leaf(&app_, "vantage", "measures a drill from a second process", vantage, "");
  sub->group("");
  sub->add_option("--socket", vantage->socket)->required();
}

CompletionNode CommandTree::completion_of(const CLI::App* app) const {
  CompletionNode node;
  node.name = app->get_name();
  node.help = app->get_description();
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    CompletionOption made;
    made.help = option->get_description();
    made.takes_value = option->get_items_expected_max() > 0;
    made.repeats = option->get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll ||
                   option->get_items_expected_max() > 1;
    if (const auto found = values_.find(option); found != values_.end()) {
      made.values = found->second;
    }
    for (const std::string& name : option->get_lnames()) made.names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) made.names.push_back("-" + name);
    (made.names.empty() ? node.arguments : node.options).push_back(std::move(made));
  }
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) node.commands.push_back(completion_of(sub));
  }
  return node;
}

}  // namespace cli
