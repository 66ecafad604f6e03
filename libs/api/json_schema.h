// The formats as JSON Schema (draft 7), made from the same tables that validate them, for editors
// and for checks offline. A schema says less than the parser: rules between fields and names that
// lead nowhere are the parser's and cross_check's.
#pragma once

#include "api/action.h"
#include "api/node.h"

namespace api {

/// Takes a RecoveryPlan, a LocalSystem, a DrillSchedule or a SidecarProfile.
Node json_schema(const ActionCatalog& catalog);

}  // namespace api
