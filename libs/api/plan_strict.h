// Evidence must not depend on a flag: what an override may do to the parts of a plan that are
// judged or that keep it safe is to make them stricter, never weaker. The documents before and
// after are compared, so that it does not matter by which path a value was set.
#pragma once

#include "api/node.h"
#include "base/result.h"

namespace api {

/// Objectives, criteria, phase targets and guard of `after` are those of `before` or stricter.
/// What is no valid plan anyway is left to parse_plan.
/// Errors: InvalidArgument naming the field, both values and what is allowed.
base::Result<> check_stricter(const Node& before, const Node& after);

}  // namespace api
