#include "operator/told_status.h"

#include <utility>

#include <fmt/format.h>

#include "drill/engine.h"

namespace op {
namespace {

using api::Node;
using cluster::Member;

constexpr const char* kAwaitingApproval = "AwaitingApproval";
constexpr base::Duration kHeartbeatEvery = base::seconds(2);

std::string gist(const ToldStatus::Now& now) {
  return now.phase + "/" + now.state + "/" + (now.asked.empty() ? "" : now.asked.begin()->first);
}

bool is_live(const ToldStatus::Now& now) {
  return !now.phase.empty() && !now.finished;
}

Node conditions_of(const ToldStatus::Now& now, const cluster::DrillObject& drill) {
  const std::string at = cluster::time_text(now.wall);
  Node out = cluster::with_condition(drill.status["conditions"], "Running", "True", now.phase,
                                     "the drill is under way", at, drill.generation);
  const bool asked_before = cluster::condition_of(out, kAwaitingApproval) != nullptr;
  if (now.asked.empty() && !asked_before) return out;
  const std::string what = now.asked.empty() ? ""
                                             : fmt::format("step {}: {}", now.asked.begin()->first,
                                                           now.asked.begin()->second);
  return cluster::with_condition(
      std::move(out), kAwaitingApproval, now.asked.empty() ? "False" : "True",
      now.asked.empty() ? "Answered" : "Asked", what, at, drill.generation);
}

}  // namespace

bool ToldStatus::is_due(const Now& now) const {
  return !last_ || gist(now) != told_ || now.at - *last_ >= kHeartbeatEvery;
}

void ToldStatus::note_fault(const Now& now) {
  const bool before = now.phase == drill::name(drill::Phase::Preflight) ||
                      now.phase == drill::name(drill::Phase::Baseline);
  if (before || fault_) return;
  // From here on something is broken, and the whole drill's deadline is that of the fault.
  const base::Duration left = began_ + deadline_ - now.at;
  fault_ = Fault{kube::micro_time(now.wall), kube::micro_time(now.wall + left), false};
}

std::vector<Member> ToldStatus::members(const Now& now, const cluster::DrillObject& drill) {
  std::vector<Member> out;
  conditions_ = Node();
  if (!is_live(now)) return out;
  out.emplace_back("phase", now.phase);
  out.emplace_back("state", now.state);
  note_fault(now);
  if (fault_ && !fault_->said) {
    out.emplace_back("faultTime", fault_->begun);
    out.emplace_back("faultDeadline", fault_->deadline);
  }
  Node conditions = conditions_of(now, drill);
  if (conditions != drill.status["conditions"]) {
    conditions_ = conditions;
    out.emplace_back("conditions", std::move(conditions));
  }
  return out;
}

void ToldStatus::landed(const Now& now, cluster::DrillObject& drill) {
  told_ = gist(now);
  last_ = now.at;
  if (fault_ && is_live(now)) fault_->said = true;
  if (!conditions_.is_null()) drill.status.set("conditions", std::move(conditions_));
  conditions_ = Node();
}

}  // namespace op
