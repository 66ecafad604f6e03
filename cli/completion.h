// Completion scripts for bash, zsh and fish, rendered from the command tree itself, so that a new
// option completes without another list to keep. Pure.
#pragma once

#include <string>
#include <vector>

namespace cli {

struct CompletionOption {
  std::string name;  // "--profile"
  std::string help;
};
struct CompletionNode {
  std::string name;
  std::string help;
  std::vector<CompletionOption> options;
  std::vector<CompletionNode> commands;
};

/// The script for "bash", "zsh" or "fish"; empty for any other shell.
std::string render_completion(const CompletionNode& root, const std::string& shell);

}  // namespace cli
