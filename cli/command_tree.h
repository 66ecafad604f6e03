// The commands, options and arguments of `muster`, as the parser of command lines knows them, with
// their help, examples and what the shell may complete. The only place besides options.cpp that
// sees CLI11.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/completion.h"
#include "cli/options.h"

namespace cli {

inline constexpr const char* kVisible = "Commands";  // the group of commands in the help

/// The whole tree, bound to `parsed`: each leaf stores its command when it is the one chosen.
class CommandTree {
 public:
  /// Lifetime: `parsed` outlives it.
  CommandTree(Parsed* parsed, Calling calling);
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  CLI::App& app() { return app_; }
  /// `muster help WORDS`: whether it was asked for, and of which command.
  bool help_wanted() const { return help_->parsed(); }
  const std::vector<std::string>& help_words() const { return help_words_; }
  /// What can be completed; without hidden commands.
  CompletionNode completion() const { return completion_of(&app_); }

 private:
  template <class T>
  CLI::App* leaf(CLI::App* parent, const std::string& name, const std::string& help,
                 std::shared_ptr<T> command, const std::string& examples) {
    CLI::App* sub = parent->add_subcommand(name, help)->group(kVisible);
    sub->footer(footer(examples));
    sub->callback([this, command] { parsed_->command = *command; });
    return sub;
  }
  CLI::App* folder(const std::string& name, const std::string& help, const std::string& examples);
  CLI::Option* option(CLI::App* sub, const std::string& names, std::string& value,
                      const std::string& value_name, const std::string& help, Values values = {});
  CLI::Option* argument(CLI::App* sub, const std::string& name, std::string& value,
                        const std::string& help, Values values);
  void words(CLI::Option* option, std::vector<std::string> allowed);
  void output(CLI::App* sub, Output& output);

  void add_drill();
  void add_drill_run(CLI::App* drill);
  void add_drill_views(CLI::App* drill);
  void add_drill_changes(CLI::App* drill);
  void add_compliance();
  void add_schedule();
  void add_stop();
  void add_validate();
  void add_system();
  void add_evidence();
  void add_small();
  void add_cluster(CLI::App* cluster);
  void add_cluster_run(CLI::App* cluster);
  void add_cluster_changes(CLI::App* cluster);
  void add_cluster_views(CLI::App* cluster);
  void add_cluster_evidence(CLI::App* cluster);
  void add_cluster_namespace(CLI::App* cluster, const char* verb);
  void object_form(CLI::App* sub, ObjectShape& shape);
  void add_cluster_flags(CLI::App* cluster);
  void add_cluster_identity(CLI::App* cluster);
  CLI::Option* repeated(CLI::App* sub, const std::string& name, std::vector<std::string>& values,
                        const std::string& value_name, const std::string& help);
  void add_version();
  void add_help();
  void add_hidden();
  std::string footer(const std::string& examples) const;
  std::string examples(const std::vector<std::string>& lines) const;
  CompletionNode completion_of(const CLI::App* app) const;

  Parsed* parsed_;
  bool in_cluster_ = false;         // the commands that are added are for a cluster
  std::string program_ = "muster";  // what their examples begin with
  std::map<const CLI::Option*, Values> values_;
  std::vector<std::string> help_words_;
  CLI::App* help_ = nullptr;
  CLI::App app_{"Measured disaster-recovery drills: how long users were down, and what was lost.",
                "muster"};
};

}  // namespace cli
