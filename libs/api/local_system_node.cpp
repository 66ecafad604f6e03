// A local system as a document, the inverse of parse_local_system: what was run is kept by value.
#include "api/local_system.h"
#include "api/recovery_plan.h"

namespace api {
namespace {

void set_text(Node& map, const char* key, const std::string& value) {
  if (!value.empty()) map.set(key, value);
}

void set_command(Node& map, const char* key, const std::optional<CommandSpec>& command) {
  if (!command) return;
  map.set(key, Node::map()
                   .set("argv", Node::strings(command->argv))
                   .set("timeoutSeconds", command->timeout_seconds));
}

Node process_node(const ProcessSpec& process) {
  Node out = Node::map().set("name", process.name).set("pidFile", process.pid_file);
  if (!process.also_pid_files.empty()) {
    out.set("alsoPidFiles", Node::strings(process.also_pid_files));
  }
  set_command(out, "start", process.start);
  set_command(out, "stop", process.stop);
  if (process.isolated) {
    Node isolated = Node::map();
    set_command(isolated, "start", process.isolated->start);
    set_command(isolated, "stop", process.isolated->stop);
    out.set("isolated", isolated.set("instance", process.isolated->instance));
  }
  return out;
}

Node instance_node(const InstanceSpec& instance) {
  Node out = Node::map()
                 .set("name", instance.name)
                 .set("address", instance.address)
                 .set("process", instance.process);
  if (instance.postgres) {
    Node postgres = Node::map()
                        .set("user", instance.postgres->user)
                        .set("database", instance.postgres->database);
    set_text(postgres, "password", instance.postgres->password);
    set_text(postgres, "socketDir", instance.postgres->socket_dir);
    out.set("postgres", postgres);
  }
  return out;
}

Node service_node(const ServiceSpec& service) {
  Node out = Node::map().set("name", service.name).set("address", service.address);
  if (service.haproxy) {
    out.set("haproxy", Node::map()
                           .set("socket", service.haproxy->socket)
                           .set("backend", service.haproxy->backend));
  }
  return out;
}

Node relay_node(const RelaySpec& relay) {
  Node out = Node::map()
                 .set("name", relay.name)
                 .set("listen", relay.listen)
                 .set("upstream", relay.upstream)
                 .set("control", relay.control);
  if (!relay.between.empty()) out.set("between", Node::strings(relay.between));
  set_text(out, "delayMillis", relay.delay_millis);
  return out;
}

template <class T, class Write>
void set_list(Node& spec, const char* key, const std::vector<T>& parts, Write write) {
  if (parts.empty()) return;
  Node list = Node::sequence();
  for (const T& part : parts) list.push(write(part));
  spec.set(key, list);
}

Node need_node(const Need& need) {
  return Node::map().set("command", need.command).set("package", need.package);
}

Node parameter_node(const SystemParameter& parameter) {
  Node out = Node::map().set("name", parameter.name).set("default", parameter.otherwise);
  set_text(out, "description", parameter.description);
  return out;
}

}  // namespace

Node to_node(const LocalSystem& system) {
  Node spec = Node::map().set("drillable", system.drillable);
  set_text(spec, "description", system.description);
  set_list(spec, "needs", system.needs, need_node);
  if (!system.ports.empty()) spec.set("ports", Node::strings(system.ports));
  set_list(spec, "parameters", system.parameters, parameter_node);
  set_command(spec, "setup", system.setup);
  set_command(spec, "start", system.start);
  set_command(spec, "check", system.check);
  set_command(spec, "stop", system.stop);
  set_list(spec, "processes", system.processes, process_node);
  set_list(spec, "instances", system.instances, instance_node);
  set_list(spec, "services", system.services, service_node);
  set_list(spec, "relays", system.relays, relay_node);
  if (system.resolver) spec.set("resolver", Node::map().set("address", system.resolver->address));
  return Node::map()
      .set("apiVersion", kGroupVersion)
      .set("kind", "LocalSystem")
      .set("metadata", Node::map().set("name", system.name))
      .set("spec", spec);
}

}  // namespace api
