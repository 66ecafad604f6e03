// What must hold between the fields of a plan, which tables cannot say: shares that sum to 100,
// criteria that point the right way, an observing plan that does nothing by itself.
#pragma once

#include "api/recovery_plan.h"
#include "api/validate.h"

namespace api {

/// Complains to `validator` with the place in plan.normalized.
void check_rules(const RecoveryPlan& plan, Validator& validator);

/// The probe's part and the stream's part of "orders/C/a"; empty parts if it is no stream name.
std::pair<std::string, std::string> split_stream(const std::string& name);

}  // namespace api
