#include "sidecar/outlook_words.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "sidecar/metric_text.h"
#include "sidecar/watch_words.h"

namespace sidecar {
namespace {

using alert::Series;

constexpr std::array<Series, alert::kSeriesCount> kAll{Series::Cpu,       Series::Memory,
                                                       Series::Disk,      Series::ResponseP95,
                                                       Series::ErrorRate, Series::RequestRate};

std::optional<double> percent(std::optional<double> ratio) {
  return ratio ? std::optional(*ratio * 100) : std::nullopt;
}

template <class Value>
void set(api::Node& node, const char* name, const std::optional<Value>& value) {
  if (value) node.set(name, *value);
}

bool fires(const alert::Alert& alert) {
  return alert.phase() == alert::Phase::Firing;
}

api::Node firing_node(Series series, const char* kind, const alert::Outlook::State& state,
                      const alert::Alert& alert) {
  api::Node out = api::Node::map().set("name", alert::name(series)).set("kind", kind);
  set(out, "value", state.value);
  set(out, "score", state.z);
  out.set("unit", alert::unit(series));
  return out.set("severity", alert::name(alert.severity()));
}

api::Node forecast_node(const alert::Forecast& forecast, const alert::Alert& trend) {
  api::Node next = api::Node::sequence();
  for (const double value : forecast.next) next.items().push_back(api::Node(value));
  return api::Node::map()
      .set("next", std::move(next))
      .set("currentSlope", forecast.current_slope)
      .set("predictedSlope", forecast.predicted_slope)
      .set("alert", alert::name(trend.phase()));
}

}  // namespace

alert::SeriesValues series_values(const std::optional<sampling::Sample>& sample,
                                  const traffic::WindowFigures& slice, ErrorsFrom errors_from) {
  alert::SeriesValues out;
  if (sample) {
    out[index(Series::Cpu)] = percent((*sample)[sampling::Figure::CpuRatio]);
    out[index(Series::Memory)] = percent((*sample)[sampling::Figure::MemoryRatio]);
    out[index(Series::Disk)] = percent((*sample)[sampling::Figure::DiskRatio]);
  }
  out[index(Series::RequestRate)] = slice.per_second;
  if (slice.count < kJudgedRequestsLeast) return out;
  if (slice.p95) out[index(Series::ResponseP95)] = base::to_millis(*slice.p95);
  out[index(Series::ErrorRate)] = percent(error_rate(slice, errors_from));
  return out;
}

api::Node active_node(const alert::Outlook& outlook) {
  api::Node out = api::Node::sequence();
  for (const Series series : kAll) {
    const alert::Outlook::State state = outlook.state(series);
    if (fires(state.anomaly)) {
      out.items().push_back(firing_node(series, "anomaly", state, state.anomaly));
    }
    if (fires(state.trend)) {
      out.items().push_back(firing_node(series, "trend", state, state.trend));
    }
  }
  return out;
}

api::Node outlook_node(const alert::Outlook& outlook) {
  api::Node out = api::Node::sequence();
  for (const Series series : kAll) {
    const alert::Outlook::State state = outlook.state(series);
    if (!state.value) continue;
    api::Node node = api::Node::map()
                         .set("name", alert::name(series))
                         .set("unit", alert::unit(series))
                         .set("value", *state.value);
    set(node, "score", state.z);
    node.set("alert", alert::name(state.anomaly.phase()));
    if (state.forecast) node.set("forecast", forecast_node(*state.forecast, state.trend));
    out.items().push_back(std::move(node));
  }
  return out;
}

std::string outlook_exposition(const alert::Outlook& outlook) {
  if (!outlook.on()) return "";
  std::string score = metric_head("muster_anomaly_score", "gauge",
                                  "Standard deviations of the newest value from those before.");
  std::string active = metric_head("muster_anomaly_active", "gauge",
                                   "1 while a series is out of line with its past.");
  std::string trend =
      metric_head("muster_anomaly_trend_active", "gauge", "1 while a series turns upward.");
  std::string told = metric_head("muster_anomaly_alerts_total", "counter",
                                 "Times that it was told, after the cool-down.");
  for (const Series series : kAll) {
    const alert::Outlook::State state = outlook.state(series);
    const char* const name = alert::name(series);
    if (state.z) score += fmt::format("muster_anomaly_score{{series=\"{}\"}} {}\n", name, *state.z);
    for (const auto severity : {alert::Severity::Warning, alert::Severity::Critical}) {
      const bool is = fires(state.anomaly) && state.anomaly.severity() == severity;
      active += fmt::format("muster_anomaly_active{{series=\"{}\",severity=\"{}\"}} {}\n", name,
                            alert::name(severity), is ? 1 : 0);
    }
    trend += fmt::format("muster_anomaly_trend_active{{series=\"{}\"}} {}\n", name,
                         fires(state.trend) ? 1 : 0);
    told += fmt::format(
        "muster_anomaly_alerts_total{{series=\"{0}\",kind=\"anomaly\"}} {1}\n"
        "muster_anomaly_alerts_total{{series=\"{0}\",kind=\"trend\"}} {2}\n",
        name, state.anomalies_told, state.trends_told);
  }
  return score + active + trend + told;
}

}  // namespace sidecar
