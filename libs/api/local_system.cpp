#include "api/local_system.h"

#include <algorithm>
#include <arpa/inet.h>
#include <set>

#include <fmt/format.h>

#include "api/decode.h"
#include "api/recovery_plan.h"
#include "api/references.h"
#include "api/tables.h"

namespace api {
namespace {

template <class T>
const T* by_name(const std::vector<T>& parts, std::string_view name) {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [name](const T& part) { return part.name == name; });
  return found == parts.end() ? nullptr : &*found;
}

template <class T, class Read>
std::vector<T> read_all(const Node& list, Read read) {
  std::vector<T> out;
  for (const Node& item : list.items()) out.push_back(read(item));
  return out;
}

std::string text(const Node& map, std::string_view key) {
  return map[key].as_string();
}

std::optional<CommandSpec> read_command(const Node& node) {
  if (!node.is_map()) return std::nullopt;
  return CommandSpec{node["argv"].as_strings(), node["timeoutSeconds"].as_int(60)};
}

ProcessSpec read_process(const Node& node) {
  ProcessSpec out;
  out.name = text(node, "name");
  out.pid_file = text(node, "pidFile");
  out.also_pid_files = node["alsoPidFiles"].as_strings();
  out.start = read_command(node["start"]);
  out.stop = read_command(node["stop"]);
  if (const Node& isolated = node["isolated"]; isolated.is_map()) {
    out.isolated = {read_command(isolated["start"]).value_or(CommandSpec{}),
                    read_command(isolated["stop"]).value_or(CommandSpec{}),
                    text(isolated, "instance")};
  }
  return out;
}

InstanceSpec read_instance(const Node& node) {
  InstanceSpec out{text(node, "name"), text(node, "address"), text(node, "process"), {}};
  if (const Node& postgres = node["postgres"]; postgres.is_map()) {
    out.postgres = {text(postgres, "user"), text(postgres, "database"), text(postgres, "password"),
                    text(postgres, "socketDir")};
  }
  return out;
}

ServiceSpec read_service(const Node& node) {
  ServiceSpec out{text(node, "name"), text(node, "address"), {}};
  if (const Node& haproxy = node["haproxy"]; haproxy.is_map()) {
    out.haproxy = {text(haproxy, "socket"), text(haproxy, "backend")};
  }
  return out;
}

RelaySpec read_relay(const Node& node) {
  return {text(node, "name"),    text(node, "listen"),         text(node, "upstream"),
          text(node, "control"), node["between"].as_strings(), text(node, "delayMillis")};
}

LocalSystem read_system(const Node& spec) {
  LocalSystem out;
  out.description = text(spec, "description");
  out.drillable = spec["drillable"].as_bool();
  out.needs = read_all<Need>(
      spec["needs"], [](const Node& n) { return Need{text(n, "command"), text(n, "package")}; });
  out.ports = spec["ports"].as_strings();
  out.parameters = read_all<SystemParameter>(spec["parameters"], [](const Node& n) {
    return SystemParameter{text(n, "name"), text(n, "default"), text(n, "description")};
  });
  out.setup = read_command(spec["setup"]);
  out.start = read_command(spec["start"]);
  out.check = read_command(spec["check"]);
  out.stop = read_command(spec["stop"]);
  out.processes = read_all<ProcessSpec>(spec["processes"], read_process);
  out.instances = read_all<InstanceSpec>(spec["instances"], read_instance);
  out.services = read_all<ServiceSpec>(spec["services"], read_service);
  out.relays = read_all<RelaySpec>(spec["relays"], read_relay);
  if (const Node& resolver = spec["resolver"]; resolver.is_map()) {
    out.resolver = {text(resolver, "address")};
  }
  return out;
}

bool is_word(const std::string& text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

/// Names become placeholders and parts of environment variables.
void check_words(Decoder& decoder, const Node& spec, const std::string& path) {
  std::set<std::string> ports;
  for (const Node& port : spec["ports"].items()) {
    if (!is_word(port.as_string(), "-_")) {
      decoder.complain(
          port.mark, path + ".ports",
          fmt::format("\"{}\" is not allowed: a port's name is of letters, digits, '-' "
                      "and '_'",
                      port.as_string()));
    } else if (!ports.insert(port.as_string()).second) {
      decoder.complain(port.mark, path + ".ports",
                       fmt::format("\"{}\" stands here twice", port.as_string()));
    }
  }
  for (const Node& parameter : spec["parameters"].items()) {
    const Node& name = parameter["name"];
    if (is_word(name.as_string(), "_")) continue;
    decoder.complain(name.mark, path + ".parameters",
                     fmt::format("\"{}\" is not allowed: a parameter's name is of letters, digits "
                                 "and '_'",
                                 name.as_string()));
  }
}

void check_references(Decoder& decoder, const Node& spec, const LocalSystem& system,
                      const std::string& path) {
  for (const Node& instance : spec["instances"].items()) {
    const Node& process = instance["process"];
    check_name(decoder, process.as_string(), names_of_all(system.processes), "process",
               process.mark, path + ".instances." + text(instance, "name") + ".process");
  }
  for (const Node& process : spec["processes"].items()) {
    const Node* isolated = process.find("isolated");
    if (!isolated) continue;
    const Node& instance = (*isolated)["instance"];
    check_name(decoder, instance.as_string(), names_of_all(system.instances), "instance",
               instance.mark, path + ".processes." + text(process, "name") + ".isolated.instance");
  }
  const Substitutions known = placeholders_of(system);
  for (const Entry& entry : spec.entries()) {
    if (entry.key == "description" || entry.key == "parameters") continue;
    check_placeholders(decoder, entry.value, known, path + "." + entry.key);
  }
}

/// A name server that is itself a name could be asked of nobody.
void check_resolver(Decoder& decoder, const Node& spec, const std::string& path) {
  const Node& address = spec["resolver"]["address"];
  if (!address.is_string()) return;
  const std::string& whole = address.as_string();
  const std::size_t colon = whole.rfind(':');
  std::string host = whole.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? "" : whole.substr(colon + 1);
  in6_addr number{};
  const bool placeholder = host.find('{') != std::string::npos;
  const bool by_number = placeholder || inet_pton(AF_INET, host.c_str(), &number) == 1 ||
                         inet_pton(AF_INET6, host.c_str(), &number) == 1;
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos &&
                      std::stoi(port) >= 1 && std::stoi(port) <= 65535;
  if (by_number && (digits || port.find('{') != std::string::npos)) return;
  decoder.complain(
      address.mark, path + ".resolver.address",
      fmt::format("\"{}\" is no HOST:PORT with an IP address as host: a name server is "
                  "given by number",
                  whole));
}

std::string folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : file.substr(0, slash);
}

}  // namespace

const ProcessSpec* LocalSystem::process(std::string_view wanted) const {
  return by_name(processes, wanted);
}
const InstanceSpec* LocalSystem::instance(std::string_view wanted) const {
  return by_name(instances, wanted);
}
const ServiceSpec* LocalSystem::service(std::string_view wanted) const {
  return by_name(services, wanted);
}
const RelaySpec* LocalSystem::relay(std::string_view wanted) const {
  return by_name(relays, wanted);
}

tl::expected<LocalSystem, Problems> parse_local_system(const Node& document,
                                                       const std::string& file) {
  static const ActionCatalog kNoActions;
  const bool is_inline = !document.has("apiVersion") && !document.has("kind") && document.is_map();
  const FieldSpec& table = local_system_table();
  Decoder decoder(file, kNoActions);
  const Node whole = is_inline ? Node() : decoder.decode(document, table, "");
  const std::string path = is_inline ? "spec.target.local.inline" : "spec";
  const Node spec =
      is_inline ? decoder.decode(document, table_at(table, "spec"), path) : whole["spec"];
  if (!decoder.problems().empty()) return tl::unexpected(decoder.take());
  LocalSystem system = read_system(spec);
  system.name = is_inline ? "inline" : whole["metadata"]["name"].as_string();
  system.home = folder_of(file);
  check_words(decoder, spec, path);
  check_references(decoder, spec, system, path);
  check_resolver(decoder, spec, path);
  if (!decoder.problems().empty()) return tl::unexpected(decoder.take());
  return system;
}

}  // namespace api
