// What one user may ask of an application that several use at once, what is too much, and what is
// done about it. Quotas are a twelfth of the whole: 2 database connections, 100 MB (10^8 bytes),
// 8.33 % of CPU, 5 requests at once. Impact is how much slower the others are than their baseline
// while this user is active (users.h); more than 2 x is too much. What an application does not
// report is not violated.
//
// The answer to a violation, by strategy:
//
//   fair share   everybody alike: throttle; queue for impact on others
//   priority     by rank: high throttle, normal queue, low isolate
//   adaptive     by how often in a row: 1 … 3 throttle, 4 … 6 queue, then isolate; impact on others
//                begins at queue
//
// Throttled requests wait 1 s for a violation of memory, 0.3 s for one of CPU, 0.5 s for any other;
// with several the longest.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"

namespace alert {

struct UserQuota {
  double database_connections = 2;
  double memory_bytes = 100e6;
  double cpu_percent = 8.33;
  double concurrent_requests = 5;
  double impact_ratio = 2;
};

/// What is known of a user now.
struct UserUsage {
  std::optional<double> database_connections;
  std::optional<double> memory_bytes;
  std::optional<double> cpu_percent;
  std::optional<double> concurrent_requests;
  std::optional<double> impact_ratio;
};

enum class Violation { Memory, Cpu, DatabaseConnections, Concurrency, Impact };
/// "memory", "cpu", "database_connections", "concurrency", "impact".
const char* name(Violation violation);

struct Violated {
  Violation violation = Violation::Memory;
  double value = 0;
  double quota = 0;

  bool operator==(const Violated&) const = default;
};

/// Everything that is above its quota, in the order of Violation.
std::vector<Violated> violations(const UserQuota& quota, const UserUsage& usage);

enum class Strategy { FairShare, Priority, Adaptive };
enum class Rank { Low, Normal, High };
enum class Remedy { None, Throttle, Queue, Isolate };
/// "none", "throttle", "queue", "isolate".
const char* name(Remedy remedy);

struct Answer {
  Remedy remedy = Remedy::None;
  base::Duration delay{0};  // of each request, when throttled

  bool operator==(const Answer&) const = default;
};

/// What is done about violations; nothing without any. `in_a_row` counts looks with a violation,
/// this one among them.
Answer answer(Strategy strategy, const std::vector<Violated>& violated, Rank rank,
              std::size_t in_a_row);

}  // namespace alert
