// From the plan to what the pure code wants to know of it. Pure.
#pragma once

#include "api/recovery_plan.h"
#include "drill/assess.h"
#include "drill/engine_config.h"
#include "targets/catalog.h"

namespace runner {

/// The part of the plan that an engine PartId names.
struct PartView {
  const std::string* name = nullptr;
  const api::Action* action = nullptr;
  const api::Action* undo = nullptr;       // the plan's own; nullptr: the kind's
  const api::Action* proven_by = nullptr;  // faults
  std::int64_t timeout_seconds = 60;
};
/// CHECKs that the part exists.
PartView part_of(const api::RecoveryPlan& plan, drill::PartId id);

/// Every part: faults, recovery, failback, each in the order of the plan.
std::vector<drill::PartId> parts_of(const api::RecoveryPlan& plan);

/// What the engine must know of one part; which undo holds when is the driver's to say.
drill::PartConfig part_config(const api::RecoveryPlan& plan, const targets::Catalog& catalog,
                              drill::PartId id);
drill::EngineConfig engine_config(const api::RecoveryPlan& plan, const targets::Catalog& catalog);

/// SHA-256 of the spec that runs, profile and overrides applied: drills of the same one can be
/// compared. Words about the drill and profiles that were not applied are left out.
std::string spec_digest(const api::RecoveryPlan& plan);

/// `directory` is where the evidence lies; `plan_yaml` exactly what ran.
drill::AssessConfig assess_config(const api::RecoveryPlan& plan, const std::string& directory);

/// The role's value, e.g. role "primary" -> "a"; empty where the plan has none.
std::string role(const api::RecoveryPlan& plan, const std::string& name);

/// Whether the old primary can be started unreachable for users, to be read before it is rewound.
bool can_isolate(const api::RecoveryPlan& plan, const api::LocalSystem& system);

}  // namespace runner
