// Where a series is going. With y_0 … y_(n-1) the newest n points (30 <= n <= 50), one step apart:
//
//   line of points i … j    b = sum (x - mx)(y_x - my) / sum (x - mx)^2,  a = my - b mx
//   forecast                f_k = a + b (n - 1 + k),  k = 1 … s, by the line of all n points
//   current slope           c = b of all n points: how the series has moved
//   predicted slope         p = b of the newest n/3 points (rounded down): how it moves on, which
//                           is (g_s - g_0) / s with g_k the forecast of that newest line
//   steeper                 p - r max(c, 0) > max(5 e, 1e-9 max |y|),  r = 1.5
//                           with e the standard error of p: sqrt(q / (m - 2) / sum (x - mx)^2),
//                           q the squared residuals of the m newest points
//
// The slope of a straight line's forecast is the line's own, so that "predicted slope > 1.5 x the
// current one" needs two lines: it asks whether the series turns upward. A steady rise does not,
// whatever its slope; thresholds catch that. So s (3) is how far the forecast reaches and has no
// part in the decision. Five standard errors keep noise around a flat level
// (where any rise is more than 1.5 x none) from being a trend: of 50 normal values one in 10,000
// passes, of 30 one in 1,900 (Student's t). The last term is what rounding leaves.
//
// No forecast with fewer than 30 points, or where numbers overflow.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "alert/firing.h"
#include "alert/recent.h"

namespace alert {

inline constexpr std::size_t kForecastPointsLeast = 30;
inline constexpr std::size_t kForecastPointsMost = 50;

struct ForecastPolicy {
  std::size_t steps = 3;
  double ratio = 1.5;

  bool operator==(const ForecastPolicy&) const = default;
};

/// A least-squares line over points at x = 0, 1, 2 …
struct Line {
  double intercept = 0;
  double slope = 0;        // per step
  double slope_error = 0;  // its standard error

  double at(double x) const { return intercept + slope * x; }
};

/// Empty for fewer than three points, and where the result is no finite number.
std::optional<Line> fit_line(std::span<const double> values);

struct Forecast {
  std::vector<double> next;  // one, two, three steps after the last point
  double current_slope = 0;
  double predicted_slope = 0;
  double slope_error = 0;  // of the predicted one
  bool steeper = false;
};

/// From the newest 50 of the values, oldest first.
std::optional<Forecast> forecast(std::span<const double> values, const ForecastPolicy& policy = {});

/// One series under watch; steeper is a warning, no forecast no sample.
class TrendWatch {
 public:
  explicit TrendWatch(ForecastPolicy policy = {}, FiringPolicy firing = {});

  /// `now` never decreases. A missing value is left out: the steps are those of what was measured.
  std::optional<Notice> step(std::optional<double> value, base::TimePoint now);

  const Alert& alert() const { return alert_; }
  std::optional<Forecast> latest() const { return forecast(recent_.values(), policy_); }

 private:
  ForecastPolicy policy_;
  Recent recent_;
  Alert alert_;
};

}  // namespace alert
