// Flags of the forms that the sidecar has many of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

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

}  // namespace sidecar
