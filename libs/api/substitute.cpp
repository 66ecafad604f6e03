// Placeholders: {name} in the strings of a plan and of a system stands for a value that is known
// only when the target is (a port, a folder, which node is the primary).
#include <algorithm>

#include <fmt/format.h>

#include "api/local_system.h"

namespace api {
namespace {

using base::Code;
using base::fail;
using base::Result;

std::string known_names(const Substitutions& values) {
  std::string out;
  for (const auto& [name, value] : values)
    out += fmt::format("{}{{{}}}", out.empty() ? "" : ", ", name);
  return out.empty() ? "none" : out;
}

Result<void> replace(std::string& text, const Substitutions& values) {
  TRY(text, substitute(text, values));
  return {};
}

Result<void> replace(std::vector<std::string>& texts, const Substitutions& values) {
  for (std::string& text : texts) TRY(replace(text, values));
  return {};
}

Result<void> replace(std::optional<CommandSpec>& command, const Substitutions& values) {
  if (command) TRY(replace(command->argv, values));
  return {};
}

Result<void> replace(ProcessSpec& process, const Substitutions& values) {
  TRY(replace(process.pid_file, values));
  TRY(replace(process.also_pid_files, values));
  TRY(replace(process.start, values));
  TRY(replace(process.stop, values));
  if (process.isolated) {
    TRY(replace(process.isolated->start.argv, values));
    TRY(replace(process.isolated->stop.argv, values));
    TRY(replace(process.isolated->instance, values));
  }
  return {};
}

Result<void> replace(InstanceSpec& instance, const Substitutions& values) {
  TRY(replace(instance.address, values));
  TRY(replace(instance.process, values));
  if (!instance.postgres) return {};
  for (std::string* text : {&instance.postgres->user, &instance.postgres->database,
                            &instance.postgres->password, &instance.postgres->socket_dir}) {
    TRY(replace(*text, values));
  }
  return {};
}

Result<void> replace(ServiceSpec& service, const Substitutions& values) {
  TRY(replace(service.address, values));
  if (!service.haproxy) return {};
  TRY(replace(service.haproxy->socket, values));
  return replace(service.haproxy->backend, values);
}

Result<void> replace(RelaySpec& relay, const Substitutions& values) {
  for (std::string* text : {&relay.listen, &relay.upstream, &relay.control, &relay.delay_millis}) {
    TRY(replace(*text, values));
  }
  return replace(relay.between, values);
}

template <class T>
Result<void> replace_all(std::vector<T>& parts, const Substitutions& values) {
  for (T& part : parts) TRY(replace(part, values));
  return {};
}

}  // namespace

Result<std::string> substitute(std::string_view text, const Substitutions& values) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t brace = text.find('{', at);
    out += text.substr(at, brace - at);
    if (brace == std::string_view::npos) break;
    if (text.substr(brace, 2) == "{{") {
      out += '{';
      at = brace + 2;
      continue;
    }
    const std::size_t end = text.find('}', brace);
    if (end == std::string_view::npos) {
      return fail(
          Code::InvalidArgument,
          fmt::format("\"{}\" opens a brace that is never closed: write {{{{ for a brace", text));
    }
    const std::string_view name = text.substr(brace + 1, end - brace - 1);
    const auto found = values.find(name);
    if (found == values.end()) {
      return fail(
          Code::InvalidArgument,
          fmt::format("{{{}}} stands for nothing here; known are: {}", name, known_names(values)));
    }
    out += found->second;
    at = end + 1;
  }
  return out;
}

Result<Node> substitute(const Node& node, const Substitutions& values) {
  Node out = node;
  if (node.is_string()) {
    TRY(std::string text, substitute(node.as_string(), values));
    out = Node(std::move(text));
    out.mark = node.mark;
  } else if (node.is_sequence()) {
    for (Node& item : out.items()) {
      TRY(item, substitute(item, values));
    }
  } else if (node.is_map()) {
    for (Entry& entry : out.entries()) {
      TRY(entry.value, substitute(entry.value, values));
    }
  }
  return out;
}

Result<LocalSystem> substitute(const LocalSystem& system, const Substitutions& values) {
  LocalSystem out = system;
  for (Need& need : out.needs) TRY(replace(need.command, values));
  for (auto* command : {&out.setup, &out.start, &out.check, &out.stop}) {
    TRY(replace(*command, values));
  }
  TRY(replace_all(out.processes, values));
  TRY(replace_all(out.instances, values));
  TRY(replace_all(out.services, values));
  TRY(replace_all(out.relays, values));
  if (out.resolver) TRY(replace(out.resolver->address, values));
  return out;
}

}  // namespace api
