#include "cli/completion.h"

#include <fmt/format.h>

namespace cli {
namespace {

/// Calls visit(path, node) for the root and every command below it; path is "drill run".
template <class Visit>
void walk(const CompletionNode& node, const std::string& path, const Visit& visit) {
  visit(path, node);
  for (const CompletionNode& sub : node.commands) {
    walk(sub, path.empty() ? sub.name : path + " " + sub.name, visit);
  }
}

std::string words(const CompletionNode& node) {
  std::string out;
  for (const CompletionNode& sub : node.commands) out += sub.name + " ";
  for (const CompletionOption& option : node.options) out += option.name + " ";
  if (!out.empty()) out.pop_back();
  return out;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string bash(const CompletionNode& root) {
  std::string cases;
  walk(root, "", [&](const std::string& path, const CompletionNode& node) {
    cases += fmt::format("    {}) words={} ;;\n", quoted(path), quoted(words(node)));
  });
  return fmt::format(
      "# bash completion for muster: source <(muster completion bash)\n"
      "_muster() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} path= words= word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${{COMP_WORDS[i]}}\n"
      "    [[ $word == -* || $word == */* || $word == *.* ]] && continue\n"
      "    path=${{path:+$path }}$word\n"
      "  done\n"
      "  case $path in\n{}"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  [[ $cur == -* ]] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
      "}}\n"
      "complete -o filenames -F _muster muster\n",
      cases);
}

std::string zsh_described(const std::string& name, const std::string& help) {
  std::string text;
  for (const char c : name + ":" + help) {
    if (c == ':' && text.size() != name.size()) text += '\\';
    text += c;
  }
  return quoted(text);
}

std::string zsh(const CompletionNode& root) {
  std::string cases;
  walk(root, "", [&](const std::string& path, const CompletionNode& node) {
    std::string list;
    for (const CompletionNode& sub : node.commands) list += " " + zsh_described(sub.name, sub.help);
    for (const CompletionOption& option : node.options) {
      list += " " + zsh_described(option.name, option.help);
    }
    cases += fmt::format("    {}) entries=({} ) ;;\n", quoted(path), list);
  });
  return fmt::format(
      "#compdef muster\n"
      "# zsh completion for muster: muster completion zsh > \"${{fpath[1]}}/_muster\"\n"
      "_muster() {{\n"
      "  local -a entries words_before\n"
      "  words_before=(${{words[2,CURRENT-1]:#-*}})\n"
      "  words_before=(${{words_before:#*[./]*}})\n"
      "  case \"${{words_before[*]}}\" in\n{}"
      "  esac\n"
      "  _describe 'muster' entries\n"
      "  _files\n"
      "}}\n"
      "compdef _muster muster\n",
      cases);
}

std::string fish(const CompletionNode& root) {
  std::string out = "# fish completion for muster: muster completion fish | source\n";
  walk(root, "", [&](const std::string& path, const CompletionNode& node) {
    std::string condition;
    if (path.empty()) {
      condition = "__fish_use_subcommand";
    } else {
      std::string word;
      for (const char c : path + " ") {
        if (c != ' ') {
          word += c;
          continue;
        }
        condition += (condition.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
        word.clear();
      }
    }
    for (const CompletionNode& sub : node.commands) {
      out += fmt::format("complete -c muster -n {} -a {} -d {}\n", quoted(condition), sub.name,
                         quoted(sub.help));
    }
    for (const CompletionOption& option : node.options) {
      out += fmt::format("complete -c muster -n {} -l {} -d {}\n", quoted(condition),
                         option.name.substr(2), quoted(option.help));
    }
  });
  return out;
}

}  // namespace

std::string render_completion(const CompletionNode& root, const std::string& shell) {
  if (shell == "bash") return bash(root);
  if (shell == "zsh") return zsh(root);
  if (shell == "fish") return fish(root);
  return "";
}

}  // namespace cli
