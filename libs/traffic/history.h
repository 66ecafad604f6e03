// What traffic was in the last minutes, for health and for people: counts, rates, error rates and
// quantiles of the last 10 s, minute, five minutes.
//
// Figures are kept as totals that only grow. Every 5 s the totals are told to the history, and the
// difference from the last ones is a slice. Windows are made of whole slices, so that a figure is
// of the time that its slices cover, which it tells, and never of a time that was not measured. A
// slice belongs to a window when more than half of it lies inside; the newest one does when it
// ended inside, so that a sampler that was late has something to show.
//
// Memory: 61 slices of 6.4 kB where there was traffic, 390 kB at most.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/time.h"
#include "traffic/series.h"

namespace traffic {

inline constexpr base::Duration kSlice = base::seconds(5);
inline constexpr base::Duration kLongestWindow = base::seconds(300);

/// What came in a window. Without a slice in it everything is empty; without requests the rate is 0
/// and what is a share of requests is empty.
struct WindowFigures {
  base::Duration covered{0};
  std::uint64_t count = 0;
  std::optional<double> per_second;
  std::optional<double> error_rate;         // status >= 400, for health; in [0, 1]
  std::optional<double> server_error_rate;  // status >= 500, for objectives
  std::optional<base::Duration> mean;
  std::optional<base::Duration> p50;
  std::optional<base::Duration> p95;
  std::optional<base::Duration> p99;
};

class History {
 public:
  /// Takes the totals of all traffic as they are now; false, and nothing done, when less than nine
  /// tenths of a slice have gone since the last. The first ones are where counting begins.
  bool sample(const SeriesSum& totals, base::TimePoint now);

  /// Of the last `length`, at most five minutes.
  WindowFigures window(base::Duration length, base::TimePoint now) const;

 private:
  struct Slice {
    base::TimePoint from, to;
    std::uint64_t count = 0;
    std::uint64_t errors = 0;
    std::uint64_t server_errors = 0;
    base::Duration total{0};
    std::vector<std::uint32_t> durations;  // by bucket; none without requests
  };
  struct Totals {
    base::TimePoint at;
    std::uint64_t count = 0;
    std::uint64_t errors = 0;
    std::uint64_t server_errors = 0;
    SketchSum durations;
  };

  std::deque<Slice> slices_;  // oldest first
  std::optional<Totals> last_;
};

}  // namespace traffic
