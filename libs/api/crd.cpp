#include "api/crd.h"

#include <set>

#include <fmt/format.h>

#include "api/crd_text.h"
#include "api/field_text.h"
#include "api/recovery_plan.h"
#include "api/status_tables.h"
#include "base/check.h"

namespace api {
namespace {

constexpr const char* kLabel = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
constexpr const char* kDecimal = "^-?[0-9]{1,14}(\\.[0-9]{1,14})?$";
constexpr std::int64_t kMostText = 16'384;
constexpr std::int64_t kMostItemText = 4'096;
constexpr std::int64_t kMostEntries = 64;

Node typed(const char* type) {
  return Node::map().set("type", type);
}

constexpr const char* kPreserve = "x-kubernetes-preserve-unknown-fields";

Node preserved() {
  return typed("object").set(kPreserve, true);
}

/// A default with the defaults of what is below it: rules are asked about it as it stands.
Node filled(Node value, const FieldSpec& field) {
  for (const FieldSpec& inner : field.fields) {
    if (inner.otherwise && !value.has(inner.name)) {
      value.set(inner.name, filled(*inner.otherwise, inner));
    }
  }
  return value;
}

Node rule_node(const CrdRule& rule) {
  Node out = Node::map().set("rule", rule.rule).set("message", rule.message);
  if (!rule.message_expression.empty()) out.set("messageExpression", rule.message_expression);
  if (!rule.field_path.empty()) out.set("fieldPath", rule.field_path);
  return out;
}

/// Exactly one of these fields; the message tells those that are there.
Node exactly_one(const std::vector<std::string>& names, const std::string& what) {
  std::string present, found;
  for (const std::string& name : names) {
    const char* comma = present.empty() ? "" : ", ";
    present += fmt::format("{}has(self.{})", comma, cel_name(name));
    found += fmt::format("{}has(self.{}) ? {} : ''", comma, cel_name(name), cel_text(name));
  }
  const std::string needed = fmt::format("exactly one {}is needed, of {}", what, join(names));
  return rule_node({.path = "",
                    .rule = fmt::format("[{}].exists_one(x, x)", present),
                    .message = needed,
                    .message_expression = fmt::format("{}.format([[{}].filter(x, x != '')])",
                                                      cel_text("has %s: " + needed), found)});
}

class SchemaWriter {
 public:
  SchemaWriter(const ActionCatalog& catalog, const CrdKind* kind)
      : catalog_(catalog), kind_(kind) {}

  /// A status has no rules that might cost too much, and what a program found must not be refused
  /// for its length.
  Node status(const FieldSpec& table) {
    bounded_ = false;
    Node out = of(table, "status");
    bounded_ = true;
    return out;
  }

  Node of(const FieldSpec& field, const std::string& path) {
    Node out = Node::map();
    if (!field.doc.empty()) out.set("description", description(field));
    const Node rest = plain(field, path);
    for (const Entry& entry : rest.entries()) out.set(entry.key, entry.value);
    if (field.otherwise && fills()) out.set("default", filled(*field.otherwise, field));
    return with_own(std::move(out), path);
  }

  Node plain(const FieldSpec& field, const std::string& path) {
    switch (field.type) {
      case FieldType::String: return text(field);
      case FieldType::Integer: return integer(field);
      case FieldType::Boolean: return typed("boolean");
      case FieldType::Strings: return list(field, with_own(word(field), path + "[]"));
      case FieldType::Enum: return typed("string").set("enum", Node::strings(field.allowed));
      case FieldType::Object: return map_of(field, path);
      case FieldType::Objects: return objects(field, path);
      case FieldType::Condition: return condition();
      case FieldType::Conditions: return list(field, condition());
      case FieldType::Name: return typed("string").set("maxLength", 63).set("pattern", kLabel);
      case FieldType::Amount: return amount();
      case FieldType::StringMap: return entries(typed("string").set("maxLength", kMostItemText));
      case FieldType::NamedMap: return entries(map_of(field, path + "[]"));
      case FieldType::Anything: break;
      case FieldType::Value: return Node::map().set(kPreserve, true);
    }
    return preserved();
  }

  void check_all_used() const {
    if (!kind_) return;
    for (const CrdRule& rule : kind_->rules) CHECK(used_.contains(rule.path));
    for (const CrdExtra& extra : kind_->extras) CHECK(used_.contains(extra.path));
  }

 private:
  bool fills() const { return kind_ == nullptr || kind_->fills_defaults; }

  std::string description(const FieldSpec& field) const {
    const bool told = !fills() && field.otherwise && !field.otherwise->is_map();
    return told ? fmt::format("{} Default: {}.", field.doc, to_json(*field.otherwise)) : field.doc;
  }

  Node text(const FieldSpec& field) const {
    Node out = typed("string");
    if (is_time(field)) out.set("format", "date-time");
    if (bounded_) out.set("maxLength", is_time(field) ? 64 : kMostText);
    return field.required ? out.set("minLength", 1) : out;
  }

  Node word(const FieldSpec& field) const {
    Node out = typed("string");
    if (!field.allowed.empty()) return out.set("enum", Node::strings(field.allowed));
    return bounded_ ? out.set("maxLength", kMostItemText) : out;
  }

  static Node integer(const FieldSpec& field) {
    Node out = typed("integer").set("format", "int64");
    if (field.minimum == 0 && field.maximum == 0) return out;
    return out.set("minimum", field.minimum).set("maximum", field.maximum);
  }

  static Node amount() {
    Node either = Node::sequence().push(typed("integer")).push(typed("string"));
    return Node::map()
        .set("x-kubernetes-int-or-string", true)
        .set("anyOf", either)
        .set("maxLength", 32)
        .set("pattern", kDecimal);
  }

  static Node entries(Node value) {
    return typed("object")
        .set("maxProperties", kMostEntries)
        .set("additionalProperties", std::move(value));
  }

  Node list(const FieldSpec& field, Node items) const {
    Node out = typed("array");
    if (bounded_) out.set("maxItems", field.maximum == 0 ? kMostEntries : field.maximum);
    if (field.minimum > 0) out.set("minItems", field.minimum);
    return out.set("items", std::move(items));
  }

  /// A list-map by name where every item has one, so that names differ and fields of an item can be
  /// applied by different people.
  Node objects(const FieldSpec& field, const std::string& path) {
    Node out = list(field, with_own(map_of(field, path + "[]"), path + "[]"));
    for (const FieldSpec& inner : field.fields) {
      if (inner.name != "name" || !inner.required) continue;
      out.set("x-kubernetes-list-type", "map")
          .set("x-kubernetes-list-map-keys", Node::strings({"name"}));
    }
    return out;
  }

  /// A map of exactly one kind; where conditions nest too deep, of those that hold none.
  Node condition() {
    FieldSpec nothing;
    nothing.type = FieldType::Object;
    nothing.action = Use::Condition;
    ++depth_;
    Node out = map_of(nothing, "");
    --depth_;
    return out;
  }

  static bool holds_conditions(const std::vector<FieldSpec>& fields) {
    for (const FieldSpec& field : fields) {
      const bool own = field.type == FieldType::Condition || field.type == FieldType::Conditions ||
                       field.action == Use::Condition;
      if (own || holds_conditions(field.fields)) return true;
    }
    return false;
  }

  Node parameters(const ActionKind& kind, const std::string& path) {
    Node out = Node::map();
    if (!kind.doc.empty()) out.set("description", kind.doc);
    FieldSpec field;
    field.type = FieldType::Object;
    field.fields = kind.fields;
    field.exactly_one_of = kind.exactly_one_of;
    const Node inner = takes_condition(kind) ? condition() : map_of(field, path);
    for (const Entry& entry : inner.entries()) out.set(entry.key, entry.value);
    return with_own(std::move(out), path);
  }

  std::vector<std::string> add_kinds(Use use, Node& properties, const std::string& path) {
    std::vector<std::string> kinds;
    for (const ActionKind& kind : catalog_.kinds()) {
      const bool too_deep = use == Use::Condition && depth_ >= kConditionDepth;
      if (!kind.usable_as(use) || (too_deep && holds_conditions(kind.fields))) continue;
      properties.set(kind.name, parameters(kind, path + "." + kind.name));
      kinds.push_back(kind.name);
    }
    return kinds;
  }

  Node map_of(const FieldSpec& field, const std::string& path) {
    Node properties = Node::map();
    std::vector<std::string> needed;
    Node rules = Node::sequence();
    for (const FieldSpec& inner : field.fields) {
      properties.set(inner.name, of(inner, path + "." + inner.name));
      if (inner.required) needed.push_back(inner.name);
    }
    for (const auto& group : field.exactly_one_of) rules.push(exactly_one(group, ""));
    if (field.action) {
      const std::vector<std::string> kinds = add_kinds(*field.action, properties, path);
      rules.push(exactly_one(kinds, fmt::format("kind of {} ", noun(*field.action))));
    }
    Node out = typed("object");
    if (!needed.empty()) out.set("required", Node::strings(needed));
    if (properties.size() > 0) out.set("properties", properties);
    if (rules.size() > 0) out.set("x-kubernetes-validations", rules);
    return out;
  }

  /// The rules and keywords that a kind has for this place.
  Node with_own(Node schema, const std::string& path) {
    if (!kind_) return schema;
    used_.insert(path);
    for (const CrdExtra& extra : kind_->extras) {
      if (extra.path != path) continue;
      for (const Entry& entry : extra.keywords.entries()) schema.set(entry.key, entry.value);
    }
    Node rules = schema["x-kubernetes-validations"];
    for (const CrdRule& rule : kind_->rules) {
      if (rule.path == path) rules.push(rule_node(rule));
    }
    if (rules.size() > 0) schema.set("x-kubernetes-validations", rules);
    return schema;
  }

  const ActionCatalog& catalog_;
  const CrdKind* kind_;
  std::set<std::string> used_;
  int depth_ = 0;
  bool bounded_ = true;
};

const FieldSpec& spec_of(const CrdKind& kind) {
  for (const FieldSpec& field : kind.table->fields) {
    if (field.name == "spec") return field;
  }
  CHECK(false);
  return *kind.table;
}

Node root(const CrdKind& kind, const ActionCatalog& catalog) {
  SchemaWriter writer(catalog, &kind);
  FieldSpec name;
  name.type = FieldType::Name;
  Node metadata = typed("object").set("properties",
                                      Node::map().set("name", writer.plain(name, "metadata.name")));
  Node properties = Node::map()
                        .set("apiVersion", typed("string"))
                        .set("kind", typed("string"))
                        .set("metadata", metadata)
                        .set("spec", writer.of(spec_of(kind), "spec"))
                        .set("status", writer.status(*kind.status));
  writer.check_all_used();
  return Node::map()
      .set("description", kind.doc)
      .set("type", "object")
      .set("required", Node::strings({"spec"}))
      .set("properties", properties);
}

Node columns_of(const CrdKind& kind) {
  Node out = Node::sequence();
  for (const CrdColumn& column : kind.columns) {
    Node one = Node::map()
                   .set("name", column.name)
                   .set("type", column.type)
                   .set("jsonPath", column.path)
                   .set("description", column.doc);
    if (column.priority > 0) one.set("priority", column.priority);
    out.push(one);
  }
  return out;
}

}  // namespace

Node crd(const CrdKind& kind, const ActionCatalog& catalog) {
  const std::string group_version = kGroupVersion;
  const std::string group = group_version.substr(0, group_version.find('/'));
  Node names = Node::map()
                   .set("kind", kind.kind)
                   .set("listKind", kind.kind + "List")
                   .set("plural", kind.plural)
                   .set("singular", kind.singular)
                   .set("categories", Node::strings({"muster"}));
  if (!kind.short_names.empty()) names.set("shortNames", Node::strings(kind.short_names));
  Node version = Node::map()
                     .set("name", group_version.substr(group.size() + 1))
                     .set("served", true)
                     .set("storage", true)
                     .set("subresources", Node::map().set("status", Node::map()))
                     .set("additionalPrinterColumns", columns_of(kind))
                     .set("schema", Node::map().set("openAPIV3Schema", root(kind, catalog)));
  return Node::map()
      .set("apiVersion", "apiextensions.k8s.io/v1")
      .set("kind", "CustomResourceDefinition")
      .set("metadata", Node::map().set("name", kind.plural + "." + group))
      .set("spec", Node::map()
                       .set("group", group)
                       .set("scope", "Namespaced")
                       .set("names", names)
                       .set("versions", Node::sequence().push(version)));
}

Node crd_schema(const FieldSpec& field, const ActionCatalog& catalog) {
  return SchemaWriter(catalog, nullptr).plain(field, "");
}

}  // namespace api
