#include "api/walk.h"

#include <fmt/format.h>

#include "api/validate.h"

namespace api {
namespace {

class Walker {
 public:
  Walker(const ActionCatalog& catalog, const TextVisitor& visit)
      : catalog_(catalog), visit_(visit) {}

  void object(const Node& value, const std::vector<FieldSpec>& fields, std::optional<Use> use,
              const std::string& path) {
    for (const FieldSpec& spec : fields) {
      if (spec.name.empty() && spec.type == FieldType::Condition) {
        object(value, {}, Use::Condition, path);
      } else if (const Node* own = value.find(spec.name)) {
        field(*own, spec, join_path(path, spec.name));
      }
    }
    if (!use) return;
    for (const Entry& entry : value.entries()) {
      if (const ActionKind* kind = catalog_.find(entry.key, *use)) {
        object(entry.value, kind->fields, std::nullopt, join_path(path, entry.key));
      }
    }
  }

 private:
  void field(const Node& value, const FieldSpec& spec, const std::string& path) {
    if (value.is_string()) {
      visit_(value, spec, path);
    } else if (spec.type == FieldType::Object) {
      object(value, spec.fields, spec.action, path);
    } else if (spec.type == FieldType::Condition) {
      object(value, {}, Use::Condition, path);
    } else if (value.is_map()) {
      for (const Entry& entry : value.entries()) {
        field(entry.value, spec, join_path(path, entry.key));
      }
    } else {
      items(value, spec, path);
    }
  }

  void items(const Node& value, const FieldSpec& spec, const std::string& path) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      const Node& item = value.items()[i];
      const std::string& label = item["name"].as_string();
      const std::string own =
          label.empty() ? fmt::format("{}[{}]", path, i) : fmt::format("{}[{}]", path, label);
      if (spec.type == FieldType::Objects) {
        object(item, spec.fields, spec.action, own);
      } else if (item.is_string()) {
        visit_(item, spec, own);
      }
    }
  }

  const ActionCatalog& catalog_;
  const TextVisitor& visit_;
};

}  // namespace

void walk_texts(const Node& value, const FieldSpec& spec, const ActionCatalog& catalog,
                const std::string& path, const TextVisitor& visit) {
  Walker(catalog, visit).object(value, spec.fields, spec.action, path);
}

}  // namespace api
