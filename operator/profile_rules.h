// What must be true of a SidecarProfile so that a sidecar can be run with it, as far as neither the
// schema nor CEL can tell: prefixes are prefixes, rules of limits fit together, templates of
// endpoints can be read. The judges are those that the sidecar itself asks (tests/sidecar and
// tests/operator hold both to the same table). Pure.
#pragma once

#include "api/node.h"
#include "api/problem.h"

namespace op {

/// Every problem of the profile's spec, each with its field.
api::Problems problems_of_profile(const api::Node& profile);

}  // namespace op
