// What the operator does about a Drill: takes it, refuses it, lets it wait, and keeps its pods
// there. All that a drill does to its target is done in its pods; the operator only sees to it that
// there are some. Pure.
//
//   no phase, Pending   the plan is looked at: refused for good, or left waiting with a reason, or
//                       taken: its plan is kept in the status, so that a later edit changes nothing
//   Starting and on     first the guardian, then the runner, which is never made a second time:
//                       an injection whose result is unknown is not repeated; told to end where
//                       drills are stopped (stop_switch.h). A runner that never came, because its
//                       image or its pod is refused, ends the drill after a while. A guardian
//                       whose node is lost is replaced by one elsewhere: of two guardians only
//                       the one that reaches the API server can take the drill over
//   Finished            nothing but to tidy up: a finalizer too many, pods that never started
//
// In a namespace that is being deleted nothing can be undone, because its accounts and rights go
// first, and nothing has to be, because the workloads go with it: there the finalizer is let go, or
// the namespace would never end.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "api/problem.h"
#include "cluster/drill_object.h"
#include "operator/drill_pods.h"

namespace op {

struct PodState {
  bool exists = false;
  bool ended = false;
  std::string waiting;  // why a container does not start: "ImagePullBackOff"; empty: it does
  /// Its node says nothing any more: whether the pod still runs is not known, and nobody ends it.
  bool lost = false;
  std::string node;  // empty: the scheduler has not found it one yet
  std::string uid;
};

struct DrillFacts {
  /// With profile and overrides applied; nothing: there is no plan of that name.
  std::optional<api::Node> plan;
  std::string plan_problem;  // why it cannot be drilled, for good; empty: it can
  /// Another drill that has a part of the target, of one that waits or is untouched(); empty: none.
  std::string busy_with;
  std::string stopped;  // why no drill may run here; empty: it may
  PodState runner, guardian;
  bool overdue = false;       // nobody has claimed it within the time that there is for that
  bool space_ending = false;  // its namespace is being deleted
};

struct Refuse {
  std::string reason, message;
};
struct Hold {  // wait; `again`: to be looked at when something changes
  std::string reason, message;
};
struct Take {};
struct Abort {  // of what runs: its pods undo it
  std::string message;
};
struct MakePod {
  PodRole role = PodRole::Guardian;
};
struct RemovePod {
  PodRole role = PodRole::Guardian;
  bool force = false;  // from the API server alone: its node does not answer
  std::string uid{};   // of the one that was looked at: another may have its name by then
};
struct Report {  // of a runner that does not come up
  std::string reason, message;
};
struct GiveUp {  // nothing has been touched, and nothing will be
  std::string message;
};
struct LetGo {};  // the finalizer
struct Rest {};
using DrillDecision =
    std::variant<Rest, Refuse, Hold, Take, Abort, MakePod, RemovePod, Report, GiveUp, LetGo>;

/// Reason and message of a condition that says that there is no such plan.
inline constexpr const char* kPlanNotFound = "PlanNotFound";
std::string no_plan(const std::string& plan, const std::string& space);
/// The reason of a condition that says that a pod of the drill was refused.
inline constexpr const char* kPodRefused = "PodRefused";

/// Taken, and nothing was made for it yet.
bool untouched(const cluster::DrillObject& drill, const DrillFacts& facts);

/// One decision at a time; after it was carried out it is asked again.
DrillDecision decide(const cluster::DrillObject& drill, const DrillFacts& facts);

/// Members of the status for a decision that says something. Empty: it is said already.
std::vector<cluster::Member> members_of(const DrillDecision& decision,
                                        const cluster::DrillObject& drill, const DrillFacts& facts,
                                        base::WallTime now);

/// What is wrong with an object of the API server, which has neither file nor lines.
std::string text_of(const api::Problems& problems);

/// "Deployment/web", "Service/web": what a plan may touch by name, sorted.
std::vector<std::string> parts_of(const api::Node& plan);
/// Whether two plans of a namespace may touch the same. Whose pods a workload has is in no plan, so
/// pods by their labels may be those of any; two selectors may have pods in common unless they
/// exclude each other.
bool may_share_target(const api::Node& plan, const api::Node& other);

/// The plan as this drill runs it: profile and overrides applied. Errors: InvalidArgument naming
/// the field: no such profile, an objective that is less strict than the plan's.
base::Result<api::Node> plan_for(api::Node plan, const api::Node& drill_spec);

}  // namespace op
