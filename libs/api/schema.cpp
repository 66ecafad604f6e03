#include "api/schema.h"

#include <fmt/format.h>

#include "api/text.h"
#include "api/validate.h"

namespace api {
namespace {

class Schema {
 public:
  explicit Schema(const ActionCatalog& catalog) : catalog_(catalog) {}

  Node object(const std::vector<FieldSpec>& fields, std::optional<Use> use,
              const FieldGroups& groups) {
    Node properties = Node::map();
    std::vector<std::string> required;
    for (const FieldSpec& spec : fields) {
      properties.set(spec.name, field(spec));
      if (spec.required) required.push_back(spec.name);
    }
    Node all = Node::sequence();
    for (const std::vector<std::string>& group : groups.exactly_one) all.push(one_of(group));
    for (const std::vector<std::string>& group : groups.at_most_one) all.push(at_most_one(group));
    if (use) {
      for (const std::string& kind : catalog_.names(*use)) {
        properties.set(kind, Node::map().set("$ref", "#/$defs/" + definition(*use, kind)));
      }
      all.push(one_of(catalog_.names(*use)));
    }
    Node out = Node::map()
                   .set("type", "object")
                   .set("properties", std::move(properties))
                   .set("additionalProperties", false);
    if (!required.empty()) out.set("required", Node::strings(required));
    if (all.size() > 0) out.set("allOf", std::move(all));
    return out;
  }

  Node definitions() {
    Node out = Node::map();
    for (const Use use : {Use::Probe, Use::Fault, Use::Step, Use::Condition}) {
      for (const std::string& name : catalog_.names(use)) {
        const ActionKind& kind = *catalog_.find(name, use);
        const bool body = kind.fields.size() == 1 && kind.fields[0].name.empty();
        Node schema = body ? condition() : object(kind.fields, std::nullopt, kind.groups);
        out.set(definition(use, name), schema.set("description", kind.doc));
      }
    }
    return out.set("condition", object({}, Use::Condition, {}));
  }

 private:
  static std::string definition(Use use, const std::string& kind) {
    return fmt::format("{}.{}", name(use), kind);
  }
  static Node condition() { return Node::map().set("$ref", "#/$defs/condition"); }

  static Node has(const std::string& field) {
    return Node::map().set("required", Node::strings({field}));
  }
  static Node one_of(const std::vector<std::string>& group) {
    Node choices = Node::sequence();
    for (const std::string& field : group) choices.push(has(field));
    return Node::map().set("oneOf", std::move(choices));
  }
  static Node at_most_one(const std::vector<std::string>& group) {
    Node choices = Node::sequence();
    Node any = Node::sequence();
    for (const std::string& field : group) {
      choices.push(has(field));
      any.push(has(field));
    }
    choices.push(Node::map().set("not", Node::map().set("anyOf", std::move(any))));
    return Node::map().set("oneOf", std::move(choices));
  }

  static Node text(const FieldSpec& spec) {
    Node out = Node::map().set("type", "string").set("maxLength", 65'536);
    // A text with a placeholder has every form.
    switch (spec.form) {
      case Form::Text: break;
      case Form::Name: out.set("pattern", "^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$|[{]"); break;
      case Form::Word: out.set("pattern", "^[A-Za-z][A-Za-z0-9_.-]{0,62}$|[{]"); break;
      case Form::Address: out.set("pattern", "^[^ /]+:[0-9]+$|[{]"); break;
      case Form::Url: out.set("pattern", "^https?://[^ ]+$|[{]"); break;
    }
    const bool may_be_empty = spec.otherwise && spec.otherwise->as_string().empty();
    return may_be_empty ? out : out.set("minLength", 1);
  }

  static Node bounded(Node schema, const FieldSpec& spec, const char* low, const char* high) {
    return schema.set(low, spec.minimum).set(high, maximum_of(spec));
  }

  static Node words(const FieldSpec& spec) {
    return Node::map().set("type", "string").set("enum", Node::strings(spec.allowed));
  }

  Node field(const FieldSpec& spec) {
    Node out = typed(spec);
    if (!spec.doc.empty()) out.set("description", spec.doc);
    if (spec.otherwise) out.set("default", *spec.otherwise);
    return out;
  }

  static Node scalar() {
    return Node::map().set("type", Node::strings({"string", "integer", "boolean"}));
  }

  Node typed(const FieldSpec& spec) {
    Node list = Node::map().set("type", "array");
    switch (spec.type) {
      case FieldType::String: return text(spec);
      case FieldType::Scalar: return scalar();
      case FieldType::Enum: return words(spec);
      case FieldType::Boolean: return Node::map().set("type", "boolean");
      case FieldType::Integer:
        return bounded(Node::map().set("type", "integer"), spec, "minimum", "maximum");
      case FieldType::Decimal:
        return bounded(Node::map()
                           .set("type", Node::strings({"integer", "string"}))
                           .set("pattern", "^[0-9]+([.][0-9]{1,3})?$"),
                       spec, "minimum", "maximum");
      case FieldType::StringMap:
        return Node::map().set("type", "object").set("additionalProperties", scalar());
      case FieldType::Strings:
        list.set("items", spec.allowed.empty() ? text({.form = spec.form}) : words(spec));
        return bounded(std::move(list), spec, "minItems", "maxItems");
      case FieldType::Integers:
        list.set("items", Node::map().set("type", "integer").set("minimum", 1));
        return bounded(std::move(list), spec, "minItems", "maxItems");
      case FieldType::Objects:
        list.set("items", object(spec.fields, spec.action, spec.groups));
        return bounded(std::move(list), spec, "minItems", "maxItems");
      case FieldType::Object: return object(spec.fields, spec.action, spec.groups);
      case FieldType::Condition: return condition();
    }
    return list;
  }

  const ActionCatalog& catalog_;
};

std::string cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string default_text(const FieldSpec& spec) {
  if (spec.required) return "**required**";
  if (!spec.otherwise || spec.type == FieldType::Object) return "";
  if (spec.otherwise->is_sequence()) return "none";
  if (spec.otherwise->is_string()) {
    return spec.otherwise->as_string().empty() ? "empty" : '`' + spec.otherwise->as_string() + '`';
  }
  return '`' + to_json(*spec.otherwise) + '`';
}

void rows(const std::vector<FieldSpec>& fields, const std::string& path, std::string& out) {
  for (const FieldSpec& spec : fields) {
    const bool list = spec.type == FieldType::Objects;
    const std::string own = join_path(path, spec.name) + (list ? "[]" : "");
    out += fmt::format("| `{}` | {} | {} | {} |\n", own, cell(allowed_text(spec)),
                       default_text(spec), cell(spec.doc));
    if (spec.name != "inline") rows(spec.fields, own, out);
  }
}

}  // namespace

Node json_schema(const FieldSpec& document, const ActionCatalog& catalog,
                 const std::string& title) {
  Schema schema(catalog);
  Node out = Node::map()
                 .set("$schema", "https://json-schema.org/draft/2020-12/schema")
                 .set("title", title);
  const Node root = schema.object(document.fields, document.action, document.groups);
  for (const Entry& entry : root.entries()) out.set(entry.key, entry.value);
  return out.set("$defs", schema.definitions());
}

std::string field_table(const std::vector<FieldSpec>& fields) {
  std::string out = "| field | allowed | default | meaning |\n| --- | --- | --- | --- |\n";
  rows(fields, "", out);
  return out;
}

std::string kind_tables(const ActionCatalog& catalog, Use use) {
  std::string out;
  for (const std::string& name : catalog.names(use)) {
    const ActionKind& kind = *catalog.find(name, use);
    const bool body = kind.fields.size() == 1 && kind.fields[0].name.empty();
    out += fmt::format("#### `{}`\n\n{}\n\n", name, kind.doc);
    if (!body) out += field_table(kind.fields) + '\n';
  }
  return out;
}

}  // namespace api
