// The command line of `muster` as data. parse() is the only place that sees CLI11; every command
// is a struct, so that a command can be tested without a process, and what a shell completes comes
// from the same tree that parses (cli/command_tree.h).
//
// Exit codes (docs/cli.md): 0 objectives and criteria met · 1 error · 2 usage or invalid plan ·
// 3 something was missed · 4 inconclusive or invalid · 130 interrupted, after everything was
// undone; of a drill in a cluster: while it goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/cluster_options.h"
#include "cli/completion.h"

namespace cli {

enum class Exit : int {
  Ok = 0,
  Error = 1,
  Usage = 2,
  Missed = 3,
  Inconclusive = 4,
  Interrupted = 130
};
enum class Output : std::uint8_t { Table, Json, Yaml };

/// `muster drill run PLAN.yaml`
struct DrillRun {
  std::string plan;
  std::string profile;  // empty: the plan's own timing
  std::vector<std::string> sets;
  bool dry_run = false;
  bool keep_system = false;  // leave a system that this run started running
  Output output = Output::Table;
  std::string metrics_listen;  // HOST:PORT; empty: none
  std::string metrics_file;    // for the textfile collector; empty: none
  std::string schedule, slot;  // hidden: what it was started for; empty: by hand
  std::string second_vantage;  // hidden: the socket of one; empty: there is none
};
struct DrillList {
  Output output = Output::Table;
};
struct DrillShow {
  std::string drill;
  Output output = Output::Table;
};
struct DrillWatch {
  std::string drill;
};
struct DrillAbort {
  std::string drill;
  std::string reason;
};
/// `muster drill approve DRILL STEP`
struct DrillApprove {
  std::string drill, step;
};
/// `muster drill report DRILL [--format html|json|junit|edn|text] [--to FILE]`
struct DrillReport {
  std::string drill;
  std::string format = "text";
  std::string to;
};
/// `muster compliance [PLAN…]`
struct Compliance {
  std::vector<std::string> plans;  // names or files; none: every plan with a drill
  std::string since, profile;
  std::string format = "table";  // json, yaml, html
  std::string to;                // a file instead of stdout
};
struct DrillRecover {
  std::string drill;  // empty: every drill here that needs it
};
/// `muster schedule run FILE…`
struct ScheduleRun {
  std::vector<std::string> files;
  std::string clock_from;  // hidden, for tests: the clock begins there; empty: it is the system's
};
/// `muster schedule next FILE [-n 5] [--from TIME]`
struct ScheduleNext {
  std::string file;
  int count = 5;
  std::string from;  // empty: now
  Output output = Output::Table;
};
struct ScheduleList {
  Output output = Output::Table;
};
struct Stop {
  int timeout_seconds = 600;
};
struct Validate {
  std::vector<std::string> files;
};
struct Version {
  Output output = Output::Table;
};
struct Completion {
  std::string shell;
};
/// As what the program was called.
enum class Calling : std::uint8_t {
  Muster,
  KubectlPlugin,    // kubectl-muster: `kubectl muster …`
  KubectlComplete,  // kubectl_complete-muster, which kubectl asks at a TAB
};
/// Of argv[0]. Source: Kubernetes documentation, "Extend kubectl with plugins".
Calling calling_of(std::string_view program);

/// Hidden: what a completion script asks at a TAB. The words after `muster`, the last one
/// unfinished.
struct Complete {
  std::vector<std::string> words;
  Calling calling = Calling::Muster;
};
/// `muster system start|stop|status FILE`: a local system by hand; the file is a plan or a system.
struct System {
  std::string verb;
  std::string file;
};
/// `muster verify BUNDLE`: a file, or a drill of this machine.
struct Verify {
  std::string bundle;
  std::string trust;  // a trust list; empty: this machine's own
  Output output = Output::Table;
};
/// `muster keys show|generate`
struct Keys {
  std::string verb;
};
/// `muster audit show|verify`
struct Audit {
  std::string verb;
  std::string drill;  // its id or the beginning of it; empty: all
  std::string since;  // a date or a time, UTC; empty: from the beginning
  Output output = Output::Table;
};
struct Schema {
  std::string kind;
};
/// Hidden: processes of their own that a drill starts.
struct Relay {
  std::string name, listen, upstream, control, pid_file;
  std::int64_t delay_millis = 0;
};
struct Responder {
  std::vector<std::string> arguments;
};

/// Hidden: undoes a drill whose process dies.
struct Guardian {
  std::string drill;
  std::int64_t drill_pid = 0, silence_seconds = 0;
};

/// Hidden: measures a drill of this machine from a second process.
struct Vantage {
  std::string socket;
};

using Command =
    std::variant<DrillRun, DrillList, DrillShow, DrillWatch, DrillAbort, DrillApprove, DrillReport,
                 DrillRecover, Compliance, ScheduleRun, ScheduleNext, ScheduleList, Stop, Validate,
                 Version, Completion, Complete, System, Verify, Keys, Audit, Schema, Relay,
                 Responder, Guardian, Vantage, ClusterRun, ClusterWatch, ClusterAbort,
                 ClusterApprove, ClusterStatus, ClusterReport, ClusterVerify, ClusterNamespace>;

/// Options of every command.
struct Global {
  std::string state_dir;  // empty: the default, see runner/state_dir.h
  ClusterFlags cluster;   // of the commands for a cluster
  Calling calling = Calling::Muster;
};

/// Either a command to run, or what to print and the exit code (help, usage error).
struct Parsed {
  std::optional<Command> command;
  Global global;
  std::string out, err;
  Exit exit = Exit::Ok;
};

/// Errors: usage errors come back as err and Exit::Usage, never as an exception.
Parsed parse(const std::vector<std::string>& arguments, Calling calling = Calling::Muster);

/// Every command, option and argument, for completion.
CompletionNode command_words(Calling calling = Calling::Muster);

}  // namespace cli
