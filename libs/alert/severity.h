// How bad a breach is. Two scales share one type: thresholds and anomalies say warning or critical,
// durations say low, medium, high or critical by their ratio to what is allowed. The order is worst
// last, so that the worst of several is their maximum.
#pragma once

#include <cstddef>
#include <optional>

namespace alert {

enum class Severity { Low, Medium, Warning, High, Critical };
inline constexpr std::size_t kSeverities = 5;

/// "low", "medium", "warning", "high", "critical".
const char* name(Severity severity);

/// More than 5 x the threshold is critical, more than 3 x high, more than 2 x medium, more than the
/// threshold low; empty for a value within it, and where either is no number or the threshold is
/// not above 0: what nobody may exceed has to be something.
std::optional<Severity> severity_by_ratio(double value, double threshold);

}  // namespace alert
