#include "sidecar/redirect/rule.h"

#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace redirect {
namespace {

constexpr int kPortMax = 65'535;

struct Raw {
  std::uint16_t port = 0, to = 0, probes = 0;
};

CLI::Option* port_flag(CLI::App& app, const char* name, std::uint16_t& port, const char* help) {
  return app.add_option(name, port, help)->check(CLI::Range(1, kPortMax));
}

/// None of them can be two of the three.
std::string wrong(const Raw& raw) {
  if (raw.to == raw.port) return fmt::format("--to: {} is --port", raw.to);
  if (raw.probes == raw.port) return fmt::format("--probes: {} is --port", raw.probes);
  if (raw.probes == raw.to) return fmt::format("--probes: {} is --to", raw.probes);
  return {};
}

Parsed usage(std::string complaint) {
  return {std::nullopt, {}, fmt::format("error: {}\n", complaint), kUsage};
}

}  // namespace

std::string words(const Rule& rule) {
  return fmt::format("TCP for port {} goes to {}", rule.from, rule.to);
}

Parsed parse(const std::vector<std::string>& arguments, const std::string& version) {
  Raw raw;
  CLI::App app(
      "Leads what comes into this network namespace for a port to another port, by nftables. Needs "
      "NET_ADMIN.",
      "muster-redirect");
  app.set_version_flag("--version", version);
  port_flag(app, "--port", raw.port, "of the application, which stays reachable at 127.0.0.1")
      ->required();
  port_flag(app, "--to", raw.to, "where its traffic goes: the sidecar's port")->required();
  port_flag(app, "--probes", raw.probes, "what comes for this one goes to --port, past --to");
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    Parsed out;
    std::ostringstream said, complained;
    out.exit = app.exit(error, said, complained) == 0 ? 0 : kUsage;
    out.out = said.str();
    out.err = complained.str();
    return out;
  }
  if (std::string complaint = wrong(raw); !complaint.empty()) return usage(std::move(complaint));
  Rules rules = {{raw.port, raw.to}};
  if (raw.probes != 0) rules.push_back({raw.probes, raw.port});
  return {std::move(rules), {}, {}, 0};
}

}  // namespace redirect
