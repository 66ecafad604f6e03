// What muster-redirect asks of the kernel: TCP that comes into this network namespace for one port
// of its own goes to another. And which of them a command line means. Pure.
//
// What a process of the namespace sends to its own addresses does not come in, so a sidecar reaches
// its application under the old number. Traffic that is only passed on to others is left alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace redirect {

/// The exit code of a command line that cannot be used.
inline constexpr int kUsage = 2;

struct Rule {
  std::uint16_t from = 0, to = 0;  // ports
  bool operator==(const Rule&) const = default;
};

using Rules = std::vector<Rule>;

/// "TCP for port 8080 goes to 15001"
std::string words(const Rule& rule);

/// Either rules, or what to print and the exit code (help, usage error).
struct Parsed {
  std::optional<Rules> rules;
  std::string out, err;
  int exit = 0;
};

/// `--port N --to M`: from N to M. `--probes P`: from P to N as well, past M, for those who have to
/// ask the application itself.
/// Errors: usage errors come back as err and exit 2, never as an exception.
Parsed parse(const std::vector<std::string>& arguments, const std::string& version);

}  // namespace redirect
