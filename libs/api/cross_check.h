// A plan held against the system it names, before anything starts: every process, instance,
// service, relay, peer and probe exists, every placeholder is known, roles and parameters are the
// system's, and the faults stay within the blast radius.
#pragma once

#include "api/local_system.h"
#include "api/recovery_plan.h"

namespace api {

struct CrossCheck {
  Problems problems;  // the plan cannot run on this system
  Problems warnings;  // it can, but most likely it is not what was meant
};

CrossCheck cross_check(const RecoveryPlan& plan, const std::string& file, const LocalSystem& system,
                       const ActionCatalog& catalog);

}  // namespace api
