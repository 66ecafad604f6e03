// Every field of a LocalSystem; see recovery_plan_fields.cpp.
#include "api/local_system.h"

namespace api {
namespace {

FieldSpec name_field(std::string doc) {
  return {.name = "name", .required = true, .doc = std::move(doc), .form = Form::Name};
}

FieldSpec text(std::string name, bool required, std::string doc, Form form = Form::Text) {
  return {.name = std::move(name), .required = required, .doc = std::move(doc), .form = form};
}

FieldSpec command(std::string name, bool required, std::string doc) {
  return {.name = std::move(name),
          .type = FieldType::Object,
          .required = required,
          .doc = std::move(doc),
          .fields = {{.name = "argv",
                      .type = FieldType::Strings,
                      .required = true,
                      .minimum = 1,
                      .doc = "Program and arguments, run in {home}; no shell."},
                     {.name = "timeoutSeconds",
                      .type = FieldType::Integer,
                      .minimum = 1,
                      .maximum = 3'600,
                      .otherwise = Node(60),
                      .doc = "When it is killed, in seconds."}}};
}

FieldSpec list(std::string name, std::string doc, std::vector<FieldSpec> fields) {
  return {.name = std::move(name),
          .type = FieldType::Objects,
          .otherwise = Node::sequence(),
          .doc = std::move(doc),
          .fields = std::move(fields)};
}

FieldSpec needs() {
  FieldSpec spec = list("needs", "Programs that must be there; checked before anything else.",
                        {text("command", true, "Looked up in PATH, or a path."),
                         text("package", true, "What to install if it is missing.")});
  spec.key = "command";
  return spec;
}

FieldSpec parameters() {
  return list("parameters", "What a plan may set; `{param.NAME}` and MUSTER_PARAM_NAME.",
              {{.name = "name", .required = true, .doc = "Its name.", .form = Form::Word},
               {.name = "default",
                .type = FieldType::Scalar,
                .required = true,
                .doc = "Its value if the plan sets none."},
               {.name = "description", .otherwise = Node(""), .doc = "What it does."}});
}

FieldSpec processes() {
  const FieldSpec isolated{
      .name = "isolated",
      .type = FieldType::Object,
      .doc = "How it runs unreachable for users, so that an old primary can be read.",
      .fields = {command("start", true, "Starts it so."),
                 command("stop", true, "Stops it again."),
                 {.name = "instance",
                  .required = true,
                  .doc = "Where it answers then.",
                  .names = FieldSpec::Names::Instance,
                  .form = Form::Name}}};
  return list("processes", "What a plan may kill, stop and start.",
              {name_field("Its name."),
               text("pidFile", true, "The file that holds its process id."),
               {.name = "alsoPidFiles",
                .type = FieldType::Strings,
                .otherwise = Node::sequence(),
                .doc = "More processes that live and die with it."},
               command("start", false, "Starts it."),
               command("stop", false, "Stops it gracefully."),
               isolated});
}

FieldSpec instances() {
  const FieldSpec postgres{
      .name = "postgres",
      .type = FieldType::Object,
      .doc = "How its PostgreSQL is reached.",
      .fields = {text("user", true, "Role."),
                 text("database", true, "Database."),
                 {.name = "password", .otherwise = Node(""), .doc = "Empty: none."},
                 {.name = "socketDir",
                  .otherwise = Node(""),
                  .doc = "Folder of its Unix socket. Empty: over TCP."}}};
  return list("instances", "Servers behind the service.",
              {name_field("Its name."),
               text("address", true, "host:port.", Form::Address),
               {.name = "process",
                .required = true,
                .doc = "The process that it is.",
                .names = FieldSpec::Names::Process,
                .form = Form::Name},
               postgres});
}

FieldSpec services() {
  const FieldSpec haproxy{.name = "haproxy",
                          .type = FieldType::Object,
                          .doc = "How its route is switched.",
                          .fields = {text("socket", true, "HAProxy's admin socket."),
                                     text("backend", true, "The backend.")}};
  return list(
      "services", "Addresses that users use.",
      {name_field("Its name."), text("address", true, "host:port.", Form::Address), haproxy});
}

FieldSpec relays() {
  return list("relays", "Network paths that can be broken; processes of the target.",
              {name_field("Its name."),
               text("listen", true, "host:port.", Form::Address),
               text("upstream", true, "host:port it leads to.", Form::Address),
               text("control", true, "Path of its control socket."),
               {.name = "between",
                .type = FieldType::Strings,
                .required = true,
                .minimum = 2,
                .maximum = 2,
                .doc = "The two peers it connects."},
               {.name = "delayMillis",
                .type = FieldType::Scalar,
                .otherwise = Node("0"),
                .doc = "How late every byte leaves from the start on, in milliseconds."}});
}

}  // namespace

const FieldSpec& local_system_spec_fields() {
  static const FieldSpec spec{
      .name = "spec",
      .type = FieldType::Object,
      .required = true,
      .doc = "The system.",
      .fields = {{.name = "drillable",
                  .type = FieldType::Boolean,
                  .otherwise = Node(false),
                  .doc = "Only a system that says true is ever drilled."},
                 {.name = "description", .otherwise = Node(""), .doc = "For people."},
                 needs(),
                 {.name = "ports",
                  .type = FieldType::Strings,
                  .otherwise = Node::sequence(),
                  .doc = "Names of free loopback ports: `{port.NAME}` and MUSTER_PORT_NAME.",
                  .form = Form::Name},
                 parameters(),
                 command("setup", false, "Makes it, in an empty {dir}."),
                 command("start", false, "Starts it."),
                 command("check", false, "Succeeds if it is whole."),
                 command("stop", false, "Stops it; may be repeated."),
                 processes(),
                 instances(),
                 services(),
                 relays()}};
  return spec;
}

const FieldSpec& local_system_fields() {
  static const FieldSpec document{
      .type = FieldType::Object,
      .fields = {
          {.name = "apiVersion",
           .type = FieldType::Enum,
           .required = true,
           .allowed = {"muster.dev/v1alpha1"},
           .doc = "The version of this format."},
          {.name = "kind",
           .type = FieldType::Enum,
           .required = true,
           .allowed = {"LocalSystem"},
           .doc = "The kind of document."},
          {.name = "metadata",
           .type = FieldType::Object,
           .required = true,
           .doc = "Its name.",
           .fields =
               {name_field("Name of the system."),
                {.name = "labels", .type = FieldType::StringMap, .doc = "Free labels."},
                {.name = "annotations", .type = FieldType::StringMap, .doc = "Free annotations."}}},
          local_system_spec_fields()}};
  return document;
}

}  // namespace api
