// Exponential back-off with full jitter as a value: no clock, no sleep. The caller waits.
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace base {

struct BackoffPolicy {
  Duration first = millis(100);
  Duration longest = seconds(30);
  double factor = 2.0;
  double jitter = 0.5;  // share of the delay that is random, in [0, 1]
};

class Backoff {
 public:
  explicit Backoff(BackoffPolicy policy) : policy_(policy), base_(policy.first) {}

  /// The delay before the next attempt; grows until reset().
  Duration next(Random& random);
  void reset() { base_ = policy_.first; }

 private:
  BackoffPolicy policy_;
  Duration base_;
};

}  // namespace base
