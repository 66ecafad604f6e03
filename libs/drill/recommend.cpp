// Deviations, and what helps against each.
#include "drill/recommend.h"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "drill/criteria.h"

namespace drill {
namespace {

const std::map<std::string, std::vector<std::string>>& steps_by_metric() {
  static const std::map<std::string, std::vector<std::string>> table = {
      {"RTO",
       {"Look at the phase that took longest; it is where the time went",
        "Shorten detection: probe more often, act on fewer failures in a row",
        "Keep the standby warm and its promotion rehearsed"}},
      {"RPO",
       {"Watch replication lag and alert on it before a failure does",
        "Replicate synchronously, or to a quorum, where the data is worth the latency"}},
      {"ApiResponseMillis",
       {"Size the standby like the primary", "Warm caches before traffic is switched",
        "Shed low-priority load while degraded"}},
      {"QueryMillis",
       {"Compare plans and statistics of the new primary with the old one's",
        "Run ANALYZE after promotion", "Warm the buffer cache (pg_prewarm)"}},
      {"Users",
       {"Raise connection limits of proxy and pool on the recovery side",
        "Check that clients reconnect by themselves"}},
      {"RequestsPerSecond",
       {"Add capacity on the recovery side", "Check pool sizes and proxy limits"}},
      {"SatisfactionPercent", {"Find which operations are slow and treat them first"}},
      {"ErrorPercent",
       {"Make clients retry what is safe to retry", "Find the causes in the load's error list"}},
      {"ConsistencyPercent",
       {"Compare primary and standby with checksums", "Stop writes to the old primary earlier"}},
      {"RenderMillis",
       {"Serve pages from a cache while degraded", "Size the standby like the primary"}},
      {"SessionContinuityPercent",
       {"Keep sessions outside the instance that can fail",
        "Replicate the session store, or persist it"}},
      {"FeaturePercent",
       {"Bring the missing features to the recovery side",
        "Call every feature after each deployment there"}},
      {"Data",
       {"Find out which writes were hurt before anything else is rehearsed",
        "Fence the old primary before the new one takes writes"}},
      {"Restoration", {"Make failback a script, and run it without a fault first"}},
      {"monitoring",
       {"Watch the signal in every phase, also while the primary is down",
        "Give the plan a probe that sees it"}},
      {"phase", {"Rehearse this phase alone", "Automate what a person did in it"}},
  };
  return table;
}

struct Deviation {
  std::string metric, unit;
  double measured = 0, target = 0, share = 0;
};

class Adviser {
 public:
  explicit Adviser(const RecommendationRules& rules) : rules_(rules) {}

  void compare(const std::string& kind, Deviation d, bool at_most) {
    if (d.target > 0) {
      d.share = at_most ? (d.measured - d.target) / d.target : (d.target - d.measured) / d.target;
    } else {
      d.share = at_most && d.measured > 0 ? 1 : 0;
    }
    const auto priority = priority_of(d.share, rules_);
    if (!priority) return;
    advise(*priority == "high", d, steps_for(kind),
           fmt::format("{} was {:.4g}{}, {:.0f} % beyond its target of {:.4g}{}", d.metric,
                       d.measured, d.unit, 100 * d.share, d.target, d.unit));
  }

  void advise(bool high, const Deviation& d, std::vector<std::string> steps, std::string text) {
    rows_.push_back({d.share,
                     {high ? "high" : "medium", d.metric, d.measured, d.target, std::move(text),
                      std::move(steps)}});
  }

  std::vector<Recommendation> sorted() {
    std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      if (a.what.priority != b.what.priority) return a.what.priority == "high";
      return std::tie(b.share, a.what.metric) < std::tie(a.share, b.what.metric);
    });
    std::vector<Recommendation> out;
    for (Row& row : rows_) out.push_back(std::move(row.what));
    return out;
  }

 private:
  struct Row {
    double share = 0;
    Recommendation what;
  };
  const RecommendationRules& rules_;
  std::vector<Row> rows_;
};

/// The figure a recommendation is made from: what is certain at least, or where that is nothing,
/// what is possible at most.
double figure(const ObjectiveResult& objective) {
  if (objective.verdict == Verdict::Missed) return base::to_seconds(objective.user_visible->lower);
  return base::to_seconds(objective.service->upper.value_or(objective.service->lower));
}

bool measured(const ObjectiveResult& objective) {
  return objective.verdict != Verdict::Invalid && objective.service.has_value();
}

void objectives(Adviser& adviser, const Report& report, const RecommendationRules& rules) {
  for (const ObjectiveResult* objective : {&report.rto, &report.rpo}) {
    if (!measured(*objective) || !objective->objective) continue;
    adviser.compare(
        objective->name,
        {objective->name, " s", figure(*objective), base::to_seconds(*objective->objective)}, true);
  }
  const auto standing = [&](const ObjectiveResult& objective, Duration beyond, const char* text,
                            std::vector<std::string> steps) {
    if (!measured(objective)) return;
    const double limit = base::to_seconds(beyond);
    const double value = figure(objective);
    if (value <= limit) return;
    adviser.advise(
        true, {objective.name, " s", value, limit, value / limit - 1}, std::move(steps),
        fmt::format("{} was {:.4g} s, more than {:.4g} s: {}", objective.name, value, limit, text));
  };
  standing(report.rto, rules.automate_failover_beyond, "consider automated failover",
           {"Let a failover manager (Patroni, an operator) detect and promote",
            "Test it with an observing plan"});
  standing(report.rpo, rules.replicate_synchronously_beyond, "consider synchronous replication",
           {"Set synchronous_standby_names and synchronous_commit for the data that matters",
            "Measure the latency it costs with the same load"});
}

}  // namespace

std::vector<std::string> steps_for(const std::string& metric) {
  const auto found = steps_by_metric().find(metric);
  return found == steps_by_metric().end() ? steps_by_metric().at("phase") : found->second;
}

std::optional<std::string> priority_of(double deviation, const RecommendationRules& rules) {
  // 0.36 is 20 % beyond 0.3 and not more, whatever binary fractions make of it.
  constexpr double kRounding = 1e-9;
  if (deviation > rules.high_deviation + kRounding) return "high";
  if (deviation > rules.medium_deviation + kRounding) return "medium";
  return std::nullopt;
}

std::vector<Recommendation> recommend(const Report& report, const RecommendationRules& rules) {
  // What an invalid drill measured is no ground for advice.
  if (report.verdict == Verdict::Invalid) return {};
  Adviser adviser(rules);
  objectives(adviser, report, rules);
  for (const CriterionResult& c : report.criteria) {
    if (!c.measured) continue;
    adviser.compare(c.metric,
                    {fmt::format("{} ({})", label(c), c.window), "", *c.measured, c.target},
                    c.at_most);
  }
  for (const auto* rows : {&report.phases, &report.steps}) {
    for (const PhaseResult& row : *rows) {
      if (!row.took || row.target <= Duration::zero()) continue;
      adviser.compare("phase",
                      {row.name, " s", base::to_seconds(*row.took), base::to_seconds(row.target)},
                      true);
    }
  }
  return adviser.sorted();
}

}  // namespace drill
