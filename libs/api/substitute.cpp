#include <algorithm>

#include <fmt/format.h>

#include "api/local_system.h"
#include "api/text.h"

namespace api {
namespace {

base::Result<std::string> value_of(std::string_view name, const Substitutions& values) {
  if (const auto found = values.find(name); found != values.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [key, value] : values) known.push_back(key);
  const std::string meant = nearest(name, known);
  return base::fail(
      base::Code::InvalidArgument,
      fmt::format("the placeholder {{{}}} is not known: {}known are {} (a literal brace is {{{{)",
                  brief(name), meant.empty() ? "" : fmt::format("did you mean {{{}}}? ", meant),
                  join(known)));
}

base::Result<> resolve(CommandSpec& command, const Substitutions& values) {
  for (std::string& argument : command.argv) {
    TRY(argument, substitute(argument, values));
  }
  return {};
}

base::Result<> resolve(std::optional<CommandSpec>& command, const Substitutions& values) {
  return command ? resolve(*command, values) : base::Result<>{};
}

base::Result<> resolve(ProcessSpec& process, const Substitutions& values) {
  TRY(process.pid_file, substitute(process.pid_file, values));
  for (std::string& file : process.also_pid_files) {
    TRY(file, substitute(file, values));
  }
  TRY(resolve(process.start, values));
  TRY(resolve(process.stop, values));
  if (process.isolated) {
    TRY(resolve(process.isolated->start, values));
    TRY(resolve(process.isolated->stop, values));
  }
  return {};
}

base::Result<> resolve(InstanceSpec& instance, const Substitutions& values) {
  TRY(instance.address, substitute(instance.address, values));
  if (!instance.postgres) return {};
  PostgresSpec& postgres = *instance.postgres;
  for (std::string* text :
       {&postgres.user, &postgres.database, &postgres.password, &postgres.socket_dir}) {
    TRY(*text, substitute(*text, values));
  }
  return {};
}

base::Result<> resolve(ServiceSpec& service, const Substitutions& values) {
  TRY(service.address, substitute(service.address, values));
  if (!service.haproxy) return {};
  TRY(service.haproxy->socket, substitute(service.haproxy->socket, values));
  TRY(service.haproxy->backend, substitute(service.haproxy->backend, values));
  return {};
}

base::Result<> resolve(RelaySpec& relay, const Substitutions& values) {
  for (std::string* text : {&relay.listen, &relay.upstream, &relay.control, &relay.delay_millis}) {
    TRY(*text, substitute(*text, values));
  }
  return {};
}

}  // namespace

base::Result<std::string> substitute(std::string_view text, const Substitutions& values) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    if (text.empty()) break;
    if (text.starts_with("{{")) {
      out += '{';
      text.remove_prefix(2);
      continue;
    }
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) {
      return base::fail(
          base::Code::InvalidArgument,
          fmt::format("'{}' has no closing brace (a literal brace is {{{{)", brief(text)));
    }
    TRY(const std::string value, value_of(text.substr(1, close - 1), values));
    out += value;
    text.remove_prefix(close + 1);
  }
  return out;
}

base::Result<Node> substitute(const Node& node, const Substitutions& values) {
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
      auto value = substitute(entry.value, values);
      if (!value) return tl::unexpected(value.error().with(entry.key));
      entry.value = std::move(*value);
    }
  }
  return out;
}

base::Result<LocalSystem> substitute(const LocalSystem& system, const Substitutions& values) {
  LocalSystem out = system;
  for (Need& need : out.needs) {
    TRY(need.command, substitute(need.command, values));
  }
  for (std::optional<CommandSpec>* command : {&out.setup, &out.start, &out.check, &out.stop}) {
    TRY(resolve(*command, values));
  }
  const auto each = [&values](auto& specs) -> base::Result<> {
    for (auto& spec : specs) {
      if (auto done = resolve(spec, values); !done) {
        return tl::unexpected(done.error().with(spec.name));
      }
    }
    return {};
  };
  TRY(each(out.processes));
  TRY(each(out.instances));
  TRY(each(out.services));
  TRY(each(out.relays));
  return out;
}

}  // namespace api
