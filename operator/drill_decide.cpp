#include "operator/drill_decide.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "api/plan_edit.h"
#include "api/recovery_plan.h"
#include "cluster/objects.h"
#include "operator/drill_result.h"

namespace op {
namespace {

using api::Node;
using cluster::Member;

constexpr const char* kAccepted = "Accepted";

bool waits(const cluster::DrillObject& drill) {
  return drill.phase().empty() || drill.phase() == "Pending";
}

Hold busy(const DrillFacts& facts) {
  return Hold{"TargetBusy", fmt::format("drill {} is under way on the same target; one at a time",
                                        facts.busy_with)};
}

DrillDecision about_waiting(const cluster::DrillObject& drill, const DrillFacts& facts) {
  if (drill.abort) return Refuse{"Aborted", "spec.abort was set before the drill began"};
  if (!facts.stopped.empty()) return Refuse{"Stopped", facts.stopped};
  if (!facts.plan) {
    return Hold{kPlanNotFound, no_plan(drill.plan, drill.key.space)};
  }
  if (!facts.plan_problem.empty()) return Refuse{"InvalidPlan", facts.plan_problem};
  if (!facts.busy_with.empty()) return busy(facts);
  return Take{};
}

/// What was said last of a pod that does not start.
std::string why_not_begun(const cluster::DrillObject& drill) {
  const Node* running = cluster::condition_of(drill.status["conditions"], "Running");
  const std::string said = running == nullptr ? "" : (*running)["message"].as_string();
  return said.empty() ? "its runner did not come in time"
                      : "its runner did not come in time: " + said;
}

DrillDecision about_pods(const cluster::DrillObject& drill, const DrillFacts& facts) {
  const bool claimed = !drill.runner().empty();
  // Two that were taken at the same moment did not see each other then; now one of them at least
  // sees the other, and steps back before it has done anything.
  if (!facts.busy_with.empty() && untouched(drill, facts)) return busy(facts);
  if (!claimed && facts.overdue) return GiveUp{why_not_begun(drill)};
  if (!facts.stopped.empty() && !drill.abort) return Abort{facts.stopped};
  if (facts.guardian.exists && facts.guardian.ended) {
    return RemovePod{PodRole::Guardian, false, facts.guardian.uid};
  }
  if (facts.guardian.exists && facts.guardian.lost) {
    return RemovePod{PodRole::Guardian, true, facts.guardian.uid};
  }
  if (!facts.guardian.exists) return MakePod{PodRole::Guardian};
  if (claimed) return Rest{};
  // The runner keeps away from the guardian's node, which has to be known for that.
  if (!facts.runner.exists && !facts.guardian.node.empty()) return MakePod{PodRole::Runner};
  if (facts.runner.ended) return GiveUp{"its runner ended before it had begun"};
  for (const PodState* pod : {&facts.runner, &facts.guardian}) {
    if (!pod->waiting.empty()) {
      return Report{pod->waiting,
                    fmt::format("the {} pod does not start: {}",
                                pod == &facts.runner ? "runner" : "guardian", pod->waiting)};
    }
  }
  return Rest{};
}

DrillDecision about_finished(const cluster::DrillObject& drill, const DrillFacts& facts) {
  if (drill.has_finalizer) return LetGo{};
  // They would start whenever their image appears, to find that there is nothing to do.
  if (!facts.runner.waiting.empty()) {
    return RemovePod{PodRole::Runner, false, facts.runner.uid};
  }
  if (!facts.guardian.waiting.empty()) {
    return RemovePod{PodRole::Guardian, false, facts.guardian.uid};
  }
  return Rest{};
}

/// Only what says something new: a quiet cluster gets no writes.
std::vector<Member> condition_members(const cluster::DrillObject& drill, const std::string& type,
                                      const std::string& status, const std::string& reason,
                                      const std::string& message, base::WallTime now) {
  Node conditions = cluster::with_condition(drill.status["conditions"], type, status, reason,
                                            message, cluster::time_text(now), drill.generation);
  if (conditions == drill.status["conditions"]) return {};
  return {{"conditions", std::move(conditions)}, {"observedGeneration", drill.generation}};
}

std::vector<Member> taken(const cluster::DrillObject& drill, const DrillFacts& facts,
                          base::WallTime now) {
  const Node& objectives = (*facts.plan)["spec"]["objectives"];
  std::vector<Member> out =
      condition_members(drill, kAccepted, "True", "Accepted",
                        fmt::format("plan {} is drilled as it is now", drill.plan), now);
  out.emplace_back("phase", "Starting");
  out.emplace_back("plan", *facts.plan);
  out.emplace_back("rto", Node::map().set("objectiveSeconds", objectives["rtoSeconds"]));
  if (const Node* rpo = objectives.find("rpoSeconds")) {
    out.emplace_back("rpo", Node::map().set("objectiveSeconds", *rpo));
  }
  return out;
}

const std::vector<Node>& workloads_of(const Node& plan) {
  return plan["spec"]["target"]["kubernetes"]["workloads"].items();
}

bool exclude_each_other(const Node& set, const Node& workload) {
  if (workload["kind"].as_string() != api::kPodSet) return false;
  const auto one = cluster::Selector::parse(set["selector"]);
  const auto two = cluster::Selector::parse(workload["selector"]);
  return one && two && one->excludes(*two);
}

/// Whether pods that a plan names by their labels may be of a workload of the other.
bool pods_may_be_of(const Node& plan, const Node& other) {
  return std::ranges::any_of(workloads_of(plan), [&](const Node& set) {
    if (set["kind"].as_string() != api::kPodSet) return false;
    return !std::ranges::all_of(workloads_of(other), [&](const Node& workload) {
      return exclude_each_other(set, workload);
    });
  });
}

}  // namespace

std::string no_plan(const std::string& plan, const std::string& space) {
  return fmt::format("there is no RecoveryPlan '{}' in namespace {}", plan, space);
}

bool untouched(const cluster::DrillObject& drill, const DrillFacts& facts) {
  return drill.phase() == "Starting" && drill.runner().empty() && !facts.guardian.exists &&
         !facts.runner.exists;
}

DrillDecision decide(const cluster::DrillObject& drill, const DrillFacts& facts) {
  if (drill.finished()) return about_finished(drill, facts);
  if (waits(drill)) {
    if (drill.deleting) return Rest{};
    return about_waiting(drill, facts);
  }
  // A drill that is being deleted is undone by its pods, as any other.
  if (drill.deleting && !drill.has_finalizer) return Rest{};
  if (drill.deleting && facts.space_ending) return LetGo{};
  return about_pods(drill, facts);
}

std::vector<Member> members_of(const DrillDecision& decision, const cluster::DrillObject& drill,
                               const DrillFacts& facts, base::WallTime now) {
  if (const auto* refuse = std::get_if<Refuse>(&decision)) {
    cluster::DrillObject with = drill;
    with.status.set(
        "conditions",
        cluster::with_condition(drill.status["conditions"], kAccepted, "False", refuse->reason,
                                refuse->message, cluster::time_text(now), drill.generation));
    return failure_of(refuse->reason, refuse->message, true, with, now);
  }
  if (const auto* hold = std::get_if<Hold>(&decision)) {
    std::vector<Member> out =
        condition_members(drill, kAccepted, "False", hold->reason, hold->message, now);
    if (!out.empty()) out.emplace_back("phase", "Pending");
    if (!out.empty()) out.emplace_back("reason", hold->message);
    return out;
  }
  if (std::holds_alternative<Take>(decision)) return taken(drill, facts, now);
  if (const auto* report = std::get_if<Report>(&decision)) {
    return condition_members(drill, "Running", "False", report->reason, report->message, now);
  }
  if (const auto* given_up = std::get_if<GiveUp>(&decision)) {
    return failure_of("NotBegun", given_up->message, true, drill, now);
  }
  return {};
}

std::string text_of(const api::Problems& problems) {
  std::string out;
  for (const api::Problem& one : problems) {
    out += fmt::format("{}{}{}{}", out.empty() ? "" : "; ", one.field,
                       one.field.empty() ? "" : ": ", one.message);
  }
  return out;
}

std::vector<std::string> parts_of(const Node& plan) {
  std::vector<std::string> out;
  const Node& target = plan["spec"]["target"]["kubernetes"];
  for (const Node& workload : target["workloads"].items()) {
    if (workload["kind"].as_string() == api::kPodSet) continue;
    out.push_back(workload["kind"].as_string() + "/" + workload["name"].as_string());
  }
  for (const Node& service : target["services"].items()) {
    const std::string& name = service["service"].as_string();
    out.push_back("Service/" + (name.empty() ? service["name"].as_string() : name));
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool may_share_target(const Node& plan, const Node& other) {
  if (pods_may_be_of(plan, other) || pods_may_be_of(other, plan)) return true;
  const std::vector<std::string> mine = parts_of(plan);
  const std::vector<std::string> theirs = parts_of(other);
  return std::find_first_of(mine.begin(), mine.end(), theirs.begin(), theirs.end()) != mine.end();
}

base::Result<Node> plan_for(Node plan, const Node& drill_spec) {
  if (const std::string& profile = drill_spec["profile"].as_string(); !profile.empty()) {
    auto applied = api::apply_profile(plan, profile);
    if (!applied) return tl::unexpected(applied.error().with("spec.profile"));
  }
  for (const char* part : {"objectives", "timing"}) {
    for (const api::Entry& entry : drill_spec[part].entries()) {
      const std::string path = fmt::format("spec.{}.{}", part, entry.key);
      // It refuses what would make the plan weaker.
      auto applied = api::apply_set(plan, fmt::format("{}={}", path, entry.value.as_int()));
      if (!applied) return tl::unexpected(applied.error().with(path));
    }
  }
  // What the API server keeps of its own is no part of the scenario.
  Node meta = Node::map().set("name", plan["metadata"]["name"]);
  plan.set("metadata", std::move(meta));
  plan.erase("status");
  return plan;
}

}  // namespace op
