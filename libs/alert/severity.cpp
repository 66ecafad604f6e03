#include "alert/severity.h"

#include <cmath>

namespace alert {

const char* name(Severity severity) {
  switch (severity) {
    case Severity::Low: return "low";
    case Severity::Medium: return "medium";
    case Severity::Warning: return "warning";
    case Severity::High: return "high";
    case Severity::Critical: return "critical";
  }
  return "critical";
}

std::optional<Severity> severity_by_ratio(double value, double threshold) {
  if (!std::isfinite(value) || !std::isfinite(threshold) || threshold <= 0) return std::nullopt;
  // Products, not a quotient: exactly five times is not more than five times.
  if (value > 5 * threshold) return Severity::Critical;
  if (value > 3 * threshold) return Severity::High;
  if (value > 2 * threshold) return Severity::Medium;
  if (value > threshold) return Severity::Low;
  return std::nullopt;
}

}  // namespace alert
