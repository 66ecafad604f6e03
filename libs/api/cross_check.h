// A plan against the system it names: whether everything the plan points at is there. And what is
// no error but should be known before a drill: targets that cannot be met together.
#pragma once

#include <string>
#include <vector>

#include "api/action.h"
#include "api/local_system.h"
#include "api/problem.h"
#include "api/recovery_plan.h"

namespace api {

/// Every name that leads nowhere (process, instance, service, relay, probe, role, parameter), every
/// unknown placeholder, more targets of faults than the guard allows. Empty: all is there.
/// `system` may still hold placeholders.
Problems cross_check(const RecoveryPlan& plan, const LocalSystem& system,
                     const ActionCatalog& catalog);

/// What a user should know and may ignore, a sentence each.
std::vector<std::string> warnings(const RecoveryPlan& plan);

}  // namespace api
