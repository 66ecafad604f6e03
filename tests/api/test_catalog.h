// A catalog of the kinds that the shipped plans use: the tables alone, without their effects, so
// that plans are tested without the code that carries them out.
#pragma once

#include "api/action.h"
#include "api/field.h"

namespace api {

inline ActionKind make_kind(const char* name, std::uint8_t uses, std::vector<FieldSpec> fields) {
  ActionKind kind;
  kind.name = name;
  kind.uses = uses;
  kind.fields = std::move(fields);
  kind.doc = "A kind for tests.";
  return kind;
}

inline FieldSpec refers_to(FieldSpec::Names names, FieldSpec field) {
  field.names = names;
  return field;
}

inline void add_conditions(ActionCatalog& out) {
  using namespace fields;
  using Names = FieldSpec::Names;
  const auto use = static_cast<std::uint8_t>(Use::Condition);
  out.add(make_kind("process", use,
                    {refers_to(Names::Process, required(text("name", "d"))),
                     required(choice("state", {"Running", "Gone", "Stopped"}, "d"))}));
  out.add(
      make_kind("postgres", use,
                {refers_to(Names::Instance, required(text("instance", "d"))),
                 required(choice("state", {"Up", "Down", "Primary", "Standby", "CaughtUp"}, "d")),
                 integer("withinBytes", {0, std::int64_t{1} << 40}, 0, "d")}));
  out.add(make_kind("probe", use,
                    {refers_to(Names::Probe, required(text("name", "d"))),
                     required(choice("state", {"Good", "Bad"}, "d")),
                     integer("forSeconds", {0, 86'400}, 0, "d")}));
}

inline void add_steps(ActionCatalog& out) {
  using namespace fields;
  using Names = FieldSpec::Names;
  const auto step = static_cast<std::uint8_t>(Use::Step);
  out.add(wait_for_kind());
  out.add(make_kind("command", Use::Fault | Use::Step,
                    {required(strings("argv", {1, 64}, "d")), strings("undo", {0, 64}, "d"),
                     integer("timeoutSeconds", {1, 3600}, 60, "d")}));
  out.add(make_kind("sql", step,
                    {refers_to(Names::Instance, required(text("instance", "d"))),
                     required(text("statement", "d")), text("expect", "d")}));
  ActionKind route = make_kind("route", step,
                               {refers_to(Names::Service, required(text("service", "d"))),
                                refers_to(Names::Instance, text("to", "d")),
                                refers_to(Names::Instance, text("remove", "d"))});
  route.exactly_one_of = {{"to", "remove"}};
  out.add(route);
}

inline ActionCatalog test_catalog() {
  using namespace fields;
  using Names = FieldSpec::Names;
  ActionCatalog out;
  out.add(make_kind("process", static_cast<std::uint8_t>(Use::Fault),
                    {refers_to(Names::Process, required(text("name", "d"))),
                     by_default("KILL", choice("signal", {"KILL", "STOP", "TERM"}, "d")),
                     flag("tree", true, "d")}));
  out.add(make_kind("network", static_cast<std::uint8_t>(Use::Fault),
                    {refers_to(Names::RelayOrPeer, required(text("peer", "d"))),
                     required(choice("mode", {"Refuse", "Delay"}, "d"))}));
  add_conditions(out);
  add_steps(out);
  const auto probe = static_cast<std::uint8_t>(Use::Probe);
  out.add(make_kind("postgres", probe,
                    {refers_to(Names::Service, required(text("service", "d"))),
                     refers_to(Names::Instance, required(strings("instances", {1, 16}, "d"))),
                     integer("writesPerSecond", {1, 1000}, 100, "d"),
                     integer("intervalMillis", {10, 60'000}, 100, "d"),
                     integer("deadlineMillis", {10, 60'000}, {}, "d")}));
  out.add(make_kind("http", probe, {required(text("url", "d"))}));
  out.add(make_kind("dns", probe, {required(text("name", "d")), text("server", "d")}));
  return out;
}

}  // namespace api
