// The drill as a row of equal periods (D3: sampled every 10 s, the plan's sampleSeconds) from the
// beginning of the baseline to the end of the validation. What a report shows as samples, and
// whether a signal was monitored, are both counted on this grid, so that "watched" means watched
// all the time and not seen once.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"

namespace drill {

/// Whole periods; what is left over belongs to the last one. None: the baseline never began.
struct SampleGrid {
  TimePoint from = kNever;
  TimePoint until = kNever;
  Duration period{};

  std::size_t count() const;
  /// The period this moment lies in; nothing: outside.
  std::optional<std::size_t> index(TimePoint at) const;
  TimePoint begin_of(std::size_t index) const {
    return from + static_cast<std::int64_t>(index) * period;
  }
};
SampleGrid sample_grid(const Evidence& evidence, Duration period);

/// One row per period: what was counted in it, and the last state seen in it.
std::vector<Sample> samples_of(const Evidence& evidence, const SampleGrid& grid,
                               const std::vector<StreamId>& deciding);

}  // namespace drill
