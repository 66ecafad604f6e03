#include "operator/drill_result.h"

#include <chrono>

#include "cluster/cluster_target.h"
#include "report/words.h"

namespace op {
namespace {

using api::Node;
using cluster::Member;

std::int64_t whole_millis(base::Duration duration, bool up) {
  using Millis = std::chrono::milliseconds;
  return up ? std::chrono::ceil<Millis>(duration).count()
            : std::chrono::floor<Millis>(duration).count();
}

Node objective_node(const drill::ObjectiveResult& result) {
  Node out = Node::map().set("display", report::in_words(result));
  if (result.objective) {
    out.set("objectiveSeconds",
            std::chrono::duration_cast<std::chrono::seconds>(*result.objective).count());
  }
  if (result.verdict) out.set("verdict", drill::name(*result.verdict));
  if (!result.service) return out;
  // Rounded outwards: what is said is never narrower than what was measured.
  out.set("lowerMillis", whole_millis(result.service->lower, false));
  if (result.service->upper) out.set("upperMillis", whole_millis(*result.service->upper, true));
  return out;
}

std::vector<std::string> violations_of(const drill::Report& report) {
  std::vector<std::string> out;
  for (const drill::Violation& each : report.compliance.violations) {
    out.push_back(each.severity + ": " + each.what + ": " + each.detail);
  }
  return out;
}

std::vector<std::string> recommendations_of(const drill::Report& report) {
  std::vector<std::string> out;
  for (const drill::Recommendation& each : report.recommendations) {
    out.push_back(each.priority + ": " + each.text);
  }
  return out;
}

}  // namespace

std::vector<Member> result_of(const drill::Report& report, const EvidencePlace& evidence,
                              const std::vector<std::string>& problems,
                              const cluster::DrillObject& drill, base::WallTime now) {
  const std::string at = cluster::time_text(now);
  const bool met = report.verdict == drill::Verdict::Met;
  const bool whole = report.ending != drill::Ending::NotWhole;
  const std::string reason = report.reasons.empty() ? "" : report.reasons.front();
  Node conditions = drill.status["conditions"];
  conditions = cluster::with_condition(std::move(conditions), "Running", "False", "Ended",
                                       report.ending_reason, at, drill.generation);
  conditions = cluster::with_condition(
      std::move(conditions), "Succeeded", met ? "True" : "False", drill::name(report.verdict),
      met ? "every objective and criterion was met" : reason, at, drill.generation);
  conditions = cluster::with_condition(
      std::move(conditions), "Undone", whole ? "True" : "False", whole ? "Whole" : "NotWhole",
      whole ? "everything that the drill did is undone" : report.ending_reason, at,
      drill.generation);
  Node rpo = objective_node(report.rpo);
  if (report.rpo_records) rpo.set("lostWrites", static_cast<std::int64_t>(*report.rpo_records));
  std::vector<Member> out = {{"phase", whole ? "Finished" : "NotWhole"},
                             {"state", drill::name(report.final_state)},
                             {"completionTime", at},
                             {"verdict", drill::name(report.verdict)},
                             {"reason", reason},
                             {"rto", objective_node(report.rto)},
                             {"rpo", std::move(rpo)},
                             {"violations", Node::strings(violations_of(report))},
                             {"recommendations", Node::strings(recommendations_of(report))},
                             {"problems", Node::strings(problems)},
                             {"conditions", std::move(conditions)}};
  if (!evidence.kind.empty()) {
    out.emplace_back("evidence", Node::map()
                                     .set("kind", evidence.kind)
                                     .set("name", evidence.name)
                                     .set("path", evidence.path));
  }
  return out;
}

std::string not_begun_reason(const base::Error& error) {
  if (cluster::is_not_agreed(error)) return kNotEnabled;
  if (error.code == base::Code::NotFound) return "TargetNotFound";
  if (error.code == base::Code::PermissionDenied) return "Forbidden";
  return "NotBegun";
}

std::vector<Member> failure_of(const std::string& reason, const std::string& message, bool undone,
                               const cluster::DrillObject& drill, base::WallTime now) {
  const std::string at = cluster::time_text(now);
  Node conditions = drill.status["conditions"];
  conditions = cluster::with_condition(std::move(conditions), "Running", "False", reason, message,
                                       at, drill.generation);
  conditions = cluster::with_condition(std::move(conditions), "Succeeded", "False", reason, message,
                                       at, drill.generation);
  conditions = cluster::with_condition(
      std::move(conditions), "Undone", undone ? "True" : "False", undone ? "Whole" : "NotWhole",
      undone ? "nothing of the drill is left" : message, at, drill.generation);
  std::vector<Member> out = {{"verdict", drill::name(drill::Verdict::Invalid)},
                             {"reason", message},
                             {"conditions", std::move(conditions)}};
  if (!undone) return out;
  out.emplace_back("phase", "Finished");
  out.emplace_back("completionTime", at);
  return out;
}

}  // namespace op
