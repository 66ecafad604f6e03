#include "sidecar/watch_words.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sampling/sampler.h"

namespace sidecar {
namespace {

constexpr std::int64_t kTimelineMost = 60;
constexpr base::Duration kRange = base::seconds(900);
constexpr base::Duration kRangeMax = base::seconds(24 * 3600);

double millis(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

std::optional<base::Duration> unit_of(char letter) {
  switch (letter) {
    case 's': return base::seconds(1);
    case 'm': return base::seconds(60);
    case 'h': return base::seconds(3600);
    default: return std::nullopt;
  }
}

template <class Value>
void set(api::Node& node, const char* name, const std::optional<Value>& value) {
  if (value) node.set(name, *value);
}

void set_millis(api::Node& node, const char* name, const std::optional<base::Duration>& value) {
  if (value) node.set(name, millis(*value));
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> arguments_of(std::string_view text) {
  std::vector<std::pair<std::string_view, std::string_view>> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(one.find('='), one.size());
    if (one.empty()) continue;
    out.emplace_back(one.substr(0, equals), one.substr(std::min(equals + 1, one.size())));
  }
  return out;
}

base::Error no_such_argument(std::string_view name, std::string_view allowed) {
  return {base::Code::InvalidArgument, fmt::format("argument '{}': {}, once", name, allowed)};
}

base::Result<base::Duration> range_of(std::string_view arguments) {
  std::optional<base::Duration> out;
  for (const auto& [name, value] : arguments_of(arguments)) {
    if (name != "range" || out) return tl::unexpected(no_such_argument(name, "range"));
    TRY(out, parse_range(value));
  }
  return out.value_or(kRange);
}

base::Result<base::Duration> parse_range(std::string_view text) {
  std::int64_t count = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto unit = text.empty() ? std::nullopt : unit_of(text.back());
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() - 1;
  if (text.empty() || !unit || !whole || count < 1 || count > kRangeMax / *unit) {
    return base::fail(base::Code::InvalidArgument,
                      fmt::format("range '{}': a number with s, m or h, 24h at most", text));
  }
  return count * *unit;
}

base::Duration timeline_step(base::Duration range) {
  const std::int64_t samples = (range / sampling::kInterval + kTimelineMost - 1) / kTimelineMost;
  return std::max<std::int64_t>(samples, 1) * sampling::kInterval;
}

api::Node health_node(const alert::Verdict& verdict) {
  api::Node issues = api::Node::sequence();
  for (const alert::Issue& issue : verdict.issues) {
    issues.items().push_back(api::Node::map()
                                 .set("name", issue.name)
                                 .set("value", issue.value)
                                 .set("threshold", issue.threshold)
                                 .set("unit", issue.unit)
                                 .set("severity", alert::name(issue.severity)));
  }
  return api::Node::map()
      .set("status", alert::name(verdict.health))
      .set("issues", std::move(issues))
      .set("unmeasured", api::Node::strings(verdict.unmeasured));
}

api::Node sample_node(const sampling::Sample& sample, base::WallTime at) {
  api::Node out = api::Node::map().set("time", base::rfc3339(at));
  for (std::size_t i = 0; i < sampling::kFigures; ++i) {
    const auto figure = static_cast<sampling::Figure>(i);
    if (const auto value = sample[figure]) out.set(sampling::name(figure), *value);
  }
  return out;
}

api::Node window_node(const traffic::WindowFigures& window) {
  api::Node out = api::Node::map()
                      .set("coveredSeconds", millis(window.covered) / 1000)
                      .set("count", static_cast<std::int64_t>(window.count));
  set(out, "perSecond", window.per_second);
  set(out, "errorRate", window.error_rate);
  set(out, "serverErrorRate", window.server_error_rate);
  set_millis(out, "meanMillis", window.mean);
  set_millis(out, "p50Millis", window.p50);
  set_millis(out, "p95Millis", window.p95);
  set_millis(out, "p99Millis", window.p99);
  return out;
}

api::Node thresholds_node(const AlertSettings& alerts) {
  api::Node out = api::Node::sequence();
  for (std::size_t i = 0; i < alert::kMeasures; ++i) {
    const auto measure = static_cast<alert::Measure>(i);
    api::Node one =
        api::Node::map().set("name", alert::name(measure)).set("unit", alert::unit(measure));
    set(one, "warning", alerts.thresholds[i].warning);
    set(one, "critical", alerts.thresholds[i].critical);
    if (measure == alert::Measure::ErrorRate) {
      one.set("errorsFrom", alerts.errors_from == ErrorsFrom::Server ? "5xx" : "4xx");
    }
    out.items().push_back(std::move(one));
  }
  return out;
}

std::optional<double> error_rate(const traffic::WindowFigures& window, ErrorsFrom from) {
  return from == ErrorsFrom::Server ? window.server_error_rate : window.error_rate;
}

}  // namespace sidecar
