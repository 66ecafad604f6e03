// The words of a Drill's status (muster.dev/v1alpha1), which are those of the engine, and objects
// of an API server as documents. The table of a Drill's fields is in tables.h.
#pragma once

#include <string>
#include <vector>

#include "api/node.h"

namespace api {

/// The phases of drill::Phase, and those before and after them.
const std::vector<std::string>& drill_phases();
/// The states of drill::SystemState.
const std::vector<std::string>& drill_states();
/// The verdicts of drill::Verdict.
const std::vector<std::string>& drill_verdicts();

/// An object of the API server as a document for parse_plan and parse_schedule: without status and
/// without what the server adds to metadata.
Node as_written(const Node& object);

}  // namespace api
