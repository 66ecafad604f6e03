#include "alert/user_quota.h"

#include <algorithm>
#include <cmath>

namespace alert {

namespace {

constexpr std::size_t kThrottledLooks = 3;
constexpr std::size_t kQueuedLooks = 6;

base::Duration delay_of(Violation violation) {
  if (violation == Violation::Memory) return base::millis(1000);
  return violation == Violation::Cpu ? base::millis(300) : base::millis(500);
}

base::Duration longest_delay(const std::vector<Violated>& violated) {
  base::Duration delay{0};
  for (const Violated& one : violated) delay = std::max(delay, delay_of(one.violation));
  return delay;
}

Remedy by_rank(Rank rank) {
  switch (rank) {
    case Rank::High: return Remedy::Throttle;
    case Rank::Normal: return Remedy::Queue;
    case Rank::Low: return Remedy::Isolate;
  }
  return Remedy::Queue;
}

Remedy by_repetition(bool impact, std::size_t in_a_row) {
  if (in_a_row > kQueuedLooks) return Remedy::Isolate;
  return impact || in_a_row > kThrottledLooks ? Remedy::Queue : Remedy::Throttle;
}

Remedy choose(Strategy strategy, bool impact, Rank rank, std::size_t in_a_row) {
  switch (strategy) {
    case Strategy::FairShare: return impact ? Remedy::Queue : Remedy::Throttle;
    case Strategy::Priority: return by_rank(rank);
    case Strategy::Adaptive: return by_repetition(impact, in_a_row);
  }
  return Remedy::Throttle;
}

}  // namespace

const char* name(Violation violation) {
  switch (violation) {
    case Violation::Memory: return "memory";
    case Violation::Cpu: return "cpu";
    case Violation::DatabaseConnections: return "database_connections";
    case Violation::Concurrency: return "concurrency";
    case Violation::Impact: return "impact";
  }
  return "impact";
}

const char* name(Remedy remedy) {
  switch (remedy) {
    case Remedy::None: return "none";
    case Remedy::Throttle: return "throttle";
    case Remedy::Queue: return "queue";
    case Remedy::Isolate: return "isolate";
  }
  return "none";
}

std::vector<Violated> violations(const UserQuota& quota, const UserUsage& usage) {
  std::vector<Violated> all;
  const auto look = [&all](Violation violation, std::optional<double> value, double allowed) {
    if (value && std::isfinite(*value) && *value > allowed) {
      all.push_back({violation, *value, allowed});
    }
  };
  look(Violation::Memory, usage.memory_bytes, quota.memory_bytes);
  look(Violation::Cpu, usage.cpu_percent, quota.cpu_percent);
  look(Violation::DatabaseConnections, usage.database_connections, quota.database_connections);
  look(Violation::Concurrency, usage.concurrent_requests, quota.concurrent_requests);
  look(Violation::Impact, usage.impact_ratio, quota.impact_ratio);
  return all;
}

Answer answer(Strategy strategy, const std::vector<Violated>& violated, Rank rank,
              std::size_t in_a_row) {
  if (violated.empty()) return {};
  const bool impact = violated.back().violation == Violation::Impact;
  const Remedy remedy = choose(strategy, impact, rank, in_a_row);
  return {remedy, remedy == Remedy::Throttle ? longest_delay(violated) : base::Duration(0)};
}

}  // namespace alert
