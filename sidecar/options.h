// The command line as data: only parse() and what it calls (user_options.h, options_database.h) see
// CLI11.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sidecar/settings.h"

namespace sidecar {

/// Of the file of --config.
inline constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20U;
/// The exit code of flags and files that cannot be used.
inline constexpr int kUsage = 2;

/// Either settings to run with, or what to print and the exit code (help, usage error).
struct Parsed {
  std::optional<Settings> settings;
  bool check_only = false;               // --check-config
  std::string config_file, config_text;  // of --config; empty: there is none
  bool config_optional = false;          // --config-optional
  std::string out, err;
  int exit = 0;
};

using ReadFile = std::function<base::Result<std::string>(const std::string& path)>;

/// `read`: of the file that --config names; what it says stands before the other flags, which win.
/// Errors: usage errors come back as err and exit 2, never as an exception.
Parsed parse(const std::vector<std::string>& arguments, const std::string& version,
             const ReadFile& read);

/// net::parse_upstream() and net::parse_listen() of a flag.
/// Errors: InvalidArgument, naming the flag and the text.
base::Result<HostPort> parse_upstream(std::string_view flag, std::string_view text);
base::Result<HostPort> parse_listen(std::string_view flag, std::string_view text);
std::string to_string(const HostPort& address);

}  // namespace sidecar
