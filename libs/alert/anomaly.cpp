#include "alert/anomaly.h"

#include <algorithm>
#include <cmath>

namespace alert {

namespace {

constexpr double kFlatRatio = 1e-9;

}  // namespace

std::optional<double> z_score(std::span<const double> before, double value,
                              std::size_t points_least) {
  if (before.size() < std::max<std::size_t>(points_least, 2)) return std::nullopt;
  // Differences from the first value: a flat series is exactly 0, and a high level with small
  // movements keeps its digits. Two passes, since a sum of squares minus a square of the sum loses
  // them again.
  const double first = before[0];
  const auto count = static_cast<double>(before.size());
  double sum = 0;
  for (const double one : before) sum += one - first;
  const double mean = sum / count;
  double squares = 0;
  for (const double one : before) squares += (one - first - mean) * (one - first - mean);
  const double deviation = std::sqrt(squares / (count - 1));
  // Written so that a NaN is refused as well.
  if (!(deviation > kFlatRatio * std::abs(first + mean))) return std::nullopt;
  const double z = (value - first - mean) / deviation;
  if (!std::isfinite(z) || !std::isfinite(deviation)) return std::nullopt;
  return z;
}

Reading judge_anomaly(std::optional<double> z, const AnomalyPolicy& policy) {
  if (!z || !std::isfinite(*z)) return kNoSample;
  const double away = policy.direction == Direction::Both ? std::abs(*z) : *z;
  if (away > policy.critical_above) return breached(Severity::Critical);
  if (away > policy.warning_above) return breached(Severity::Warning);
  return kWithin;
}

AnomalyWatch::AnomalyWatch(AnomalyPolicy policy, FiringPolicy firing)
    : policy_(policy), recent_(policy.points_most), alert_(firing) {}

std::optional<Notice> AnomalyWatch::step(std::optional<double> value, base::TimePoint now) {
  z_.reset();
  if (value) {
    z_ = z_score(recent_.values(), *value, policy_.points_least);
    recent_.push(*value);
  }
  return alert_.step(judge_anomaly(z_, policy_), now);
}

}  // namespace alert
