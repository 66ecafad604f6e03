#include "alert/outlook.h"

#include <cmath>
#include <string>

namespace alert {

namespace {

struct Row {
  const char* name;
  const char* unit;
  Direction direction;
};

// In the order of Series.
constexpr std::array<Row, kSeriesCount> kRows{{
    {"cpu", "%", Direction::Above},
    {"memory", "%", Direction::Above},
    {"disk", "%", Direction::Above},
    {"response_p95", "ms", Direction::Above},
    {"error_rate", "%", Direction::Above},
    {"request_rate", "1/s", Direction::Both},
}};

base::Result<> between(const char* what, double value, double least, double most) {
  if (value >= least && value <= most) return {};  // a NaN is not
  return base::fail(base::Code::InvalidArgument, std::string(what) + " " + std::to_string(value) +
                                                     ": allowed are " + std::to_string(least) +
                                                     " to " + std::to_string(most));
}

}  // namespace

const char* name(Series series) {
  return kRows[index(series)].name;
}

const char* unit(Series series) {
  return kRows[index(series)].unit;
}

base::Result<> check(const OutlookSettings& settings) {
  TRY(between("score of a warning", settings.warning_above, 1, kScoreMax));
  TRY(between("critical score, no less than that of a warning,", settings.critical_above,
              settings.warning_above, kScoreMax));
  TRY(between("steps of the forecast", static_cast<double>(settings.forecast.steps), 1,
              static_cast<double>(kStepsMax)));
  return between("ratio of slopes", settings.forecast.ratio, 1, kRatioMax);
}

Outlook::Outlook(const OutlookSettings& settings, FiringPolicy firing) : on_(settings.on) {
  for (const Row& row : kRows) {
    AnomalyPolicy policy;
    policy.warning_above = settings.warning_above;
    policy.critical_above = settings.critical_above;
    policy.direction = row.direction;
    watched_.push_back(
        {AnomalyWatch(policy, firing), TrendWatch(settings.forecast, firing), {}, {}, 0, 0});
  }
}

std::vector<Outlook::Told> Outlook::step(const SeriesValues& values, base::TimePoint now) {
  std::vector<Told> told;
  for (std::size_t i = 0; on_ && i < kSeriesCount; ++i) {
    Watched& watched = watched_[i];
    const auto value = values[i] && std::isfinite(*values[i]) ? values[i] : std::optional<double>();
    const auto series = static_cast<Series>(i);
    const auto notice = watched.anomaly.step(value, now);
    if (value) {
      watched.value = value;
      watched.z = watched.anomaly.z();
    }
    if (notice) {
      if (!notice->resolved) ++watched.anomalies_told;
      told.push_back({series, false, *notice, watched.value.value_or(0)});
    }
    if (const auto turned = watched.trend.step(value, now)) {
      if (!turned->resolved) ++watched.trends_told;
      told.push_back({series, true, *turned, watched.value.value_or(0)});
    }
  }
  return told;
}

Outlook::State Outlook::state(Series series) const {
  const Watched& watched = watched_[index(series)];
  return {watched.value,           watched.anomaly.z(),   watched.trend.latest(),
          watched.anomaly.alert(), watched.trend.alert(), watched.anomalies_told,
          watched.trends_told};
}

}  // namespace alert
