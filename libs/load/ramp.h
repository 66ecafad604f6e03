// The rate of a load over time: straight pieces that are held at the end. Arrivals are found by
// inverting the expected count, N(t) = integral of the rate, in closed form, so that a ramp has
// neither steps nor drift however long it runs.
#pragma once

#include "base/time.h"

namespace load {

struct Ramp {
  double from = 0;         // operations per second at the start
  double to = 0;           // and from `rise` on
  base::Duration rise{0};  // 0: `to` from the start

  /// The rate at a time since the start. Units: operations per second.
  double rate(base::Duration at) const;
  /// Arrivals expected in [0, at].
  double expected(base::Duration at) const;
  /// The time at which `count` arrivals are expected; Duration::max() if never.
  base::Duration when(double count) const;
};

/// A rate that does not change.
Ramp constant_rate(double per_second);

/// The capacity stream: from a tenth up to 1.2 x the throughput target within `rise`, so that a
/// server that can just do the target is seen to do it, and one that cannot is seen to stall.
Ramp capacity_ramp(double target_per_second, base::Duration rise);

}  // namespace load
