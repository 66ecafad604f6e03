// A Drill (muster.dev/v1alpha1) in a cluster: one run of a RecoveryPlan. Its spec is fixed once it
// was created, but for `abort` and `approvals`; its status is written by whoever carries the drill
// out and is all that another one needs to undo it: the plan by value, the undo journal and the
// deadline. What a Drill may ask of its plan is decided here, so that the operator, the webhook and
// the tests agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "api/node.h"
#include "api/problem.h"
#include "base/result.h"
#include "base/time.h"

namespace api {

/// The phases of drill::Phase, and those before and after them.
const std::vector<std::string>& drill_phases();
/// The states of drill::SystemState.
const std::vector<std::string>& drill_states();
/// The verdicts of drill::Verdict.
const std::vector<std::string>& drill_verdicts();

struct DrillSpec {
  std::string plan;          // RecoveryPlan in the drill's namespace
  std::string profile = {};  // empty: none
  std::optional<std::int64_t> rto_seconds = {}, rpo_seconds = {};
  Node timing = Node::map();  // the fields of spec.timing that are replaced
  bool abort = false;
  std::vector<std::string> approvals = {};  // names of steps
};

struct StatusCondition {
  std::string type, status = "Unknown", reason, message;
  base::WallTime last_transition{};
  std::int64_t observed_generation = 0;
  bool operator==(const StatusCondition&) const = default;
};

struct ObjectiveStatus {
  std::optional<std::int64_t> objective_seconds, lower_millis, upper_millis, lost_writes;
  std::string display, verdict;
  bool operator==(const ObjectiveStatus&) const = default;
};

struct DrillStatus {
  std::int64_t observed_generation = 0;
  std::vector<StatusCondition> conditions;
  std::string phase, state, id;
  Node plan;  // null: not begun
  std::optional<base::WallTime> started, faulted, completed;
  std::string verdict, reason;
  ObjectiveStatus rto, rpo;
  std::vector<std::string> violations, recommendations;
  struct Evidence {
    std::string kind, name, path;
    bool operator==(const Evidence&) const = default;
  } evidence;
  struct Runner {
    std::string pod, node, uid;
    std::optional<base::WallTime> heartbeat;
    bool operator==(const Runner&) const = default;
  } runner;
  struct Guardian {
    std::string pod, node;
    bool operator==(const Guardian&) const = default;
  } guardian;
  std::string journal;
  std::optional<base::WallTime> fault_deadline;
  std::vector<std::string> problems;
  bool operator==(const DrillStatus&) const = default;
};

struct DrillResource {
  std::string name_space, name, uid;
  std::int64_t generation = 0;
  DrillSpec spec;
  DrillStatus status;
};

/// A Drill as the API server gives it.
/// Errors: every problem of the spec at once. A status that cannot be read is no problem: what is
/// wrong in it is left out, because an operator must be able to undo what an older one began.
tl::expected<DrillResource, Problems> parse_drill(const Node& object, const std::string& file);

DrillStatus read_drill_status(const Node& status);
/// Empty fields are left out.
Node to_node(const DrillStatus& status);

/// Sets the condition of its type. The time of transition is kept where the status stays the same.
/// Returns whether anything changed.
bool set_condition(std::vector<StatusCondition>& conditions, StatusCondition condition);

/// The plan that the drill runs: the profile, the drill's timing and its objectives applied to the
/// plan's document. Errors: InvalidArgument: no such profile, or objectives that are weaker than
/// the plan's, naming both.
base::Result<Node> plan_of_drill(const Node& plan, const DrillSpec& drill);

/// An object of the API server as a document for parse_plan and parse_schedule: without status and
/// without what the server adds to metadata.
Node as_written(const Node& object);

}  // namespace api
