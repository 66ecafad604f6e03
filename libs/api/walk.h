// Visits every text of a validated value together with the row of the table that describes it, so
// that names and placeholders can be checked wherever they stand, in any kind.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/action.h"
#include "api/node.h"

namespace api {

using TextVisitor =
    std::function<void(const Node& text, const FieldSpec& spec, const std::string& path)>;

/// `spec` is an Object (or one item of Objects) and `value` its map.
void walk_texts(const Node& value, const FieldSpec& spec, const ActionCatalog& catalog,
                const std::string& path, const TextVisitor& visit);

}  // namespace api
