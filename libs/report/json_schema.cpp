// The archive that turns the tables of fields.h into a JSON Schema. It walks default-constructed
// values; lists and optionals are described by their element type.
#include <nlohmann/json.hpp>

#include "base/enum_words.h"
#include "report/fields.h"
#include "report/json.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

class Schema {
 public:
  template <class T>
  using Ref = T&;

  explicit Schema(Json* definitions) : definitions_(definitions) {}

  void type(const char* name, const char* doc) {
    name_ = name;
    out_["description"] = doc;
    out_["type"] = "object";
    out_["additionalProperties"] = false;
    out_["required"] = Json::array();
    out_["properties"] = Json::object();
  }
  void origin(const char* name, drill::TimePoint& /*value*/, const char* doc) {
    add(name, {{"type", "integer"}}, doc);
  }
  template <class T>
  void operator()(const char* name, T& /*value*/, const char* doc) {
    add(name, of(static_cast<T*>(nullptr)), doc);
  }
  template <class T>
  void later(const char* name, T& /*value*/, const char* doc) {
    add(name, of(static_cast<T*>(nullptr)), doc, false);
  }
  void add(const char* name, Json form, const char* doc, bool required = true) {
    // Beside $ref draft 7 ignores other words, so the description goes around it.
    Json described = {{"description", doc}};
    if (form.contains("$ref")) {
      described["allOf"] = Json::array({std::move(form)});
    } else {
      described.update(form);
    }
    if (required) out_["required"].push_back(name);
    out_["properties"][name] = std::move(described);
  }
  const std::string& name() const { return name_; }
  Json take() { return std::move(out_); }

 private:
  static Json of(const std::string*) { return {{"type", "string"}}; }
  static Json of(const bool*) { return {{"type", "boolean"}}; }
  static Json of(const double*) { return {{"type", {"number", "null"}}}; }
  static Json of(const float*) { return {{"type", {"number", "null"}}}; }
  static Json of(const int*) { return {{"const", drill::Report{}.version}}; }
  static Json of(const drill::StreamId*) { return {{"type", "integer"}, {"minimum", 0}}; }
  static Json of(const drill::Duration*) { return {{"type", "number"}}; }
  static Json of(const drill::TimePoint*) { return {{"type", {"number", "null"}}}; }
  static Json of(const drill::WallTime*) {
    return {{"type", "string"},
            {"pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$"}};
  }
  Json of(const drill::Bounds*) {
    if (!definitions_->contains("Bounds")) {
      Schema inner(definitions_);
      inner.type("Bounds", "a duration known to lie between two bounds");
      inner.add("lowerSeconds", {{"type", "number"}}, "not shorter than this");
      inner.add("upperSeconds", {{"type", {"number", "null"}}}, "not longer; null: infinite");
      inner.add("unbounded", {{"type", "boolean"}}, "true exactly when upperSeconds is null");
      (*definitions_)["Bounds"] = inner.take();
    }
    return {{"$ref", "#/definitions/Bounds"}};
  }
  template <class T>
    requires std::is_unsigned_v<T>
  static Json of(const T*) {
    return {{"type", "integer"}, {"minimum", 0}};
  }
  template <class E>
    requires std::is_enum_v<E>
  static Json of(const E*) {
    return {{"enum", base::words_of<E>()}};
  }
  template <class T>
    requires std::is_class_v<T>
  Json of(const T*) {
    Schema inner(definitions_);
    T value{};
    fields(inner, value);
    (*definitions_)[inner.name()] = inner.take();
    return {{"$ref", "#/definitions/" + inner.name()}};
  }
  template <class T>
  Json of(const std::optional<T>*) {
    Json inner = of(static_cast<const T*>(nullptr));
    if (inner.contains("type")) {
      if (!inner["type"].is_array()) inner["type"] = Json::array({inner["type"], "null"});
      return inner;
    }
    return {{"anyOf", Json::array({std::move(inner), Json{{"type", "null"}}})}};
  }
  template <class T>
  Json of(const std::vector<T>*) {
    return {{"type", "array"}, {"items", of(static_cast<const T*>(nullptr))}};
  }
  template <class K, class T>
  Json of(const std::map<K, T>*) {
    Json object = {{"type", "object"}};
    if constexpr (std::is_enum_v<K>) object["propertyNames"] = of(static_cast<const K*>(nullptr));
    object["additionalProperties"] = of(static_cast<const T*>(nullptr));
    return object;
  }

  Json* definitions_;
  std::string name_;
  Json out_ = Json::object();
};

}  // namespace

std::string json_schema() {
  Json definitions = Json::object();
  Schema schema(&definitions);
  drill::Report report;
  fields(schema, report);
  schema.add("apiVersion", {{"const", "muster.dev/v1alpha1"}}, "group and version");
  schema.add("kind", {{"const", "DrillReport"}}, "kind of document");
  Json document = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"$id", "https://muster.dev/schemas/drill-report.v1alpha1.json"},
                   {"title", schema.name()}};
  document.update(schema.take());
  document["definitions"] = std::move(definitions);
  return document.dump(2) + "\n";
}

}  // namespace report
