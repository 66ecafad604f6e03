// Advice from what repeats: one miss may be an accident, the same miss again is a cause.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "drill/plan_compliance.h"
#include "drill/recommend.h"

namespace drill {
namespace {

constexpr std::size_t kRepeated = 2;

/// Where a missed objective surely was at least, as a share beyond it.
double deviation(const ObjectiveSummary& objective) {
  const double target = base::to_seconds(objective.objective.value_or(Duration::zero()));
  if (target <= 0 || !objective.user_visible) return 0;
  return base::to_seconds(objective.user_visible->lower) / target - 1;
}

std::vector<ObjectiveSummary> misses(const PlanCompliance& history,
                                     ObjectiveSummary Summary::* which) {
  std::vector<ObjectiveSummary> out;
  for (const Summary& row : history.drills) {
    if ((row.*which).verdict == Verdict::Missed) out.push_back(row.*which);
  }
  return out;
}

/// Missed again and again is of high priority however near the misses were.
void repeated_misses(std::vector<Recommendation>& out, const PlanCompliance& history,
                     const ObjectiveRecord& record, ObjectiveSummary Summary::* which) {
  const std::vector<ObjectiveSummary> missed = misses(history, which);
  if (missed.size() < kRepeated) return;
  const auto worst =
      std::max_element(missed.begin(), missed.end(),
                       [](const auto& a, const auto& b) { return deviation(a) < deviation(b); });
  const double figure = worst->user_visible ? base::to_seconds(worst->user_visible->lower) : 0;
  const double target = base::to_seconds(worst->objective.value_or(Duration::zero()));
  out.push_back(
      {"high", record.name, figure, target,
       fmt::format("{} was missed in {} of {} drills, by {:.0f} % at worst ({:.4g} s, "
                   "target {:.4g} s): the cause is still there",
                   record.name, missed.size(), record.of, 100 * deviation(*worst), figure, target),
       steps_for(record.name)});
}

void growing(std::vector<Recommendation>& out, const ObjectiveRecord& record) {
  if (record.trend.trend != Trend::Degrading || !record.worst || !record.objective) return;
  const Duration figure = record.worst->upper.value_or(record.worst->lower);
  out.push_back({"medium",
                 record.name,
                 base::to_seconds(figure),
                 base::to_seconds(*record.objective),
                 fmt::format("{} grows from drill to drill (p = {:.2g} over {} drills); at worst "
                             "it was {:.4g} s, target {:.4g} s",
                             record.name, record.trend.p_value, record.trend.figures,
                             base::to_seconds(figure), base::to_seconds(*record.objective)),
                 {"Look for what grew with it: data, load, number of steps",
                  "Compare the phases of the first and the last drill"}});
}

/// "QueryMillis of heavy (degraded)" and "phase onset→detected" begin with what has steps.
std::string metric_of(const std::string& what) {
  return what.substr(0, what.find(' '));
}

void repeated_violations(std::vector<Recommendation>& out, const PlanCompliance& history) {
  if (history.drills.empty()) return;
  std::map<std::string, std::size_t> times;
  for (const Summary& row : history.drills) {
    std::set<std::string> once;
    for (const Violation& violation : row.violations) once.insert(violation.what);
    for (const std::string& what : once) ++times[what];
  }
  for (const Violation& violation : history.drills.back().violations) {
    const bool objective = violation.what == "RTO" || violation.what == "RPO";
    const std::size_t count = times[violation.what];
    if (objective || count < kRepeated) continue;
    const bool high = violation.severity == "critical" || violation.severity == "high";
    out.push_back({high ? "high" : "medium", violation.what, static_cast<double>(count), 0,
                   fmt::format("{} was violated in {} of {} drills, the last one included: {}",
                               violation.what, count, history.drills.size(), violation.detail),
                   steps_for(metric_of(violation.what))});
  }
}

}  // namespace

std::vector<Recommendation> recommend(const PlanCompliance& history) {
  std::vector<Recommendation> out;
  repeated_misses(out, history, history.rto, &Summary::rto);
  repeated_misses(out, history, history.rpo, &Summary::rpo);
  growing(out, history.rto);
  growing(out, history.rpo);
  repeated_violations(out, history);
  std::vector<Recommendation> sorted;
  for (const char* priority : {"high", "medium"}) {
    std::copy_if(out.begin(), out.end(), std::back_inserter(sorted),
                 [priority](const Recommendation& r) { return r.priority == priority; });
  }
  return sorted;
}

}  // namespace drill
