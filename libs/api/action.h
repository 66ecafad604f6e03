// One mechanism for faults, steps, conditions and probes: a KIND is a name with a table of fields,
// an ACTION is a kind with its parameters. In a plan an action is a one-of key:
//   fault: {name: primary-dies, process: {name: "{primary}", signal: KILL}}
// The same table validates, fills defaults, gives the JSON Schema and the user guide's reference.
// A kind is one pair of files in libs/targets or libs/probes that holds its table and its effect,
// and one line where the catalog is assembled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "api/problem.h"

namespace api {

enum class FieldType : std::uint8_t {
  String,
  Scalar,   // a text, an integer or a boolean; kept as text
  Integer,  // minimum..maximum
  Decimal,  // minimum..maximum, an integer or a text such as "99.9": the API has no floats
  Boolean,
  Strings,    // a list of texts
  Integers,   // a list of integers that are > 0 and below 2^31
  StringMap,  // texts (or Scalars, kept as text) under free keys
  Enum,
  Object,
  Objects,   // a list of `fields`, unique by `key`
  Condition  // a nested one-of of kinds usable as a condition
};

enum class Use : std::uint8_t { Fault = 1, Step = 2, Condition = 4, Probe = 8 };

/// What a text must look like, unless a placeholder in it decides that later.
enum class Form : std::uint8_t {
  Text,     // anything up to 64 KiB without NUL
  Name,     // [a-z]([a-z0-9-]*[a-z0-9])?, at most 63: names of plans, steps, processes …
  Word,     // [A-Za-z][A-Za-z0-9_.-]*, at most 63: roles, parameters
  Address,  // host:port
  Url       // http:// or https://
};

/// Which fields of an object exclude each other.
struct FieldGroups {
  std::vector<std::vector<std::string>> exactly_one{};
  std::vector<std::vector<std::string>> at_most_one{};
};

struct FieldSpec {
  std::string name{};
  FieldType type = FieldType::String;
  bool required = false;
  /// Integer, Decimal: the range; Strings, Integers, Objects, StringMap: the number of items.
  /// maximum 0: 2^31 - 1, or 100 items.
  std::int64_t minimum = 0, maximum = 0;
  std::vector<std::string> allowed{};  // Enum
  std::optional<Node> otherwise{};     // default; an empty map: the defaults of the fields in it
  std::string doc{};                   // one sentence, with the unit
  std::vector<FieldSpec> fields{};     // Object, Objects
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
  Form form = Form::Text;
  std::string key = "name";  // Objects: no two have the same; empty: nothing is compared
  /// Object, Objects: beside its fields exactly one kind usable so stands in it as a key.
  std::optional<Use> action{};
  FieldGroups groups{};  // Object, Objects
};

/// A complaint of a kind's own check: a field of the parameters, and what is allowed.
struct Complaint {
  std::string field;
  std::string message;
};

struct ActionKind {
  std::string name{};     // "process"
  std::uint8_t uses = 0;  // of Use
  /// One nameless field of type Condition: the parameters are themselves a one-of (waitFor).
  std::vector<FieldSpec> fields{};
  std::string doc{};
  FieldGroups groups{};
  /// What tables cannot say: "delayMillis belongs to mode Delay". Gets complete parameters.
  std::function<std::vector<Complaint>(const Node& params)> check{};
  bool usable_as(Use use) const { return (uses & static_cast<std::uint8_t>(use)) != 0; }
};

constexpr std::uint8_t operator|(Use a, Use b) {
  return static_cast<std::uint8_t>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

/// Several kinds may share a name if their uses differ (process: a fault and a condition).
/// Every catalog has the step `waitFor`, whose parameters are a condition.
class ActionCatalog {
 public:
  ActionCatalog();
  /// CHECKs that no kind of that name and use is there. A probe also gets the fields every probe
  /// has, intervalMillis, deadlineMillis and control, unless it brings its own.
  void add(ActionKind kind);
  void add(const ActionCatalog& other);
  const ActionKind* find(std::string_view name, Use use) const;
  std::vector<std::string> names(Use use) const;
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

/// The one action in a validated object, or in a condition; nullopt: there is none.
std::optional<Action> action_in(const Node& node, Use use, const ActionCatalog& catalog);
/// {kind: params}
Node to_node(const Action& action);

}  // namespace api
