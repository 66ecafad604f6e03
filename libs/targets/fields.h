// The fields of kinds, spelled as what they are: tables read well and none forgets a member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/action.h"

namespace targets::fields {

inline api::ActionKind kind(std::string name, std::uint8_t uses, std::string doc,
                            std::vector<api::FieldSpec> fields) {
  api::ActionKind out;
  out.name = std::move(name);
  out.uses = uses;
  out.doc = std::move(doc);
  out.fields = std::move(fields);
  return out;
}
inline api::ActionKind kind(std::string name, api::Use use, std::string doc,
                            std::vector<api::FieldSpec> fields) {
  return kind(std::move(name), static_cast<std::uint8_t>(use), std::move(doc), std::move(fields));
}

using Names = api::FieldSpec::Names;
enum class Need { Optional, Required };

inline api::FieldSpec field(std::string name, api::FieldType type, Need need, std::string doc) {
  api::FieldSpec spec;
  spec.name = std::move(name);
  spec.type = type;
  spec.required = need == Need::Required;
  spec.doc = std::move(doc);
  return spec;
}

inline api::FieldSpec text(std::string name, Need need, std::string doc) {
  return field(std::move(name), api::FieldType::String, need, std::move(doc));
}

/// The name of a thing of the target.
inline api::FieldSpec reference(std::string name, api::FieldSpec::Names names, Need need,
                                std::string doc) {
  api::FieldSpec spec = text(std::move(name), need, std::move(doc));
  spec.names = names;
  return spec;
}

/// Required where it has no default.
inline api::FieldSpec choice(std::string name, std::vector<std::string> allowed,
                             std::optional<std::string> otherwise, std::string doc) {
  api::FieldSpec spec = field(std::move(name), api::FieldType::Enum,
                              otherwise ? Need::Optional : Need::Required, std::move(doc));
  spec.allowed = std::move(allowed);
  if (otherwise) {
    spec.otherwise = api::Node(*otherwise);
  }
  return spec;
}

struct Range {
  std::int64_t minimum;
  std::int64_t maximum;
};

inline api::FieldSpec integer(std::string name, Range range, std::int64_t otherwise,
                              std::string doc) {
  api::FieldSpec spec =
      field(std::move(name), api::FieldType::Integer, Need::Optional, std::move(doc));
  spec.minimum = range.minimum;
  spec.maximum = range.maximum;
  spec.otherwise = api::Node(otherwise);
  return spec;
}

inline api::FieldSpec flag(std::string name, bool otherwise, std::string doc) {
  api::FieldSpec spec =
      field(std::move(name), api::FieldType::Boolean, Need::Optional, std::move(doc));
  spec.otherwise = api::Node(otherwise);
  return spec;
}

/// A program and its arguments.
inline api::FieldSpec argv(std::string name, Need need, std::string doc) {
  api::FieldSpec spec = field(std::move(name), api::FieldType::Strings, need, std::move(doc));
  spec.minimum = need == Need::Required ? 1 : 0;
  spec.maximum = 64;
  return spec;
}

}  // namespace targets::fields
