// What applications report of their named operations: how long, whether it succeeded, how much.
// Each kind has a default of how long is too long:
//
//   query 500 ms, bulk 5,000, encryption 100, decryption 50, real-time update 200,
//   concurrent-user operation 1,000, database query 200, API endpoint 500
//
// An operation above it is a breach whose severity is its ratio to the threshold. Alerts are by
// name, and end when a minute has passed without a breach: the next quick call proves nothing.
//
// Names are bounded: at most 100 of all kinds, further ones are counted as "other" of their kind,
// which is always there. Nothing else of an operation becomes a label, and its user and request ID
// are not kept at all. Memory: 108 x 8.4 kB at most.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert/firing.h"
#include "alert/statistics.h"

namespace alert {

enum class OperationKind {
  Query,
  Bulk,
  Encryption,
  Decryption,
  RealTimeUpdate,
  ConcurrentUser,
  DatabaseQuery,
  ApiEndpoint,
};
inline constexpr std::size_t kOperationKinds = 8;

/// "query", "bulk", "encryption", "decryption", "real_time_update", "concurrent_user",
/// "database_query", "api_endpoint".
const char* name(OperationKind kind);
/// Empty for a name that is none.
std::optional<OperationKind> operation_kind(std::string_view name);

/// By kind.
using OperationThresholds = std::array<base::Duration, kOperationKinds>;
OperationThresholds default_operation_thresholds();

/// An operation that has ended.
struct Operation {
  OperationKind kind = OperationKind::Query;
  std::string_view name;
  base::Duration duration{0};
  bool succeeded = true;
  std::uint64_t size = 0;  // bytes or records, as the application counts
};

struct OperationNotice {
  OperationKind kind = OperationKind::Query;
  std::string label;
  Notice notice;
  base::Duration duration{0};
  base::Duration threshold{0};
};

/// Figures of one kind and label. Units: milliseconds.
struct OperationFigures {
  OperationKind kind = OperationKind::Query;
  std::string label;
  Figures durations;
  std::uint64_t failed = 0;  // ever
  double success_rate = 1;   // ever, in [0, 1]
  std::uint64_t size = 0;    // ever
  Phase phase = Phase::Unknown;
};

class Operations {
 public:
  explicit Operations(OperationThresholds thresholds = default_operation_thresholds(),
                      std::size_t names_most = 100,
                      base::Duration cooldown = FiringPolicy{}.cooldown);

  /// For operations from now on; what fires goes on until its time without a breach is over.
  void set(const OperationThresholds& thresholds) { thresholds_ = thresholds; }
  const OperationThresholds& thresholds() const { return thresholds_; }

  /// Counts an operation and returns what has to be told. A duration below 0 is no measurement, and
  /// is not counted. `now` never decreases.
  std::optional<OperationNotice> add(const Operation& operation, base::TimePoint now);
  /// By kind and label.
  std::vector<OperationFigures> figures() const;

 private:
  struct Tracked {
    Statistics durations;  // in milliseconds
    std::uint64_t succeeded = 0;
    std::uint64_t size = 0;
    Alert alert;
  };
  using Key = std::pair<OperationKind, std::string>;
  std::pair<const Key, Tracked>& track(const Operation& operation);

  OperationThresholds thresholds_;
  std::size_t names_left_;
  base::Duration cooldown_;
  std::map<Key, Tracked> tracked_;
};

}  // namespace alert
