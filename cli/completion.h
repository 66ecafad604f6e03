// What a shell offers at a TAB. The scripts for bash, zsh and fish are a few lines each: they ask
// `muster __complete WORDS`, so that a new command or option completes everywhere without another
// list to keep, and ids of drills and profiles of a plan come from where they are.
//
// The answer is lines of text. The first one says what the shell adds of its own: ":none",
// ":files", ":folders" or ":yaml" (files of YAML, and folders on the way to them). Each other line
// is a word, and after a tab what it means. Pure, but for what is looked up elsewhere (`Wanted`).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cli {

/// What an option or argument takes.
enum class ValueKind : std::uint8_t {
  Any,  // nothing to offer
  Words,
  File,
  Folder,
  Yaml,
  Drill,
  RunningDrill,
  DeadDrill,  // one to recover
  Plan,       // a name that drills have, or a file
  Profile,    // of the plan on the line
  Command,    // the words after `muster help`
  ClusterPlan,
  ClusterDrill,
  ClusterRunningDrill,  // one that has not ended
  Namespace,
  Context,  // of the kubeconfig
};

struct Values {
  ValueKind kind = ValueKind::Any;
  std::vector<std::string> words;  // of ValueKind::Words
};

struct CompletionOption {
  std::vector<std::string> names;  // "--output", "-o"; none: an argument
  std::string help;
  bool takes_value = false;
  bool repeats = false;
  Values values;
};

struct CompletionNode {
  std::string name;
  std::string help;
  std::vector<CompletionOption> options;
  std::vector<CompletionOption> arguments;
  std::vector<CompletionNode> commands;
};

struct Candidate {
  std::string word;
  std::string help;
  bool operator==(const Candidate&) const = default;
};

/// What fits at the cursor: words, and what has to be looked up.
struct Wanted {
  std::vector<Candidate> candidates;  // those that begin as the last word does
  ValueKind kind = ValueKind::Any;    // what else fits: files, drills, profiles
  std::string prefix;                 // of the last word, which those have to begin with
  std::string plan;                   // the first argument on the line: the plan of a profile
  std::string state_dir;              // of --state-dir on the line
  std::map<std::string, std::string>
      options{};  // the others, by their first name; a flag's is empty, of several the last
  std::vector<std::pair<std::string, std::string>> repeated{};  // those that may be, in order
};

/// `words` are those after the program's name, as the shell split them; the last one is where the
/// cursor is, and may be empty.
Wanted complete(const CompletionNode& root, const std::vector<std::string>& words);

/// The answer to the script, in the form described above.
std::string completion_answer(const Wanted& wanted);
/// The answer to kubectl: words, and a line with what its shell adds of its own.
/// Source: spf13/cobra, ShellCompDirective; Kubernetes documentation, "Extend kubectl with
/// plugins".
std::string kubectl_completion_answer(const Wanted& wanted);

/// The script for "bash", "zsh" or "fish"; empty for any other shell.
std::string completion_script(const std::string& shell);

}  // namespace cli
