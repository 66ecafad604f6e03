// The rules between fields that an API server checks, in CEL. They are those of plan_rules.cpp and
// of scheduling/document.cpp, as far as CEL can tell them at a bounded cost, and those that only a
// cluster has: what may change, and that a target is in the cluster. A rule here may let through
// what the parser refuses, never the other way round. What the parser alone tells (docs/crds.md
// lists it) the operator says in the condition Ready or Accepted.
#pragma once

#include <string>
#include <vector>

#include "api/crd.h"

namespace api {

std::vector<CrdRule> plan_crd_rules();
std::vector<CrdRule> schedule_crd_rules();
std::vector<CrdRule> drill_crd_rules();
std::vector<CrdRule> sidecar_profile_crd_rules();
/// What is left to the operator, a sentence each.
std::vector<std::string> left_to_operator();

}  // namespace api
