#include "alert/forecast.h"

#include <algorithm>
#include <cmath>

namespace alert {

namespace {

constexpr double kErrors = 5;
constexpr double kRoundingRatio = 1e-9;

double largest(std::span<const double> values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace

std::optional<Line> fit_line(std::span<const double> values) {
  if (values.size() < 3) return std::nullopt;
  const auto count = static_cast<double>(values.size());
  const double first = values[0];
  const double middle = (count - 1) / 2;
  // x around its middle and y from its first value: the sums stay small, and flat is exactly 0.
  double rise = 0, products = 0, squares = 0, x = -middle;
  for (const double value : values) {
    rise += value - first;
    products += x * (value - first);
    squares += x * x;
    x += 1;
  }
  const double mean = rise / count;
  Line line;
  line.slope = products / squares;
  line.intercept = first + mean - line.slope * middle;
  double residuals = 0;
  x = -middle;
  for (const double value : values) {
    const double off = value - first - mean - line.slope * x;
    residuals += off * off;
    x += 1;
  }
  line.slope_error = std::sqrt(residuals / (count - 2) / squares);
  if (!std::isfinite(line.intercept) || !std::isfinite(line.slope_error)) return std::nullopt;
  return line;
}

std::optional<Forecast> forecast(std::span<const double> values, const ForecastPolicy& policy) {
  values = values.last(std::min(values.size(), kForecastPointsMost));
  if (values.size() < kForecastPointsLeast) return std::nullopt;
  const std::optional<Line> all = fit_line(values);
  const std::optional<Line> newest = fit_line(values.last(values.size() / 3));
  if (!all || !newest) return std::nullopt;
  Forecast result;
  for (std::size_t step = 0; step < policy.steps; ++step) {
    result.next.push_back(all->at(static_cast<double>(values.size() + step)));
  }
  result.current_slope = all->slope;
  result.predicted_slope = newest->slope;
  result.slope_error = newest->slope_error;
  const double more = newest->slope - policy.ratio * std::max(all->slope, 0.0);
  result.steeper = more > std::max(kErrors * newest->slope_error, kRoundingRatio * largest(values));
  return result;
}

TrendWatch::TrendWatch(ForecastPolicy policy, FiringPolicy firing)
    : policy_(policy), recent_(kForecastPointsMost), alert_(firing) {}

std::optional<Notice> TrendWatch::step(std::optional<double> value, base::TimePoint now) {
  if (!value || !recent_.push(*value)) return std::nullopt;
  const std::optional<Forecast> seen = latest();
  if (!seen) return std::nullopt;
  return alert_.step(seen->steeper ? breached(Severity::Warning) : kWithin, now);
}

}  // namespace alert
