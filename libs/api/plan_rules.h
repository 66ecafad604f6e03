// What a table of fields cannot say about a plan: how its parts fit together. For plan_parse.cpp.
#pragma once

#include "api/decode.h"
#include "api/recovery_plan.h"

namespace api {

/// `spec` is the decoded spec that `plan` was read from.
void check_plan_rules(Decoder& decoder, const RecoveryPlan& plan, const Node& spec);

}  // namespace api
