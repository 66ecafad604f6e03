// A system of processes on one machine that can be drilled: what `target.local` of a plan names.
// A file of kind LocalSystem, or the same fields inline in the plan. docs/systems.md is its guide.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "api/node.h"
#include "api/problem.h"

namespace api {

/// A program with arguments, run in {home}; no shell.
struct CommandSpec {
  std::vector<std::string> argv;
  std::int64_t timeout_seconds = 60;
};
struct Need {
  std::string command;  // looked up in PATH, or a path
  std::string package;  // what to install
};
struct SystemParameter {
  std::string name, otherwise /* default */, description;
};
struct IsolatedSpec {
  CommandSpec start, stop;
  std::string instance;  // where it answers while isolated
};
struct ProcessSpec {
  std::string name, pid_file;
  std::vector<std::string> also_pid_files;  // further roots: the process is all their trees
  std::optional<CommandSpec> start, stop;
  std::optional<IsolatedSpec> isolated;
};
struct PostgresSpec {
  std::string user, database, password, socket_dir;
};
struct InstanceSpec {
  std::string name, address, process;
  std::optional<PostgresSpec> postgres;
};
struct HaproxySpec {
  std::string socket, backend;
};
struct ServiceSpec {
  std::string name, address;
  std::optional<HaproxySpec> haproxy;
};
struct RelaySpec {
  std::string name, listen, upstream, control;
  std::vector<std::string> between;  // two peers
  std::string delay_millis;          // a number after substitution
};

/// The name server at which the host names of the system's addresses are looked up.
struct ResolverSpec {
  std::string address;
};

struct LocalSystem {
  std::string name, description;
  std::string home;  // folder of the file
  bool drillable = false;
  std::vector<Need> needs;
  std::vector<std::string> ports;
  std::vector<SystemParameter> parameters;
  std::optional<CommandSpec> setup, start, check, stop;
  std::vector<ProcessSpec> processes;
  std::vector<InstanceSpec> instances;
  std::vector<ServiceSpec> services;
  std::vector<RelaySpec> relays;
  std::optional<ResolverSpec> resolver;  // nothing: the machine's own

  const ProcessSpec* process(std::string_view name) const;
  const InstanceSpec* instance(std::string_view name) const;
  const ServiceSpec* service(std::string_view name) const;
  const RelaySpec* relay(std::string_view name) const;
};

/// Parses a document of kind LocalSystem (or the inline form of a plan).
tl::expected<LocalSystem, Problems> parse_local_system(const Node& document,
                                                       const std::string& file);
Node to_node(const LocalSystem& system);

/// What placeholders stand for: {dir}, {home}, {port.a}, {param.x}, {address.a}, {service}, roles.
using Substitutions = std::map<std::string, std::string, std::less<>>;
/// Replaces every {name}; "{{" is a brace.
/// Errors: InvalidArgument naming the unknown placeholder and those that are known.
base::Result<std::string> substitute(std::string_view text, const Substitutions& values);
inline base::Result<std::string> substitute(const std::string& text, const Substitutions& values) {
  return substitute(std::string_view(text), values);
}
inline base::Result<std::string> substitute(const char* text, const Substitutions& values) {
  return substitute(std::string_view(text), values);
}
/// The same in every string of a tree.
base::Result<Node> substitute(const Node& node, const Substitutions& values);
/// The system with every string resolved.
base::Result<LocalSystem> substitute(const LocalSystem& system, const Substitutions& values);

}  // namespace api
