#include "cli/options.h"

#include <memory>
#include <sstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "cli/completion.h"

namespace cli {
namespace {

Output output_of(const std::string& word) {
  if (word == "json") return Output::Json;
  return word == "yaml" ? Output::Yaml : Output::Table;
}

/// The whole tree, bound to `parsed`: each leaf stores its command when it is the one chosen.
class Tree {
 public:
  explicit Tree(Parsed* parsed) : parsed_(parsed) {
    app_.require_subcommand(1);
    app_.option_defaults()->always_capture_default();
    app_.set_help_all_flag("--help-all", "help of every command");
    app_.add_option("--state-dir", parsed->global.state_dir,
                    "where drills, systems and the history are kept")
        ->envname("MUSTER_STATE_DIR");
    app_.add_flag("-v,--verbose", parsed->global.verbose, "say more on stderr");
    app_.fallthrough();
    add_drill();
    add_schedule();
    add_stop();
    add_validate();
    add_system();
    add_small();
    add_hidden();
  }

  CLI::App& app() { return app_; }

 private:
  template <class T>
  CLI::App* leaf(CLI::App* parent, const std::string& name, const std::string& help,
                 std::shared_ptr<T> command) {
    CLI::App* sub = parent->add_subcommand(name, help);
    sub->callback([this, command] { parsed_->command = *command; });
    return sub;
  }

  static void add_output(CLI::App* sub, Output& output) {
    sub->add_option_function<std::string>(
           "-o,--output", [&output](const std::string& word) { output = output_of(word); },
           "table (default), json or yaml")
        ->check(CLI::IsMember({"table", "json", "yaml"}));
  }

  void add_drill() {
    CLI::App* drill = app_.add_subcommand("drill", "run drills and look at them");
    drill->require_subcommand(1);
    add_drill_run(drill);
    auto list = std::make_shared<DrillList>();
    add_output(leaf(drill, "list", "drills of this machine, newest first", list), list->output);
    auto show = std::make_shared<DrillShow>();
    CLI::App* sub = leaf(drill, "show", "one drill: state, measurements, verdicts", show);
    sub->add_option("DRILL", show->drill, "its id, or 'last'")->required();
    add_output(sub, show->output);
    auto watch = std::make_shared<DrillWatch>();
    leaf(drill, "watch", "follow a running drill", watch)
        ->add_option("DRILL", watch->drill, "its id, or 'last'")
        ->required();
    auto abort = std::make_shared<DrillAbort>();
    sub = leaf(drill, "abort", "end a running drill and undo what it did", abort);
    sub->add_option("DRILL", abort->drill, "its id, or 'last'")->required();
    sub->add_option("--reason", abort->reason, "goes into the report");
    auto report = std::make_shared<DrillReport>();
    sub = leaf(drill, "report", "print or write a drill's report", report);
    sub->add_option("DRILL", report->drill, "its id, or 'last'")->required();
    sub->add_option("--format", report->format, "text, html, json, junit or edn")
        ->check(CLI::IsMember({"text", "html", "json", "junit", "edn"}));
    sub->add_option("--to", report->to, "a file instead of stdout");
    auto recover = std::make_shared<DrillRecover>();
    leaf(drill, "recover", "undo what a drill that died left behind", recover)
        ->add_option("DRILL", recover->drill, "its id; without one: every drill that needs it");
  }

  void add_drill_run(CLI::App* drill) {
    auto run = std::make_shared<DrillRun>();
    CLI::App* sub = leaf(drill, "run", "run a plan against its target", run);
    sub->add_option("PLAN", run->plan, "a RecoveryPlan file")->required();
    sub->add_option("--profile", run->profile, "a named set of timing of the plan: quick, full");
    sub->add_option("--set", run->sets, "override a field: spec.timing.baselineSeconds=30")
        ->take_all()
        ->expected(1);
    sub->add_flag("--dry-run", run->dry_run,
                  "check everything, print what would be done, do nothing");
    sub->add_flag("--keep-system", run->keep_system,
                  "leave the system running that this run started");
    sub->add_option("--metrics-listen", run->metrics_listen,
                    "HOST:PORT for Prometheus, e.g. 127.0.0.1:9464");
    add_output(sub, run->output);
    sub->add_option("--asked-by-schedule", run->schedule)->group("");
    sub->add_option("--slot", run->slot)->group("");
  }

  void add_schedule() {
    CLI::App* schedule = app_.add_subcommand("schedule", "run drills at their times");
    schedule->require_subcommand(1);
    auto run = std::make_shared<ScheduleRun>();
    CLI::App* sub = leaf(schedule, "run", "serve schedules until SIGINT or SIGTERM", run);
    sub->add_option("FILE", run->files, "DrillSchedule files")->required();
    sub->add_option("--clock-from", run->clock_from)->group("");
    auto next = std::make_shared<ScheduleNext>();
    sub = leaf(schedule, "next", "the slots to come, and whether they would start", next);
    sub->add_option("FILE", next->file, "a DrillSchedule file")->required();
    sub->add_option("-n,--count", next->count, "how many")->check(CLI::Range(1, 10000));
    sub->add_option("--from", next->from,
                    "a time with an offset, or as the schedule's clock reads it; default: now");
    add_output(sub, next->output);
    auto list = std::make_shared<ScheduleList>();
    add_output(leaf(schedule, "list", "the schedules that were served on this machine", list),
               list->output);
  }

  void add_stop() {
    auto stop = std::make_shared<Stop>();
    leaf(&app_, "stop", "abort and undo every drill on this machine", stop)
        ->add_option("--timeout-seconds", stop->timeout_seconds, "how long to wait for the undos")
        ->check(CLI::Range(1, 86400));
  }

  void add_validate() {
    auto validate = std::make_shared<Validate>();
    leaf(&app_, "validate", "check plans and systems without touching anything", validate)
        ->add_option("FILE", validate->files, "YAML files")
        ->required();
  }

  void add_system() {
    CLI::App* system = app_.add_subcommand("system", "start, stop or look at a local system");
    system->require_subcommand(1);
    const std::pair<const char*, const char*> verbs[] = {
        {"start", "set up and start it, and leave it running"},
        {"stop", "stop it and remove its directory"},
        {"status", "what runs, and on which ports"}};
    for (const auto& [verb, help] : verbs) {
      auto command = std::make_shared<System>();
      command->verb = verb;
      leaf(system, verb, help, command)
          ->add_option("PLAN", command->file, "the plan whose target it is")
          ->required();
    }
  }

  void add_small() {
    auto version = std::make_shared<Version>();
    add_output(leaf(&app_, "version", "version and build", version), version->output);
    auto schema = std::make_shared<Schema>();
    leaf(&app_, "schema", "print a JSON Schema", schema)
        ->add_option("KIND", schema->kind,
                     "Resource (RecoveryPlan, LocalSystem, DrillSchedule) or Report")
        ->required()
        ->check(CLI::IsMember({"Resource", "Report"}));
    auto completion = std::make_shared<Completion>();
    leaf(&app_, "completion", "print a completion script", completion)
        ->add_option("SHELL", completion->shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  void add_hidden() {
    auto relay = std::make_shared<Relay>();
    CLI::App* sub = leaf(&app_, "relay", "a TCP relay that can fail on request", relay);
    sub->group("");
    sub->add_option("--name", relay->name)->required();
    sub->add_option("--listen", relay->listen)->required();
    sub->add_option("--upstream", relay->upstream)->required();
    sub->add_option("--control", relay->control)->required();
    sub->add_option("--pid-file", relay->pid_file);
    sub->add_option("--delay-millis", relay->delay_millis)->check(CLI::Range(0, 600000));
    auto responder = std::make_shared<Responder>();
    sub = leaf(&app_, "responder", "the reference responder and control target", responder);
    sub->group("");
    sub->add_option("ARGUMENT", responder->arguments);
  }

  Parsed* parsed_;
  CLI::App app_{"Measured disaster-recovery drills: how long users were down, and what was lost.",
                "muster"};
};

/// CLI11 calls any stray word "A subcommand is required": find the word and what fits there.
std::string unknown_command(const CLI::App* app, const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word.starts_with("-")) return "";
    const auto subs =
        app->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
    if (subs.empty()) return "";
    const CLI::App* next = nullptr;
    std::string names;
    for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
      if (sub->get_name() == word) next = sub;
      if (!sub->get_group().empty()) names += (names.empty() ? "" : ", ") + sub->get_name();
    }
    if (next == nullptr) {
      return "'" + word + "' is no command of '" + app->get_name() + "'; allowed: " + names + "\n";
    }
    app = next;
  }
  return "";
}

CompletionNode completion_node(const CLI::App* app) {
  CompletionNode node{app->get_name(), app->get_description(), {}, {}};
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) {
      node.options.push_back({"--" + name, option->get_description()});
    }
  }
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) node.commands.push_back(completion_node(sub));
  }
  return node;
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments) {
  Parsed parsed;
  Tree tree(&parsed);
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    tree.app().parse(reversed);
  } catch (const CLI::ParseError& error) {
    parsed.command.reset();
    std::ostringstream out;
    std::ostringstream err;
    const bool help = tree.app().exit(error, out, err) == 0;
    parsed.out = out.str();
    parsed.err = err.str();
    parsed.exit = help ? Exit::Ok : Exit::Usage;
    if (const std::string why = help ? "" : unknown_command(&tree.app(), arguments); !why.empty()) {
      parsed.err = why;
    }
  }
  return parsed;
}

std::string completion_script(const std::string& shell) {
  Parsed parsed;
  Tree tree(&parsed);
  return render_completion(completion_node(&tree.app()), shell);
}

}  // namespace cli
