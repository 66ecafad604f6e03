// The table of a LocalSystem: every field that a system.yaml may have, with its type, range,
// default and meaning. Validation, the JSON Schema and the inline form within plans are made from
// it.
#include "api/field.h"
#include "api/recovery_plan.h"
#include "api/tables.h"
#include "base/check.h"

namespace api {

using namespace fields;  // NOLINT(google-build-using-namespace): tables read as prose

FieldSpec fields::document(const char* kind, FieldSpec spec) {
  return object(
      "",
      {required(choice("apiVersion", {kGroupVersion}, "The version of this format.")),
       required(choice("kind", {kind}, "What the document is.")),
       required(object("metadata",
                       {required(label("name", "The name, unique among documents of its kind.")),
                        field(FieldType::StringMap, "labels", "Labels, for people and tools."),
                        field(FieldType::StringMap, "annotations", "Notes, for people and tools.")},
                       "Name and labels.")),
       required(std::move(spec))},
      "");
}

namespace {

FieldSpec command(const char* name, const char* doc) {
  return object(
      name,
      {required(strings("argv", {1, 64}, "Program and arguments; run in {home}, no shell.")),
       integer("timeoutSeconds", {1, 86400}, 60, "When it is ended.")},
      doc);
}

std::vector<FieldSpec> process_fields() {
  return {required(label("name", "The name that plans use.")),
          required(text("pidFile", "The file that holds its process id in the first line.")),
          strings("alsoPidFiles", {0, 16}, "Files of further processes that belong to it."),
          command("start", "Starts it; may be repeated."),
          command("stop", "Stops it in good order; may be repeated."),
          object("isolated",
                 {required(command("start", "Starts it where no user can reach it.")),
                  required(command("stop", "Stops it again.")),
                  required(label("instance", "The instance under which it is read then."))},
                 "How to read the process's data while users cannot reach it.")};
}

std::vector<FieldSpec> instance_fields() {
  return {required(label("name", "The name that plans use.")),
          required(text("address", "HOST:PORT.")),
          required(label("process", "The process that answers there.")),
          object("postgres",
                 {required(text("user", "The role of probes, steps and load.")),
                  required(text("database", "The database.")),
                  text("password", "The password; empty where none is needed."),
                  text("socketDir", "The folder of its Unix socket; used instead of the address.")},
                 "For a PostgreSQL instance: how to log in.")};
}

std::vector<FieldSpec> service_fields() {
  return {required(label("name", "The name that plans use.")),
          required(text("address", "HOST:PORT that users connect to.")),
          object("haproxy",
                 {required(text("socket", "HAProxy's admin socket.")),
                  required(text("backend", "The backend whose servers are named as instances."))},
                 "For a service behind HAProxy: what route steps talk to.")};
}

std::vector<FieldSpec> relay_fields() {
  return {
      required(label("name", "The name that plans use.")),
      required(text("listen", "HOST:PORT where it accepts.")),
      required(text("upstream", "HOST:PORT where it leads to.")),
      required(text("control", "Its control socket.")),
      strings("between", {2, 2}, "The two peers whose traffic it carries."),
      by_default("0", text("delayMillis", "How late bytes leave, as a string in milliseconds."))};
}

FieldSpec spec_fields() {
  return object(
      "spec",
      {flag("drillable", false, "Whether drills may break this system; must be true for a drill."),
       text("description", "What the system is."),
       objects("needs",
               {required(text("command", "A program in PATH, or its path.")),
                required(text("package", "The package to install where it is missing."))},
               "Programs that must be there."),
       strings("ports", {0, 256}, "Names of loopback ports that are chosen and held for it."),
       objects("parameters",
               {required(text("name", "The name, as in {param.NAME}.")),
                by_default("", text("default", "The value where the plan gives none.")),
                text("description", "What it changes.")},
               "What a plan may set under target.local.parameters."),
       command("setup", "Makes its files; run before the first start."),
       command("start", "Starts all of it."), command("check", "Succeeds when all of it is well."),
       command("stop", "Stops all of it."),
       objects("processes", process_fields(), "What can be broken, started and stopped."),
       objects("instances", instance_fields(), "Servers with an address of their own."),
       objects("services", service_fields(), "The addresses that users connect to."),
       objects("relays", relay_fields(), "Links that can be delayed, cut and reset."),
       object("resolver", {required(text("address", "HOST:PORT of a name server, by number."))},
              "Where host names in its addresses are looked up; default: as the machine does.")},
      "The system.");
}

}  // namespace

const FieldSpec& local_system_table() {
  static const FieldSpec kTable = document("LocalSystem", required(spec_fields()));
  return kTable;
}

const FieldSpec& table_at(const FieldSpec& table, std::string_view path) {
  const FieldSpec* at = &table;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    const FieldSpec* next = nullptr;
    for (const FieldSpec& inner : at->fields) {
      if (inner.name == name) next = &inner;
    }
    CHECK(next != nullptr);
    at = next;
  }
  return *at;
}

}  // namespace api
