// A value held against its table. All problems of a value are collected, each with the place, the
// field, what stands there and what is allowed; unknown fields name the one that was probably
// meant. What comes out has every default filled in, in the order of the table, and keeps its
// marks.
#pragma once

#include <string>
#include <vector>

#include "api/action.h"
#include "api/node.h"
#include "api/problem.h"

namespace api {

class Validator {
 public:
  /// Lifetime: all three outlive the Validator.
  Validator(const ActionCatalog& catalog, const std::string& file, Problems& problems)
      : catalog_(catalog), file_(file), problems_(problems) {}

  /// `spec` is an Object or Objects; of Objects one item is meant.
  Node object(const Node& value, const FieldSpec& spec, const std::string& path);
  /// The parameters of a kind.
  Node params(const Node& value, const ActionKind& kind, const std::string& path);
  /// {kind: params}
  Node condition(const Node& value, const std::string& path);

  void complain(Mark mark, const std::string& field, std::string message);

 private:
  Node field(const Node& value, const FieldSpec& spec, const std::string& path);
  Node text(const Node& value, const FieldSpec& spec, const std::string& path);
  Node number(const Node& value, const FieldSpec& spec, const std::string& path);
  Node list(const Node& value, const FieldSpec& spec, const std::string& path);
  Node string_map(const Node& value, const FieldSpec& spec, const std::string& path);
  bool is_map(const Node& value, const std::string& path);
  void refuse(const Node& value, const FieldSpec& spec, const std::string& path);
  Node fields(const Node& value, const std::vector<FieldSpec>& specs, const std::string& path);
  void unknown(const Node& value, const std::vector<FieldSpec>& specs, std::optional<Use> use,
               const std::string& path);
  void groups(const Node& value, const FieldGroups& groups, const std::string& path);
  void embed_action(const Node& value, Use use, const std::string& path, Node& out);
  void unique(const Node& items, const std::string& key, const std::string& path);

  const ActionCatalog& catalog_;
  const std::string& file_;
  Problems& problems_;
};

/// "an integer from 1 to 86400", "one of KILL, STOP", "a list of 1 to 100 texts"
std::string allowed_text(const FieldSpec& spec);
/// "fault", "step", "condition", "probe"
const char* name(Use use);
std::int64_t maximum_of(const FieldSpec& spec);
/// Whether a text has the form; a text with placeholders has every form.
bool has_form(std::string_view text, Form form);
/// The number that a valid Decimal stands for.
double decimal(const Node& value);
/// "spec.a" + "b" -> "spec.a.b"
std::string join_path(const std::string& path, std::string_view field);

}  // namespace api
