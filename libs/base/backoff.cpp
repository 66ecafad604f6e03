#include "base/backoff.h"

#include <algorithm>

namespace base {

Duration Backoff::next(Random& random) {
  const auto size = static_cast<double>(base_.count());
  const double kept = size * (1.0 - policy_.jitter);
  const auto delay =
      Duration(static_cast<std::int64_t>(kept + size * policy_.jitter * random.unit()));
  base_ = std::min(policy_.longest, Duration(static_cast<std::int64_t>(size * policy_.factor)));
  return delay;
}

}  // namespace base
