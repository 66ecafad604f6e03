#include "cli/completion.h"

#include <algorithm>

namespace cli {
namespace {

/// A word as the shell would pass it on: bash hands over what was typed, with its quotes.
std::string dequoted(const std::string& word) {
  std::string out;
  char quote = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < word.size()) {
      out += word[++i];
    } else {
      out += c;
    }
  }
  return out;
}

/// bash splits at '=': "--output", "=", "js" are one word, "--output=js".
std::vector<std::string> joined_at_equals(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = dequoted(words[i]);
    if (word != "=" || out.empty()) {
      out.push_back(word);
      continue;
    }
    out.back() += "=";
    if (i + 1 < words.size()) out.back() += dequoted(words[++i]);
  }
  return out;
}

const CompletionOption* option_named(const std::vector<const CompletionNode*>& path,
                                     const std::string& name) {
  for (const CompletionNode* node : path) {
    for (const CompletionOption& option : node->options) {
      if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) {
        return &option;
      }
    }
  }
  return nullptr;
}

const CompletionNode* command_named(const CompletionNode& node, const std::string& name) {
  const auto found = std::find_if(node.commands.begin(), node.commands.end(),
                                  [&](const CompletionNode& sub) { return sub.name == name; });
  return found == node.commands.end() ? nullptr : &*found;
}

/// Reads the finished words of the line and says what the last one may be.
class Line {
 public:
  explicit Line(const CompletionNode& root) : root_(root), path_{&root} {}

  void finished(const std::string& word) {
    if (pending_ != nullptr) {
      value(*pending_, word);
      pending_ = nullptr;
    } else if (!only_arguments_ && word == "--") {
      only_arguments_ = true;
    } else if (!only_arguments_ && word.starts_with("-") && word.size() > 1) {
      option(word);
    } else if (const CompletionNode* sub = command_named(*path_.back(), word)) {
      path_.push_back(sub);
    } else {
      arguments_.push_back(word);
    }
  }

  Wanted at(const std::string& last) {
    wanted_.prefix = last;
    if (!arguments_.empty()) wanted_.plan = arguments_.front();
    const std::size_t equals = last.find('=');
    if (pending_ != nullptr) {
      values(*pending_, "");
    } else if (!only_arguments_ && last.starts_with("--") && equals != std::string::npos) {
      const CompletionOption* option = option_named(path_, last.substr(0, equals));
      wanted_.prefix = last.substr(equals + 1);
      if (option != nullptr) values(*option, "");
    } else if (!only_arguments_ && last.starts_with("-")) {
      options();
    } else {
      commands(*path_.back());
      argument();
    }
    return wanted_;
  }

 private:
  void option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const CompletionOption* found = option_named(path_, word.substr(0, equals));
    // "-ojson": a short name with its value.
    const bool glued = found == nullptr && !word.starts_with("--") && word.size() > 2;
    if (glued) found = option_named(path_, word.substr(0, 2));
    if (found == nullptr) return;
    used_.push_back(found);
    if (!found->takes_value) {
      wanted_.options[found->names.front()] = "";
      return;
    }
    if (glued) {
      value(*found, word.substr(2));
    } else if (equals == std::string::npos) {
      pending_ = found;
    } else {
      value(*found, word.substr(equals + 1));
    }
  }

  void value(const CompletionOption& option, const std::string& word) {
    if (option.names.front() == "--state-dir") wanted_.state_dir = word;
    wanted_.options[option.names.front()] = word;
    if (option.repeats) wanted_.repeated.emplace_back(option.names.front(), word);
  }

  void offer(const std::string& word, const std::string& help) {
    if (word.starts_with(wanted_.prefix)) wanted_.candidates.push_back({word, help});
  }

  void options() {
    for (auto node = path_.rbegin(); node != path_.rend(); ++node) {
      for (const CompletionOption& option : (*node)->options) {
        const bool given = std::find(used_.begin(), used_.end(), &option) != used_.end();
        const std::string& name = option.names.front();
        const bool again = node != path_.rbegin() && option_named({path_.back()}, name) != nullptr;
        const bool root_only = node != path_.rbegin() && name == "--version";
        if (again || root_only || (given && !option.repeats)) continue;
        offer(name, option.help);
      }
    }
  }

  void commands(const CompletionNode& node) {
    for (const CompletionNode& sub : node.commands) offer(sub.name, sub.help);
  }

  void argument() {
    const std::vector<CompletionOption>& takes = path_.back()->arguments;
    if (takes.empty()) return;
    const std::size_t index = std::min(arguments_.size(), takes.size() - 1);
    if (arguments_.size() > index && !takes[index].repeats) return;
    values(takes[index], takes[index].help);
  }

  void values(const CompletionOption& option, const std::string& help) {
    wanted_.kind = option.values.kind;
    for (const std::string& word : option.values.words) offer(word, help);
    if (option.values.kind != ValueKind::Command) return;
    const CompletionNode* at = &root_;
    for (const std::string& word : arguments_) {
      at = command_named(*at, word);
      if (at == nullptr) return;
    }
    commands(*at);
  }

  const CompletionNode& root_;
  std::vector<const CompletionNode*> path_;
  std::vector<std::string> arguments_;
  std::vector<const CompletionOption*> used_;
  const CompletionOption* pending_ = nullptr;  // its value is the next word
  bool only_arguments_ = false;                // after "--"
  Wanted wanted_;
};

}  // namespace

Wanted complete(const CompletionNode& root, const std::vector<std::string>& words) {
  std::vector<std::string> line = joined_at_equals(words);
  if (line.empty()) line.emplace_back();
  Line state(root);
  for (std::size_t i = 0; i + 1 < line.size(); ++i) state.finished(line[i]);
  return state.at(line.back());
}

std::string completion_answer(const Wanted& wanted) {
  std::string out = ":none\n";
  if (wanted.kind == ValueKind::File) out = ":files\n";
  if (wanted.kind == ValueKind::Folder) out = ":folders\n";
  if (wanted.kind == ValueKind::Yaml || wanted.kind == ValueKind::Plan) out = ":yaml\n";
  for (const Candidate& candidate : wanted.candidates) {
    out += candidate.word + "\t" + candidate.help + "\n";
  }
  return out;
}

std::string kubectl_completion_answer(const Wanted& wanted) {
  std::string out;
  for (const Candidate& candidate : wanted.candidates) {
    out += candidate.word + "\t" + candidate.help + "\n";
  }
  switch (wanted.kind) {
    case ValueKind::File:
    case ValueKind::Yaml: return out + ":0\n";     // and files
    case ValueKind::Folder: return out + ":16\n";  // and folders
    default: return out + ":4\n";                  // and nothing
  }
}

}  // namespace cli
