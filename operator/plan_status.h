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

/// Whether the plan can be run, as far as can be told without running it.
struct PlanReady {
  std::string reason = "Ready";  // else what is in the way
  std::string message;
  bool ready() const { return reason == "Ready"; }
};
/// Who has to agree: what has the label muster.dev/drills=enabled.
struct Agreement {
  bool known = false;                // the server said whose labels are there
  bool space = false;                // the namespace has it
  std::vector<std::string> without;  // "Deployment web": workloads of the plan that lack it
};
/// `problem`: why the plan cannot be drilled as it stands; empty: it can.
PlanReady plan_ready(const std::string& space, const std::string& problem,
                     const Agreement& agreement);

/// Members of the plan's status. Times and lists that are empty are left out.
api::Node plan_status(const api::Node& plan, const drill::PlanCompliance& compliance,
                      const PlanReady& ready, base::WallTime now);

/// When the evidence becomes stale; nothing: it is, or there is none.
std::optional<base::Duration> until_stale(const drill::PlanCompliance& compliance);

}  // namespace op
