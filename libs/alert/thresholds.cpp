#include "alert/thresholds.h"

#include <cmath>
#include <string>

namespace alert {

namespace {

struct Row {
  const char* name;
  const char* unit;
  Threshold threshold;
};

// In the order of Measure.
constexpr std::array<Row, kMeasures> kRows{{
    {"cpu", "%", {80, Severity::Warning}},
    {"memory", "%", {85, Severity::Warning}},
    {"disk", "%", {90, Severity::Critical}},
    {"response_p95", "ms", {2000, Severity::Warning}},
    {"error_rate", "%", {5, Severity::Critical}},
    {"database_connections", "%", {80, Severity::Warning}},
}};

}  // namespace

const char* name(Measure measure) {
  return kRows[index(measure)].name;
}

const char* unit(Measure measure) {
  return kRows[index(measure)].unit;
}

Thresholds default_thresholds() {
  Thresholds all;
  for (std::size_t at = 0; at < kMeasures; ++at) all[at] = kRows[at].threshold;
  return all;
}

base::Result<> check(const Thresholds& thresholds) {
  for (std::size_t at = 0; at < kMeasures; ++at) {
    const double limit = thresholds[at].limit;
    const bool share = kRows[at].unit[0] == '%';
    if (std::isfinite(limit) && limit > 0 && (!share || limit <= 100)) continue;
    return base::fail(base::Code::InvalidArgument,
                      std::string("threshold ") + kRows[at].name + ": " + std::to_string(limit) +
                          (share ? ": allowed are more than 0 and at most 100 %"
                                 : ": allowed is more than 0 ms"));
  }
  return {};
}

Reading judge(const Threshold& threshold, std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return kNoSample;
  return *value > threshold.limit ? breached(threshold.severity) : kWithin;
}

std::optional<double> pool_percent(std::size_t used, std::size_t pool) {
  if (pool == 0) return std::nullopt;
  return 100.0 * static_cast<double>(used) / static_cast<double>(pool);
}

ThresholdAlerts::ThresholdAlerts(Thresholds thresholds, FiringPolicy policy)
    : thresholds_(thresholds) {
  alerts_.fill(Alert(policy));
}

std::vector<ThresholdAlerts::Told> ThresholdAlerts::step(const Samples& samples,
                                                         base::TimePoint now) {
  std::vector<Told> told;
  for (std::size_t at = 0; at < kMeasures; ++at) {
    const auto notice = alerts_[at].step(judge(thresholds_[at], samples[at]), now);
    if (!notice) continue;
    told.push_back({static_cast<Measure>(at), *notice, *samples[at], thresholds_[at].limit});
  }
  return told;
}

}  // namespace alert
