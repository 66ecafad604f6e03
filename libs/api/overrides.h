// What a run may change of a plan without editing it: a profile (a named set of timing) and
// `--set path=value`. Both change the tree before it is validated, so that the evidence holds
// exactly what ran and every override is checked like what was written.
//
// Evidence must not depend on a flag: objectives may only get stricter, and what is judged
// (criteria, phase targets, zero point, deciding streams, the name) cannot be set at all.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "api/node.h"
#include "api/problem.h"

namespace api {

/// The annotation that says which profile a plan runs with.
inline constexpr std::string_view kProfileAnnotation = "muster.dev/profile";

/// Lays the timing of `profile` over spec.timing of a document that is not parsed yet.
/// Errors: no such profile; those that there are.
tl::expected<void, Problems> apply_profile(Node& document, std::string_view profile,
                                           const std::string& file);

/// Applies "spec.timing.baselineSeconds=10" or "spec.probes[orders].postgres.writesPerSecond=50";
/// the value is YAML. Items of lists are chosen by name or by index from 0.
/// Errors: no `=`, no such item, a field that may not be set, an objective that gets weaker.
tl::expected<void, Problems> apply_set(Node& document, std::string_view assignment);

}  // namespace api
