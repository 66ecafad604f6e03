// Whether what survived makes sense (measurement.md §4 and §6): two primaries, reads of the past,
// and the share of writes that are there once and intact.
#pragma once

#include <optional>

#include "verify/ledger.h"

namespace verify {

struct Consistency {
  std::uint64_t definite = 0, possible = 0, survived = 0;
  std::optional<Interval> split_brain;
  std::optional<Duration> fencing;
  std::uint64_t stale = 0, stale_pinned = 0, backwards = 0;
  Duration stalest{};
  double percent = 0;
  std::uint64_t percent_of = 0;
};

/// `onset`: the first bad operation's invocation, seen by the vantage `onset_of`; nothing: none
/// was.
Consistency check_consistency(const drill::Evidence& evidence, const Rows& rows,
                              std::optional<TimePoint> onset, const Vantages& vantages,
                              std::size_t onset_of);

}  // namespace verify
