// What a change of an object has changed, field by field, so that exactly that can be put back: not
// the object as it was, because other fields have changed meanwhile, and their writers would lose
// them. Pure.
//
// A field is what a JSON merge patch (RFC 7386) can set: a value under a path of map keys. A list
// is one field. Of a map that was not there before, its entries are the fields, and the map goes
// with the last of them: somebody else may have put something beside ours.
//
// What the API server keeps itself (status, resourceVersion, managedFields …) is no field.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "api/node.h"
#include "base/result.h"

namespace cluster {

struct FieldChange {
  std::vector<std::string> path;    // "spec", "replicas"
  std::optional<api::Node> before;  // nullopt: it was not there
  std::size_t made = 0;             // how many of the maps above it were not there either
  bool operator==(const FieldChange&) const = default;
};
using FieldChanges = std::vector<FieldChange>;

/// "spec.replicas"
std::string to_string(const FieldChange& change);

FieldChanges changes(const api::Node& before, const api::Node& after);

/// The object as it is now, with those fields as they were.
api::Node undone(api::Node now, const FieldChanges& changes);

/// Those fields that are as they were: of these the change is not in force.
std::vector<std::string> as_before(const api::Node& now, const FieldChanges& changes);

/// A merge patch that makes `to` of `from`; an empty map: they are the same.
api::Node merge_patch(const api::Node& from, const api::Node& to);

/// For a journal, and back. Errors: InvalidArgument.
api::Node node_of(const FieldChanges& changes);
base::Result<FieldChanges> changes_of(const api::Node& node);

}  // namespace cluster
