// Changes to a plan's document before it is parsed: --profile and --set. In this order, so that
// what a user types wins. Marks of new values are empty: they stand in no file.
#pragma once

#include <string>
#include <string_view>

#include "api/node.h"
#include "base/result.h"

namespace api {

/// "spec.timing.baselineSeconds=10"; items of lists by name or index:
/// "spec.recovery.promote.targetMillis=1", "spec.criteria.degraded[0].atMost=900". The value is
/// read as YAML, except where the field takes a string: there it is the text itself. Errors:
/// InvalidArgument: no '=', an item that is not there (naming those that are), a value below a
/// scalar, a value that is no YAML, an objective, criterion, phase target or guard that would get
/// weaker (api/plan_strict.h).
base::Result<void> apply_set(Node& document, std::string_view assignment);

/// Replaces the fields of spec.timing that the profile has; notes it as spec.profile.
/// Errors: InvalidArgument: no such profile (naming those that exist).
base::Result<void> apply_profile(Node& document, std::string_view name);

}  // namespace api
