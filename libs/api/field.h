// Fields spelled as what they are, so that tables read like the guide: which type, whether they are
// needed, the range, the default, one sentence of explanation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/action.h"

namespace api::fields {

struct Range {
  std::int64_t minimum = 0, maximum = 0;
};

inline FieldSpec field(FieldType type, std::string name, std::string doc) {
  FieldSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.doc = std::move(doc);
  return spec;
}

inline FieldSpec required(FieldSpec spec) {
  spec.required = true;
  return spec;
}

inline FieldSpec by_default(Node value, FieldSpec spec) {
  spec.otherwise = std::move(value);
  return spec;
}

inline FieldSpec text(std::string name, std::string doc) {
  return field(FieldType::String, std::move(name), std::move(doc));
}

inline FieldSpec label(std::string name, std::string doc) {
  return field(FieldType::Name, std::move(name), std::move(doc));
}

inline FieldSpec flag(std::string name, bool otherwise, std::string doc) {
  return by_default(otherwise, field(FieldType::Boolean, std::move(name), std::move(doc)));
}

inline FieldSpec integer(std::string name, Range range, std::optional<std::int64_t> otherwise,
                         std::string doc) {
  FieldSpec spec = field(FieldType::Integer, std::move(name), std::move(doc));
  spec.minimum = range.minimum;
  spec.maximum = range.maximum;
  if (otherwise) spec.otherwise = Node(*otherwise);
  return spec;
}

inline FieldSpec choice(std::string name, std::vector<std::string> allowed, std::string doc) {
  FieldSpec spec = field(FieldType::Enum, std::move(name), std::move(doc));
  spec.allowed = std::move(allowed);
  return spec;
}

inline FieldSpec strings(std::string name, Range items, std::string doc) {
  FieldSpec spec = field(FieldType::Strings, std::move(name), std::move(doc));
  spec.minimum = items.minimum;
  spec.maximum = items.maximum;
  return spec;
}

/// A list of words out of these.
inline FieldSpec words(std::string name, Range items, std::vector<std::string> allowed,
                       std::string doc) {
  FieldSpec spec = strings(std::move(name), items, std::move(doc));
  spec.allowed = std::move(allowed);
  return spec;
}

inline FieldSpec object(std::string name, std::vector<FieldSpec> inner, std::string doc) {
  FieldSpec spec = field(FieldType::Object, std::move(name), std::move(doc));
  spec.fields = std::move(inner);
  return spec;
}

inline FieldSpec objects(std::string name, std::vector<FieldSpec> inner, std::string doc) {
  FieldSpec spec = field(FieldType::Objects, std::move(name), std::move(doc));
  spec.fields = std::move(inner);
  spec.maximum = 1000;
  return spec;
}

inline FieldSpec with_action(Use use, FieldSpec spec) {
  spec.action = use;
  return spec;
}

inline FieldSpec exactly_one(std::vector<std::string> group, FieldSpec spec) {
  spec.exactly_one_of.push_back(std::move(group));
  return spec;
}

/// A document: apiVersion, kind, metadata and spec.
FieldSpec document(const char* kind, FieldSpec spec);

}  // namespace api::fields
