// What the status of every kind has in common, by the conventions of the Kubernetes API.
#pragma once

#include <string>
#include <vector>

#include "api/action.h"

namespace api {

/// A time in RFC 3339. It is known by its name, as units are: CHECKs that it ends in Time or
/// Deadline.
FieldSpec time_field(std::string name, std::string doc);
bool is_time(const FieldSpec& field);
/// The generation that the status was made from.
FieldSpec observed_generation();
/// A list of conditions; `types` is the sentence that names them.
FieldSpec status_conditions(const std::string& types);

}  // namespace api
