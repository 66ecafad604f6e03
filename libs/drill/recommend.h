// What to do about it (D8): one recommendation per measured deviation beyond 20 % (medium) or 50 %
// (high), naming metric, figure, target and steps; plus the two standing ones, automated failover
// beyond an RTO of 300 s and synchronous replication beyond an RPO of 60 s.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "drill/report.h"

namespace drill {

struct RecommendationRules {
  double medium_deviation = 0.20;
  double high_deviation = 0.50;
  Duration automate_failover_beyond = base::seconds(300);
  Duration replicate_synchronously_beyond = base::seconds(60);
};

/// High priority first, then by deviation.
std::vector<Recommendation> recommend(const Report& report, const RecommendationRules& rules);

/// What helps against misses of a metric: "RTO", "QueryMillis" …; else what helps a slow phase.
std::vector<std::string> steps_for(const std::string& metric);
/// The priority of a deviation of this share of its target; nothing: it is no ground for advice.
std::optional<std::string> priority_of(double deviation, const RecommendationRules& rules);

}  // namespace drill
