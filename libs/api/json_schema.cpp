#include "api/json_schema.h"

#include "api/tables.h"

namespace api {
namespace {

constexpr const char* kLabel = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
constexpr const char* kDecimal = "^-?[0-9]{1,14}(\\.[0-9]{1,14})?$";
constexpr const char* kConditionRef = "#/definitions/condition";

class SchemaWriter {
 public:
  explicit SchemaWriter(const ActionCatalog& catalog) : catalog_(catalog) {}

  Node of(const FieldSpec& field) const {
    Node out = plain(field);
    if (!field.doc.empty()) out.set("description", field.doc);
    if (field.otherwise) out.set("default", *field.otherwise);
    return out;
  }

  /// A map of exactly one kind.
  Node one_kind(Use use) const {
    FieldSpec nothing;
    nothing.type = FieldType::Object;
    nothing.action = use;
    return map_of(nothing);
  }

 private:
  static Node typed(const char* type) { return Node::map().set("type", type); }
  static Node condition() { return Node::map().set("$ref", kConditionRef); }

  Node plain(const FieldSpec& field) const {
    switch (field.type) {
      case FieldType::String: return text(field);
      case FieldType::Integer: return integer(field);
      case FieldType::Boolean: return typed("boolean");
      case FieldType::Strings:
        return list(field, field.allowed.empty()
                               ? typed("string")
                               : typed("string").set("enum", Node::strings(field.allowed)));
      case FieldType::Enum: return typed("string").set("enum", Node::strings(field.allowed));
      case FieldType::Object: return map_of(field);
      case FieldType::Objects: return list(field, map_of(field));
      // All of it, because keywords beside a $ref do not count.
      case FieldType::Condition:
        return Node::map().set("allOf", Node::sequence().push(condition()));
      case FieldType::Conditions: return list(field, condition());
      case FieldType::Name: return typed("string").set("pattern", kLabel);
      case FieldType::Amount: return amount();
      case FieldType::StringMap:
        return typed("object").set("additionalProperties", typed("string"));
      case FieldType::NamedMap:
        return typed("object")
            .set("propertyNames", Node::map().set("pattern", kLabel))
            .set("additionalProperties", map_of(field));
      case FieldType::Anything:
      case FieldType::Value: break;
    }
    return Node::map();
  }

  static Node text(const FieldSpec& field) {
    Node out = typed("string");
    return field.required ? out.set("minLength", 1) : out;
  }

  static Node integer(const FieldSpec& field) {
    Node out = typed("integer");
    if (field.minimum == 0 && field.maximum == 0) return out;
    return out.set("minimum", field.minimum).set("maximum", field.maximum);
  }

  static Node amount() {
    Node both = Node::sequence().push(typed("integer"));
    both.push(typed("string").set("pattern", kDecimal));
    return Node::map().set("anyOf", both);
  }

  static Node list(const FieldSpec& field, Node items) {
    Node out = typed("array").set("items", std::move(items));
    if (field.maximum == 0) return out;
    return out.set("minItems", field.minimum).set("maxItems", field.maximum);
  }

  Node parameters(const ActionKind& kind) const {
    if (takes_condition(kind)) return of(kind.fields.front());
    FieldSpec field;
    field.type = FieldType::Object;
    field.doc = kind.doc;
    field.fields = kind.fields;
    field.exactly_one_of = kind.exactly_one_of;
    return of(field);
  }

  static Node exactly_one(const std::vector<std::string>& names) {
    Node choices = Node::sequence();
    for (const std::string& name : names) {
      choices.push(Node::map().set("required", Node::strings({name})));
    }
    return Node::map().set("oneOf", choices);
  }

  Node map_of(const FieldSpec& field) const {
    Node properties = Node::map();
    std::vector<std::string> needed;
    for (const FieldSpec& inner : field.fields) {
      properties.set(inner.name, of(inner));
      if (inner.required) needed.push_back(inner.name);
    }
    Node groups = Node::sequence();
    for (const auto& group : field.exactly_one_of) groups.push(exactly_one(group));
    if (field.action) {
      std::vector<std::string> kinds;
      for (const ActionKind& kind : catalog_.kinds()) {
        if (!kind.usable_as(*field.action)) continue;
        properties.set(kind.name, parameters(kind));
        kinds.push_back(kind.name);
      }
      groups.push(exactly_one(kinds));
    }
    Node out = typed("object").set("properties", properties).set("additionalProperties", false);
    if (!needed.empty()) out.set("required", Node::strings(needed));
    if (groups.size() > 0) out.set("allOf", groups);
    return out;
  }

  const ActionCatalog& catalog_;
};

}  // namespace

Node json_schema(const ActionCatalog& catalog) {
  const SchemaWriter writer(catalog);
  Node definitions = Node::map();
  definitions.set("condition", writer.one_kind(Use::Condition))
      .set("recoveryPlan", writer.of(recovery_plan_table()))
      .set("localSystem", writer.of(local_system_table()))
      .set("drillSchedule", writer.of(drill_schedule_table()))
      .set("sidecarProfile", writer.of(sidecar_profile_table()));
  Node either = Node::sequence();
  either.push(Node::map().set("$ref", "#/definitions/recoveryPlan"));
  either.push(Node::map().set("$ref", "#/definitions/localSystem"));
  either.push(Node::map().set("$ref", "#/definitions/drillSchedule"));
  either.push(Node::map().set("$ref", "#/definitions/sidecarProfile"));
  return Node::map()
      .set("$schema", "http://json-schema.org/draft-07/schema#")
      .set("title", "Muster: RecoveryPlan, LocalSystem, DrillSchedule and SidecarProfile")
      .set("oneOf", either)
      .set("definitions", definitions);
}

}  // namespace api
