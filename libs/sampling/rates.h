// Two readings become a sample. Pure. A rate is made of a counter that both readings have and that
// did not go back: a restart gives no rate for one interval, and never a negative one.
//
// Processes come and go between two readings, and their counters with them. What one that ended had
// used is not lost where its parent is watched too: the kernel adds it to the parent's counter of
// children when the parent waits for it. So the parent's growth, less what was seen of the child
// before, is what the child used since. One whose parent is not watched loses its last interval.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "sampling/reading.h"
#include "sampling/sample.h"

namespace sampling {

/// Units: per second. Nothing: a side is missing, the counter went back, or no time passed.
std::optional<double> rate_of(std::optional<std::uint64_t> before,
                              std::optional<std::uint64_t> after, base::Duration between);

/// How much the watched members used between two readings; nothing: one of them does not say, or
/// there is none that both readings have.
struct Usage {
  std::optional<double> cpu_nanoseconds;
  std::optional<double> read_bytes;
  std::optional<double> written_bytes;
  std::optional<double> reads;
  std::optional<double> writes;
  std::optional<double> throttled_ratio;
};
/// `group`: of that container alone.
Usage usage_between(const Reading& before, const Reading& after,
                    std::optional<std::uint32_t> group = {});

/// The figures at `after`; `before` nullptr: levels only. `group`: CPU, memory, swap, disk I/O and
/// processes of one container, without what belongs to the whole pod.
Sample sample_of(const Reading* before, const Reading& after,
                 std::optional<std::uint32_t> group = {});

}  // namespace sampling
