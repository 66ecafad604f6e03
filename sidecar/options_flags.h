// Flags of the forms that the sidecar has many of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace sidecar {

inline constexpr std::int64_t kFlagSecondsMax = 86'400;

inline void seconds_flag(CLI::App& app, const char* name, std::int64_t& seconds, const char* help) {
  app.add_option(name, seconds, help)
      ->check(CLI::Range(std::int64_t{1}, kFlagSecondsMax))
      ->capture_default_str();
}

/// May be repeated.
inline void list_flag(CLI::App& app, const char* name, std::vector<std::string>& values,
                      const char* help) {
  app.add_option(name, values, help)->take_all()->allow_extra_args(false);
}

/// A flag that says nothing would take the next one for what it says. Errors: InvalidArgument,
/// naming it.
inline base::Result<> refuse_empty(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (!word.starts_with("--") || !word.ends_with('=')) continue;
    const std::string flag = word.substr(0, word.size() - 1);
    if (flag.find('=') != std::string::npos) continue;  // "--header=NAME=" is the flag's matter
    return base::fail(base::Code::InvalidArgument,
                      flag + " '': is empty; leave the flag out, or say what it is");
  }
  return {};
}

}  // namespace sidecar
