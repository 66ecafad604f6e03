// Whether a value is out of line with those before it:
//
//   z = (value - m) / s,   m the mean and s the sample deviation (n - 1) of the n values before it
//
// |z| > 3 is a warning, |z| > 4 critical. The value itself is not in m and s: of n values with
// their own outlier among them none can be further than (n - 1) / sqrt(n) away.
//
// At least 30 values (two and a half minutes of one every 5 s), at most the newest 60. A mean and a
// deviation of few values are guesses: of normal values one in 370 is beyond 3 s where m and s are
// known, and one in 160 where they come from 30 (Student's t with 29 degrees). After a jump the
// series is told until the jump itself has widened s: an anomaly is an event, a level is what
// thresholds are for.
//
// There is no z-score, and so no anomaly, with fewer values, with a value that is no finite number,
// and over a flat series: s of at most 1e-9 |m| is what rounding leaves, and nothing is divided by
// it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "alert/firing.h"
#include "alert/recent.h"

namespace alert {

/// Which way is out of line; a drop of an error rate is none.
enum class Direction { Both, Above };

struct AnomalyPolicy {
  std::size_t points_least = 30;
  std::size_t points_most = 60;
  double warning_above = 3;
  double critical_above = 4;
  Direction direction = Direction::Both;
};

/// The z-score of a value after those `before` it; empty where there is none (see above).
std::optional<double> z_score(std::span<const double> before, double value,
                              std::size_t points_least = AnomalyPolicy{}.points_least);

/// No z-score is no sample.
Reading judge_anomaly(std::optional<double> z, const AnomalyPolicy& policy = {});

/// One series under watch.
class AnomalyWatch {
 public:
  explicit AnomalyWatch(AnomalyPolicy policy = {}, FiringPolicy firing = {});

  /// Judges a value against those before it, then keeps it. `now` never decreases.
  std::optional<Notice> step(std::optional<double> value, base::TimePoint now);

  const Alert& alert() const { return alert_; }
  /// Of the last value.
  std::optional<double> z() const { return z_; }

 private:
  AnomalyPolicy policy_;
  Recent recent_;
  Alert alert_;
  std::optional<double> z_;
};

}  // namespace alert
