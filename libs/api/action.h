// One mechanism for faults, steps, conditions and probes: a KIND is a name with a table of fields,
// an ACTION is a kind with its parameters. In a plan an action is a one-of key:
//   fault: {name: primary-dies, process: {name: "{primary}", signal: KILL}}
// The same table validates, fills defaults, gives the JSON Schema and the user guide's reference.
// A kind is one pair of files in libs/targets or libs/probes that holds its table and its effect,
// and one line where the catalog is assembled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "api/problem.h"

namespace api {

enum class Use : std::uint8_t { Fault = 1, Step = 2, Condition = 4, Probe = 8 };

enum class FieldType : std::uint8_t {
  String,
  Integer,
  Boolean,
  Strings /* list of strings */,
  Enum,
  Object,
  Objects /* list */,
  Condition,   // a nested one-of of kinds usable as a condition
  Conditions,  // a list of these
  Name,        // a string that is an RFC 1123 label
  Amount,      // an integer, or a decimal fraction as a string: no floats in a spec
  StringMap,   // any keys, strings
  NamedMap,    // any labels as keys, Objects as values
  Anything,    // a map that is not looked into
  Value        // of JSON, whatever it is
};

struct FieldSpec {
  std::string name;
  FieldType type = FieldType::String;
  bool required = false;
  std::int64_t minimum = 0, maximum = 0;  // Integer; Strings, Objects: number of items
  std::vector<std::string> allowed;       // Enum
  std::optional<Node> otherwise;          // default
  std::string doc;                        // one sentence, with the unit
  std::vector<FieldSpec> fields;          // Object, Objects
  /// What a String (or each of Strings) must name in the target after substitution.
  enum class Names : std::uint8_t {
    Nothing,
    Process,
    Instance,
    Service,
    Relay,
    RelayOrPeer,
    Probe
  };
  Names names = Names::Nothing;
  /// Object, Objects: besides its fields it holds exactly one action of this use, by its kind.
  std::optional<Use> action;
  /// Object, Objects: exactly one field of each of these groups must be there.
  std::vector<std::vector<std::string>> exactly_one_of;
};

struct ActionKind {
  std::string name;       // "process"
  std::uint8_t uses = 0;  // of Use
  std::vector<FieldSpec> fields;
  std::string doc;
  std::vector<std::vector<std::string>> exactly_one_of = {};  // groups of fields
  bool usable_as(Use use) const { return (uses & static_cast<std::uint8_t>(use)) != 0; }
};

constexpr std::uint8_t operator|(Use a, Use b) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

/// Several kinds may share a name if their uses differ (process: a fault and a condition).
class ActionCatalog {
 public:
  void add(ActionKind kind);
  const ActionKind* find(std::string_view name, Use use) const;
  const std::vector<ActionKind>& kinds() const { return kinds_; }

 private:
  std::vector<ActionKind> kinds_;
};

struct Action {
  std::string kind;
  Node params;  // a map: validated, defaults filled, placeholders not yet resolved
  Mark mark;
  bool operator==(const Action& other) const {
    return kind == other.kind && params == other.params;
  }
};

inline constexpr const char* kWaitFor = "waitFor";
inline constexpr const char* kApproval = "approval";  // a step that waits for a person
/// Whether a step only waits: nothing is to be taken back or undone.
bool only_waits(const Action& step);
/// The step `waitFor: {postgres: {…}}`: its parameters ARE a condition, a map of one kind.
ActionKind wait_for_kind();
/// Whether the parameters of a kind ARE a condition: a single field, of type Condition; its name is
/// not written in a plan.
bool takes_condition(const ActionKind& kind);
/// The action in a map of one kind, as a validated Condition or waitFor's parameters are.
Action one_of(const Node& node);

}  // namespace api
