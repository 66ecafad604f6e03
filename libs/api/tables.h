// The tables of fields of everything that users write: what is validated, what the JSON Schema
// says and what docs/plans.md must mention all come from here.
#pragma once

#include "api/action.h"

namespace api {

/// A document of kind LocalSystem.
const FieldSpec& local_system_table();
/// A document of kind RecoveryPlan.
const FieldSpec& recovery_plan_table();
/// A document of kind DrillSchedule.
const FieldSpec& drill_schedule_table();
/// A RecoveryPlan as the API server keeps it: without local targets, with lists of bounded length.
const FieldSpec& cluster_plan_table();
/// A DrillSchedule as the API server keeps it: it names a RecoveryPlan instead of a file.
const FieldSpec& cluster_schedule_table();
/// A document of kind Drill, which there is in a cluster only.
const FieldSpec& drill_table();
/// A document of kind SidecarProfile (sidecar_profile.h).
const FieldSpec& sidecar_profile_table();
/// What the operator writes into `status` of each of them.
const FieldSpec& plan_status_table();
const FieldSpec& schedule_status_table();
const FieldSpec& drill_status_table();
const FieldSpec& sidecar_profile_status_table();
/// The table of a field below a table, by its path: "spec.timing"; CHECKs that there is one.
const FieldSpec& table_at(const FieldSpec& table, std::string_view path);

}  // namespace api
