#include "cli/options.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "api/field_text.h"
#include "cli/command_tree.h"

namespace cli {
namespace {

constexpr const char* kCompleteWord = "__complete";

/// The deepest command that the words name.
const CLI::App* chosen(const CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

/// "muster drill run"
std::string path_of(const CLI::App* app) {
  return app->get_parent() == nullptr ? app->get_name()
                                      : path_of(app->get_parent()) + " " + app->get_name();
}

std::vector<std::string> commands_of(const CLI::App* app) {
  std::vector<std::string> out;
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) out.push_back(sub->get_name());
  }
  return out;
}

std::vector<std::string> options_of(const CLI::App* app) {
  std::vector<std::string> out;
  for (; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_group().empty()) continue;  // hidden
      for (const std::string& name : option->get_lnames()) out.push_back("--" + name);
    }
  }
  return out;
}

/// "PLAN", or "nothing"; what a command takes besides options.
std::string arguments_of(const CLI::App* app) {
  std::string out;
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) out += (out.empty() ? "" : " ") + option->get_name();
  }
  return out.empty() ? "no arguments" : "only " + out;
}

/// CLI11 calls any stray word "A subcommand is required" or "not expected": say what it is, and
/// what was perhaps meant.
std::string stray_word(const CLI::App* app, const std::string& word) {
  const std::string path = path_of(app);
  if (word.starts_with("-") && word.size() > 1) {
    const std::string name = word.substr(0, word.find('='));
    return fmt::format("'{}' is no option of '{}'.{}", name, path,
                       api::suggest(name, options_of(app)));
  }
  const std::vector<std::string> commands = commands_of(app);
  if (!commands.empty()) {
    return fmt::format("'{}' is no command of '{}'.{} Allowed: {}", word, path,
                       api::suggest(word, commands), api::join(commands));
  }
  return fmt::format("'{}' is one argument too many: '{}' takes {}", word, path, arguments_of(app));
}

/// The first word that no command on the way took; empty: there is none.
std::string first_stray(const CLI::App* app) {
  for (; app != nullptr; app = app->get_parent()) {
    if (const auto left = app->remaining(); !left.empty()) return left.front();
  }
  return "";
}

/// What `muster help WORDS` is about when it is about no command; empty: it is about one.
std::string no_such_command(const CLI::App* app, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const auto subs = app->get_subcommands(
        [&](const CLI::App* sub) { return sub->get_name() == word && !sub->get_group().empty(); });
    if (subs.empty()) return "error: " + stray_word(app, word) + "\n";
    app = subs.front();
  }
  return "";
}

/// "see `muster drill --help`"
std::string where_help_is(const CLI::App* app) {
  return fmt::format("see `{} --help`\n", path_of(app));
}

/// For CLI11 every help that is asked for can be given. What is wrong where the command is none;
/// empty: it is one.
std::string help_of_none(const CLI::App& root) {
  const CLI::App* app = chosen(&root);
  const std::string word = first_stray(app);
  if (word.empty() || word.starts_with("-") || commands_of(app).empty()) return "";
  return "error: " + stray_word(app, word) + "\n" + where_help_is(app);
}

/// CLI11 takes the next word for the value of "--name=", and "=json" for that of "-o=json".
std::vector<std::string> with_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> out;
  bool options = true;  // no "--" yet
  for (const std::string& word : arguments) {
    options = options && word != "--";
    const bool is_short = options && word.size() > 2 && word[0] == '-' && word[1] != '-';
    if (is_short && word[2] == '=') {
      out.push_back(word.substr(0, 2));
      out.push_back(word.substr(3));
      continue;
    }
    const bool empty = options && word.starts_with("--") && word.find('=') == word.size() - 1;
    out.push_back(empty ? word.substr(0, word.size() - 1) : word);
    if (empty) out.emplace_back();
  }
  return out;
}

std::string usage_error(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App* app = chosen(&root);
  const std::string more = where_help_is(app);
  const int code = error.get_exit_code();  // the name of an ExtrasError is that of its command
  const bool required = code == static_cast<int>(CLI::ExitCodes::RequiredError);
  const bool stray = required || code == static_cast<int>(CLI::ExitCodes::ExtrasError);
  if (const std::string word = first_stray(app); stray && !word.empty()) {
    return "error: " + stray_word(app, word) + "\n" + more;
  }
  if (required && !commands_of(app).empty()) {
    return "error: '" + path_of(app) + "' needs a command\n\n" + root.help();
  }
  return fmt::format("error: {}: {}\n{}", path_of(app), error.what(), more);
}

}  // namespace

Calling calling_of(std::string_view program) {
  const std::string_view name = program.substr(program.rfind('/') + 1);
  if (name == "kubectl-muster") return Calling::KubectlPlugin;
  return name == "kubectl_complete-muster" ? Calling::KubectlComplete : Calling::Muster;
}

Parsed parse(const std::vector<std::string>& arguments, Calling calling) {
  Parsed parsed;
  parsed.global.calling = calling;
  // Words of an unfinished line: not for the parser, which would judge them.
  if (calling == Calling::KubectlComplete) {
    parsed.command = Complete{arguments, calling};
    return parsed;
  }
  if (!arguments.empty() && arguments.front() == kCompleteWord) {
    parsed.command = Complete{{arguments.begin() + 1, arguments.end()}, calling};
    return parsed;
  }
  CommandTree tree(&parsed, calling);
  std::vector<std::string> words = with_empty_values(arguments);
  std::reverse(words.begin(), words.end());
  try {
    tree.app().parse(words);
  } catch (const CLI::Success& wanted) {  // help or version
    parsed.command.reset();
    const bool of_help = dynamic_cast<const CLI::CallForHelp*>(&wanted) != nullptr;
    if (of_help) parsed.err = help_of_none(tree.app());
    if (!parsed.err.empty()) {
      parsed.exit = Exit::Usage;
      return parsed;
    }
    std::ostringstream out;
    tree.app().exit(wanted, out, out);
    parsed.out = out.str();
    return parsed;
  } catch (const CLI::ParseError& error) {
    parsed.command.reset();
    parsed.err = usage_error(tree.app(), error);
    parsed.exit = Exit::Usage;
    return parsed;
  }
  if (tree.help_wanted()) {
    std::vector<std::string> line = tree.help_words();
    parsed.err = no_such_command(&tree.app(), line);
    if (!parsed.err.empty()) {
      parsed.exit = Exit::Usage;
      return parsed;
    }
    line.emplace_back("--help");
    return parse(line, calling);
  }
  return parsed;
}

CompletionNode command_words(Calling calling) {
  Parsed parsed;
  return CommandTree(&parsed, calling).completion();
}

}  // namespace cli
