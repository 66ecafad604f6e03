// So much a second and no more, with what was not used kept up to a bound: for what costs the main
// thread time by its size. Pure.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace sidecar {

class Budget {
 public:
  /// `most`: of what is kept, which it begins with.
  Budget(double per_second, double most) : per_second_(per_second), most_(most), left_(most) {}

  /// False: that is too much now. `now` never decreases.
  bool take(double amount, base::TimePoint now) {
    fill(now);
    if (amount > left_) return false;
    left_ -= amount;
    return true;
  }
  /// Of what was used already: where that is more than there is, nothing is given until it is made
  /// up for.
  void charge(double amount, base::TimePoint now) {
    fill(now);
    left_ -= amount;
  }

 private:
  void fill(base::TimePoint now) {
    if (last_ != base::TimePoint{}) {
      left_ = std::min(most_, left_ + base::to_seconds(now - last_) * per_second_);
    }
    last_ = now;
  }

  double per_second_, most_, left_;
  base::TimePoint last_{};
};

}  // namespace sidecar
