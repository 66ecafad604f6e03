#include "load/ramp.h"

#include <algorithm>
#include <cmath>

namespace load {

namespace {
constexpr double kCapacityHeadroom = 1.2;
constexpr double kCapacityStart = 0.1;
constexpr double kNanosMax = 9.2e18;  // below Duration::max()
}  // namespace

double Ramp::rate(base::Duration at) const {
  if (at >= rise) return to;
  const double share = base::to_seconds(at) / base::to_seconds(rise);
  return from + (to - from) * std::max(share, 0.0);
}

double Ramp::expected(base::Duration at) const {
  if (at <= base::Duration(0)) return 0;
  const double span = base::to_seconds(rise);
  if (at >= rise) return (from + to) / 2 * span + to * (base::to_seconds(at) - span);
  return (from + rate(at)) / 2 * base::to_seconds(at);
}

base::Duration Ramp::when(double count) const {
  if (count <= 0) return base::Duration(0);
  const double span = base::to_seconds(rise);
  const double in_rise = (from + to) / 2 * span;
  double at = 0;
  if (span > 0 && count <= in_rise) {
    // from·t + slope·t²/2 = count, in the form that stays exact when the slope is 0.
    const double slope = (to - from) / span;
    at = 2 * count / (from + std::sqrt(std::max(from * from + 2 * slope * count, 0.0)));
  } else {
    if (to <= 0) return base::Duration::max();
    at = span + (count - in_rise) / to;
  }
  const double nanos = at * 1e9;
  if (!(nanos < kNanosMax)) return base::Duration::max();
  return base::Duration(std::llround(nanos));
}

Ramp constant_rate(double per_second) {
  return Ramp{per_second, per_second, base::Duration(0)};
}

Ramp capacity_ramp(double target_per_second, base::Duration rise) {
  return Ramp{target_per_second * kCapacityStart, target_per_second * kCapacityHeadroom, rise};
}

}  // namespace load
