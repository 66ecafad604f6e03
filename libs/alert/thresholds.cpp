#include "alert/thresholds.h"

#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace alert {

namespace {

struct Row {
  const char* name;
  const char* unit;
  Threshold threshold;
};

// In the order of Measure.
constexpr std::array<Row, kMeasures> kRows{{
    {"cpu", "%", {.warning = 80}},
    {"memory", "%", {.warning = 85}},
    {"disk", "%", {.critical = 90}},
    {"response_p95", "ms", {.warning = 2000}},
    {"error_rate", "%", {.critical = 5}},
    {"database_connections", "%", {.warning = 80}},
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

double limit_of(const Threshold& threshold, Severity severity) {
  const bool critical = severity == Severity::Critical;
  const std::optional<double>& first = critical ? threshold.critical : threshold.warning;
  const std::optional<double>& other = critical ? threshold.warning : threshold.critical;
  return first.value_or(other.value_or(0));
}

base::Result<> check(Measure measure, const Threshold& threshold) {
  const std::string of = unit(measure);
  const double most = of == "%" ? kPercentMax : kMillisMax;
  for (const auto& [limit, value] :
       {std::pair("warning", threshold.warning), std::pair("critical", threshold.critical)}) {
    if (!value || (std::isfinite(*value) && *value > 0 && *value <= most)) continue;
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("{} {} is not allowed: above 0 and at most {:.0f} {}", limit,
                                  *value, most, of));
  }
  if (!threshold.warning || !threshold.critical || *threshold.warning <= *threshold.critical) {
    return {};
  }
  return base::fail(base::Code::InvalidArgument,
                    fmt::format("warning {} is not allowed: at most critical, which is {}",
                                *threshold.warning, *threshold.critical));
}

Reading judge(const Threshold& threshold, std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return kNoSample;
  if (threshold.critical && *value > *threshold.critical) return breached(Severity::Critical);
  return threshold.warning && *value > *threshold.warning ? breached(Severity::Warning) : kWithin;
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
    told.push_back({static_cast<Measure>(at), *notice, samples[at],
                    limit_of(thresholds_[at], notice->severity)});
  }
  return told;
}

}  // namespace alert
