// Validates a tree against tables of fields and fills in the defaults: one decoder for plans, local
// systems and the parameters of every kind of action. It never stops at the first problem; each
// problem names its place, its field, the value found and what is allowed. What comes out can be
// read with as_int() and the like without looking twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/action.h"
#include "api/node.h"
#include "api/problem.h"

namespace api {

class Decoder {
 public:
  /// `catalog` may be empty where the tables hold no actions. Lifetime: outlives the Decoder.
  Decoder(std::string file, const ActionCatalog& catalog)
      : file_(std::move(file)), catalog_(catalog) {}

  /// The value with defaults filled in; where it is wrong, problems are added and what is left of
  /// the value comes back. `path` is the field's own: "spec.timing".
  Node decode(const Node& value, const FieldSpec& field, const std::string& path);

  void complain(Mark mark, std::string field, std::string message);
  const Problems& problems() const { return problems_; }
  /// In the order of the text.
  Problems take();

 private:
  Node decode_object(const Node& value, const FieldSpec& field, const std::string& path);
  Node decode_list(const Node& value, const FieldSpec& field, const std::string& path);
  Node decode_named(const Node& value, const FieldSpec& field, const std::string& path);
  Node decode_one_of(const Node& value, Use use, const std::string& path);
  Entry decode_action(const Entry& entry, Use use, const std::string& path);
  void fill(Node& out, const FieldSpec& field, Mark mark, const std::string& path);
  void check_scalar(const Node& value, const FieldSpec& field, const std::string& path);
  void check_strings(const Node& value, const FieldSpec& field, const std::string& path);
  void check_string_map(const Node& value, const FieldSpec& field, const std::string& path);
  void check_groups(const Node& value, const std::vector<std::vector<std::string>>& groups,
                    const std::string& path);
  void check_names_differ(const Node& list, const std::string& path);
  void unknown_field(const Entry& entry, const FieldSpec& field, const std::string& path);
  void wrong_type(const Node& value, const FieldSpec& field, const std::string& path);
  std::vector<std::string> kinds_for(Use use) const;

  std::string file_;
  const ActionCatalog& catalog_;
  Problems problems_;
};

/// The path of an item of a list: by its name where it has one, as --set writes it.
std::string item_path(const std::string& list, const Node& item, std::size_t index);
/// The action in a validated Object of a table with an action: the entry that is no field.
std::optional<Action> action_in(const Node& object, const std::vector<FieldSpec>& fields);

}  // namespace api
