// The plan with its placeholders resolved, once the target's ports and folders are known.
#pragma once

#include "api/action.h"
#include "api/local_system.h"
#include "api/recovery_plan.h"
#include "base/result.h"

namespace api {

/// Resolves every action of the plan. `values` are the target's ({port.a}, {address.proxy},
/// {dir}…); roles come from the plan. {service} is the service's name in fields that name a part of
/// the system, and its address everywhere else ("http://{service}/"). Errors: InvalidArgument
/// naming the unknown placeholder.
base::Result<RecoveryPlan> resolve_plan(RecoveryPlan plan, const Substitutions& values,
                                        const ActionCatalog& catalog);

}  // namespace api
