#include "api/local_system.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "api/text.h"
#include "api/validate.h"
#include "api/walk.h"

namespace api {
namespace {

template <class Spec>
const Spec* named(const std::vector<Spec>& specs, std::string_view name) {
  const auto found = std::find_if(specs.begin(), specs.end(),
                                  [name](const Spec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

template <class Spec>
std::vector<std::string> names_of(const std::vector<Spec>& specs) {
  std::vector<std::string> names;
  for (const Spec& spec : specs) names.push_back(spec.name);
  return names;
}

std::optional<CommandSpec> command(const Node& node) {
  if (node.is_null()) return std::nullopt;
  return CommandSpec{node["argv"].as_strings(), node["timeoutSeconds"].as_int()};
}

ProcessSpec process_of(const Node& node) {
  ProcessSpec out;
  out.name = node["name"].as_string();
  out.pid_file = node["pidFile"].as_string();
  out.also_pid_files = node["alsoPidFiles"].as_strings();
  out.start = command(node["start"]);
  out.stop = command(node["stop"]);
  if (const Node* isolated = node.find("isolated")) {
    out.isolated = IsolatedSpec{command((*isolated)["start"]).value_or(CommandSpec{}),
                                command((*isolated)["stop"]).value_or(CommandSpec{}),
                                (*isolated)["instance"].as_string()};
  }
  return out;
}

InstanceSpec instance_of(const Node& node) {
  InstanceSpec out{node["name"].as_string(), node["address"].as_string(),
                   node["process"].as_string(), std::nullopt};
  if (const Node* postgres = node.find("postgres")) {
    out.postgres =
        PostgresSpec{(*postgres)["user"].as_string(), (*postgres)["database"].as_string(),
                     (*postgres)["password"].as_string(), (*postgres)["socketDir"].as_string()};
  }
  return out;
}

ServiceSpec service_of(const Node& node) {
  ServiceSpec out{node["name"].as_string(), node["address"].as_string(), std::nullopt};
  if (const Node* haproxy = node.find("haproxy")) {
    out.haproxy = HaproxySpec{(*haproxy)["socket"].as_string(), (*haproxy)["backend"].as_string()};
  }
  return out;
}

RelaySpec relay_of(const Node& node) {
  return {node["name"].as_string(),     node["listen"].as_string(),
          node["upstream"].as_string(), node["control"].as_string(),
          node["between"].as_strings(), node["delayMillis"].as_string()};
}

LocalSystem bind(Node document) {
  LocalSystem out;
  const Node& spec = document["spec"];
  out.name = document["metadata"]["name"].as_string();
  out.description = spec["description"].as_string();
  out.drillable = spec["drillable"].as_bool();
  for (const Node& need : spec["needs"].items()) {
    out.needs.push_back({need["command"].as_string(), need["package"].as_string()});
  }
  out.ports = spec["ports"].as_strings();
  for (const Node& parameter : spec["parameters"].items()) {
    out.parameters.push_back({parameter["name"].as_string(), parameter["default"].as_string(),
                              parameter["description"].as_string()});
  }
  out.setup = command(spec["setup"]);
  out.start = command(spec["start"]);
  out.check = command(spec["check"]);
  out.stop = command(spec["stop"]);
  for (const Node& node : spec["processes"].items()) out.processes.push_back(process_of(node));
  for (const Node& node : spec["instances"].items()) out.instances.push_back(instance_of(node));
  for (const Node& node : spec["services"].items()) out.services.push_back(service_of(node));
  for (const Node& node : spec["relays"].items()) out.relays.push_back(relay_of(node));
  out.normalized = std::move(document);
  return out;
}

/// Placeholders of a system with values that only matter for being there.
Substitutions known_placeholders(const LocalSystem& system) {
  Substitutions known{{"dir", "/"}, {"home", "/"}};
  for (const std::string& port : system.ports) known["port." + port] = "1";
  for (const SystemParameter& parameter : system.parameters) known["param." + parameter.name] = "1";
  for (const InstanceSpec& instance : system.instances) known["address." + instance.name] = "x:1";
  for (const ServiceSpec& service : system.services) known["address." + service.name] = "x:1";
  return known;
}

void check_names(const LocalSystem& system, Validator& validator) {
  const Node& spec = system.normalized["spec"];
  const Substitutions known = known_placeholders(system);
  const auto missing = [&](const Node& text, const char* what, std::vector<std::string> names) {
    return fmt::format("{} names no {}: {} allowed", brief_value(text), what,
                       names.empty() ? "none is" : join(names) + " are");
  };
  walk_texts(spec, local_system_spec_fields(), ActionCatalog(), "spec",
             [&](const Node& text, const FieldSpec& row, const std::string& path) {
               if (row.name == "description" || row.name == "default") return;
               const auto filled = substitute(text.as_string(), known);
               if (!filled) {
                 validator.complain(text.mark, path, filled.error().message);
               } else if (row.names == FieldSpec::Names::Process && !system.process(*filled)) {
                 validator.complain(text.mark, path,
                                    missing(text, "process", names_of(system.processes)));
               } else if (row.names == FieldSpec::Names::Instance && !system.instance(*filled)) {
                 validator.complain(text.mark, path,
                                    missing(text, "instance", names_of(system.instances)));
               }
             });
}

void check_ports(const LocalSystem& system, Validator& validator) {
  std::set<std::string> seen;
  for (const Node& port : system.normalized["spec"]["ports"].items()) {
    if (!seen.insert(port.as_string()).second) {
      validator.complain(port.mark, "spec.ports",
                         brief_value(port) + " stands there twice: every port has one name");
    }
  }
}

/// A plan's inline form is the spec alone.
Node as_document(const Node& node) {
  if (!node.is_map() || node.has("kind") || node.has("apiVersion") || node.has("spec")) return node;
  Node document = Node::map()
                      .set("apiVersion", "muster.dev/v1alpha1")
                      .set("kind", "LocalSystem")
                      .set("metadata", Node::map().set("name", "inline"))
                      .set("spec", node);
  document.mark = node.mark;
  return document;
}

}  // namespace

const ProcessSpec* LocalSystem::process(std::string_view wanted) const {
  return named(processes, wanted);
}
const InstanceSpec* LocalSystem::instance(std::string_view wanted) const {
  return named(instances, wanted);
}
const ServiceSpec* LocalSystem::service(std::string_view wanted) const {
  return named(services, wanted);
}
const RelaySpec* LocalSystem::relay(std::string_view wanted) const {
  return named(relays, wanted);
}

tl::expected<LocalSystem, Problems> parse_local_system(const Node& document,
                                                       const std::string& file) {
  Problems problems;
  const ActionCatalog catalog;
  Validator validator(catalog, file, problems);
  Node normalized = validator.object(as_document(document), local_system_fields(), "");
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  LocalSystem system = bind(std::move(normalized));
  if (const std::size_t slash = file.rfind('/'); slash != std::string::npos) {
    system.home = file.substr(0, std::max<std::size_t>(slash, 1));
  } else {
    system.home = ".";
  }
  check_names(system, validator);
  check_ports(system, validator);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return system;
}

Node to_node(const LocalSystem& system) {
  return system.normalized;
}

}  // namespace api
