// Which series of a pod are out of line with their own past (anomaly.h), and which turn upward
// (forecast.h): one of each watch for every series, of one value every five seconds.
//
// A drop is told of the rate of requests only: an application that is asked less than usual may be
// cut off, one that needs less CPU or answers sooner is none to look at.
//
// Neither is an issue of the pod's health. By the definition of a z-score one value in 160 to 370
// of pure noise is beyond 3, so that six series of one every five seconds would call a healthy pod
// ill a hundred times a day. Thresholds say what is wrong; this says where to look.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "alert/anomaly.h"
#include "alert/forecast.h"
#include "base/result.h"

namespace alert {

enum class Series { Cpu, Memory, Disk, ResponseP95, ErrorRate, RequestRate };
inline constexpr std::size_t kSeriesCount = 6;

/// "cpu", "memory", "disk", "response_p95", "error_rate", "request_rate".
const char* name(Series series);
/// "%", "ms" or "1/s".
const char* unit(Series series);

constexpr std::size_t index(Series series) {
  return static_cast<std::size_t>(series);
}

/// Indexed by Series, each in its unit; empty: not measured.
using SeriesValues = std::array<std::optional<double>, kSeriesCount>;

struct OutlookSettings {
  bool on = true;
  double warning_above = AnomalyPolicy{}.warning_above;
  double critical_above = AnomalyPolicy{}.critical_above;
  ForecastPolicy forecast = {};

  bool operator==(const OutlookSettings&) const = default;
};

inline constexpr double kScoreMax = 1000;
inline constexpr double kRatioMax = 1000;
inline constexpr std::size_t kStepsMax = 60;

/// Errors: InvalidArgument, naming the value and what is allowed.
base::Result<> check(const OutlookSettings& settings);

class Outlook {
 public:
  struct Told {
    Series series = Series::Cpu;
    bool trend = false;  // else an anomaly
    Notice notice;
    double value = 0;

    bool operator==(const Told&) const = default;
  };
  /// What is known of one series.
  struct State {
    std::optional<double> value, z;    // of the newest value that there was
    std::optional<Forecast> forecast;  // of the newest values, as soon as there are enough
    Alert anomaly, trend;
    std::size_t anomalies_told = 0, trends_told = 0;  // firings, ever
  };

  explicit Outlook(const OutlookSettings& settings = {}, FiringPolicy firing = {});

  /// Takes one value of each series and returns what has to be told, in the order of series, of
  /// each the anomaly first. Off: nothing. `now` never decreases.
  std::vector<Told> step(const SeriesValues& values, base::TimePoint now);

  bool on() const { return on_; }
  State state(Series series) const;

 private:
  struct Watched {
    AnomalyWatch anomaly;
    TrendWatch trend;
    std::optional<double> value, z;
    std::size_t anomalies_told = 0, trends_told = 0;
  };
  bool on_;
  std::vector<Watched> watched_;  // by Series
};

}  // namespace alert
