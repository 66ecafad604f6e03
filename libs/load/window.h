// What users saw in a stretch of time, as one value: counts, rates, latencies, satisfaction. An
// operation belongs to the window in which it was due, not in which it ended: else a stall would
// move its victims into the recovery. Latency counts from the due time.
//
// Apdex (the published index): with T the target, satisfied are good operations within T,
// tolerating within 4 T; the score is (satisfied + tolerating / 2) / all. Failed ones are
// frustrated.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "load/histogram.h"

namespace load {

class Apdex {
 public:
  explicit Apdex(base::Duration target) : target_(target) {}

  void add(bool good, base::Duration latency);
  std::uint64_t count() const { return total_; }
  /// In [0, 1]; empty when nothing was counted.
  std::optional<double> score() const;

 private:
  base::Duration target_;
  std::uint64_t satisfied_ = 0;
  std::uint64_t tolerating_ = 0;
  std::uint64_t total_ = 0;
};

/// One finished operation of a load.
struct Completed {
  base::Duration due{0};
  base::Duration latency{0};  // from due to the result
  base::Duration service{0};  // from the statement's sending to the result
  bool good = false;
  int user = 0;
  int kind = 0;
};

/// Which figure of a latency distribution a criterion asks for.
enum class Statistic { Mean, P50, P95, P99, Max };
base::Duration pick(const Histogram& histogram, Statistic statistic);

/// Statistics of [from, to): bounded memory whatever the rate.
class Window {
 public:
  Window(base::Duration from, base::Duration to, base::Duration apdex_target);

  /// Counts an operation that is due inside; others are ignored.
  void add(const Completed& operation);

  std::uint64_t operations() const { return good_ + errors_; }
  std::uint64_t good() const { return good_; }
  std::uint64_t errors() const { return errors_; }
  /// Empty when nothing was due inside.
  std::optional<double> error_percent() const;
  /// Good operations per second of the window's length; empty for an empty window.
  std::optional<double> good_per_second() const;
  /// Distinct users with a good operation.
  std::size_t users() const { return users_.size(); }
  /// Latencies of good operations, from the due time.
  const Histogram& latency() const { return latency_; }
  /// Times of good operations from sending to result.
  const Histogram& service() const { return service_; }
  /// 100 x Apdex; empty when nothing was counted.
  std::optional<double> satisfaction_percent() const;

 private:
  base::Duration from_, to_;
  std::uint64_t good_ = 0;
  std::uint64_t errors_ = 0;
  std::set<int> users_;
  Histogram latency_;
  Histogram service_;
  Apdex apdex_;
};

}  // namespace load
