// What all drills of a plan prove together (D7), in the RecoveryPlan's status: the figures of
// drill::assess_history() over the Drills that are there, as their statuses tell them. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/drill_object.h"
#include "drill/plan_compliance.h"

namespace op {

/// A finished drill as a row of a history, also one that never began, which proves nothing.
drill::Summary finished_row(const cluster::DrillObject& drill);
/// The same where it counts. Nothing: it is not finished, or it never began.
std::optional<drill::Summary> row_of(const cluster::DrillObject& drill);

/// Of one plan's drills. `plan`: the object.
drill::PlanCompliance compliance_of(const api::Node& plan,
                                    const std::vector<cluster::DrillObject>& drills,
                                    base::WallTime now);

/// Members of the plan's status. Times and lists that are empty are left out.
api::Node plan_status(const api::Node& plan, const drill::PlanCompliance& compliance,
                      base::WallTime now);

/// When the evidence becomes stale; nothing: it is, or there is none.
std::optional<base::Duration> until_stale(const drill::PlanCompliance& compliance);

}  // namespace op
