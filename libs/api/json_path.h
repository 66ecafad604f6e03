// What `-o jsonpath=TEMPLATE` prints of an object: text, with expressions of kubectl's own dialect
// of JSONPath in braces, so that whoever knows one need not learn another. A template is parsed
// before anything is asked of a server, and a bad one is refused with the place where it is bad.
// Pure.
//
//   {.metadata.name}          a field; '\.' is a dot within its name; $ and @ may stand before it
//   {['metadata.name']}       the same
//   {.items[0]} [-1] [1:3] [::2] [*]     of a list; out of its bounds is an error
//   {.items[0,2]} {['a','b']}            each of these
//   {.*} {..name}             every value; every `name` however deep
//   {.items[?(@.status.phase=="Finished")]}    == != < <= > >=, or alone: it is there
//   {range .items[*]}{.metadata.name}{"\n"}{end}    the body for each; @ and $ are then the one
//
// Several values of one expression stand one space apart, maps and lists are JSON in one line, and
// what is not there is nothing. Other than kubectl: numbers of both kinds are compared by value,
// the values of a map come in the order of their names, and a `range` has to have its `end`.
//
// Source: Kubernetes documentation, "JSONPath Support"; tests/integration/plugin holds what is
// printed against what kubectl prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node.h"
#include "base/result.h"

namespace api {

struct PathStep;
/// One expression: each step goes on from what the one before it found.
using Path = std::vector<PathStep>;

/// [begin:end:step]; negative: from the end of the list.
struct PathSlice {
  std::optional<std::int64_t> begin{}, end{};
  std::int64_t step = 1;
  bool single = false;  // [begin]
};

struct PathStep {
  enum class Kind : std::uint8_t { Value, Field, Slice, Wildcard, Descend, Union, Filter };
  Kind kind = Kind::Value;
  Node value{};               // Value: a text, a number or a boolean; Field: its name
  PathSlice slice{};          // Slice
  std::string comparison{};   // Filter: "==" and its like; empty: it is there
  std::vector<Path> parts{};  // Union: each; Filter: left and, with a comparison, right
};

/// An expression, or what a `range` prints for each value of one.
struct PathBlock {
  Path path{};
  bool range = false;
  std::vector<PathBlock> body{};
};

class PathTemplate {
 public:
  /// Errors: InvalidArgument naming the place, counted from 1, what is there and what is allowed.
  static base::Result<PathTemplate> parse(std::string_view text);

  /// Errors: InvalidArgument: an index out of bounds, a list that is none, values that cannot be
  /// compared; ResourceExhausted for a template that looks at too much.
  base::Result<std::string> print(const Node& object) const;
  /// As print(), but each expression's values as a JSON list of their own (`jsonpath-as-json`).
  base::Result<std::string> print_json(const Node& object) const;
  /// The values of all expressions, without those of a `range`. Lifetime: of the object and of
  /// this.
  base::Result<std::vector<const Node*>> find(const Node& object) const;

 private:
  std::vector<PathBlock> blocks_;
};

}  // namespace api
