#include "ingest/rum.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "api/node.h"
#include "ingest/clean_text.h"

namespace ingest {

namespace {
constexpr double kMillisecondsMax = 10 * 60 * 1000;  // ten minutes: beyond, a tab was asleep
constexpr double kShiftMax = 1000;                   // CLS: a sum of shares of the screen

struct Vital {
  std::string_view name;
  double good_max;
  double poor_above;
  double greatest;
};
constexpr std::array<Vital, 6> kVitals = {{{"CLS", 0.1, 0.25, kShiftMax},
                                           {"FCP", 1800, 3000, kMillisecondsMax},
                                           {"FID", 100, 300, kMillisecondsMax},
                                           {"INP", 200, 500, kMillisecondsMax},
                                           {"LCP", 2500, 4000, kMillisecondsMax},
                                           {"TTFB", 800, 1800, kMillisecondsMax}}};

constexpr std::array<RumKind, 5> kKinds = {RumKind::Vital, RumKind::Api, RumKind::Render,
                                           RumKind::Operation, RumKind::PageLoad};

const Vital* vital_named(std::string_view name) {
  const auto at = std::ranges::find(kVitals, name, &Vital::name);
  return at == kVitals.end() ? nullptr : &*at;
}

/// Letters, digits and "._-/": a name that an application gives, and no sentence.
bool is_custom_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= kRumNameBytesMax && std::ranges::all_of(name, good);
}

std::optional<RumKind> kind_of(std::string_view word) {
  for (const RumKind kind : kKinds) {
    if (kind != RumKind::Vital && name(kind) == word) return kind;
  }
  return std::nullopt;
}

std::optional<RumValue> value_of(const api::Node& entry) {
  const api::Node& number = entry["value"];
  if (!entry.is_map() || !(number.is_int() || number.is_double())) return std::nullopt;
  RumValue out;
  out.name = entry["name"].as_string();
  out.value = number.as_double();
  if (!std::isfinite(out.value) || out.value < 0) return std::nullopt;
  if (!entry.has("kind")) {
    const Vital* vital = vital_named(out.name);
    if (vital == nullptr || out.value > vital->greatest) return std::nullopt;
    return out;
  }
  const auto kind = kind_of(entry["kind"].as_string());
  if (!kind || !is_custom_name(out.name) || out.value > kMillisecondsMax) return std::nullopt;
  out.kind = *kind;
  return out;
}

bool is_slow(const RumSlow& slow, RumKind kind, std::string_view name, double value) {
  switch (kind) {
    case RumKind::Vital: break;
    case RumKind::Api: return value > slow.api;
    case RumKind::Render: return value > slow.render;
    case RumKind::Operation: return value > slow.operation;
    case RumKind::PageLoad: return value > slow.page_load;
  }
  const auto thresholds = vital_thresholds(name);
  return thresholds && value > thresholds->poor_above;
}

/// The least value with at least so many percent at or below it.
double percentile(const std::vector<double>& sorted, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()) - 1e-9);
  const auto at = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
  return sorted[std::min(at, sorted.size() - 1)];
}
}  // namespace

std::string_view name(RumKind kind) {
  switch (kind) {
    case RumKind::Vital: return "vital";
    case RumKind::Api: return "api";
    case RumKind::Render: return "render";
    case RumKind::Operation: return "operation";
    case RumKind::PageLoad: return "pageLoad";
  }
  return "vital";
}

std::optional<RumThresholds> vital_thresholds(std::string_view vital) {
  const Vital* found = vital_named(vital);
  if (found == nullptr) return std::nullopt;
  return RumThresholds{found->good_max, found->poor_above};
}

base::Result<RumPost> parse_rum(std::string_view body) {
  if (body.size() > kRumBytesMax) {
    return base::fail(base::Code::ResourceExhausted, "a post of more than 64 kB");
  }
  TRY(const api::Node whole, api::parse_json(body));
  const api::Node& list = whole.is_sequence() ? whole : whole["metrics"];
  if (!list.is_sequence()) {
    return base::fail(base::Code::InvalidArgument,
                      "neither a list of metrics nor a map with the list 'metrics'");
  }
  if (list.size() > kRumMetricsMax) {
    return base::fail(base::Code::ResourceExhausted, "more than 100 metrics in one post");
  }
  RumPost out;
  for (const api::Node& entry : list.items()) {
    if (auto value = value_of(entry)) {
      out.values.push_back(*std::move(value));
    } else {
      ++out.refused;
    }
  }
  return out;
}

void RumTable::take(const RumPost& post) {
  refused_ += post.refused;
  for (const RumValue& value : post.values) {
    Key key{value.kind, value.name};
    const bool known = metrics_.contains(key);
    if (value.kind != RumKind::Vital && !known) {
      if (custom_ >= kRumCustomMax) {
        key.second = "other";
      } else {
        ++custom_;
      }
    }
    Values& values = metrics_[key];
    if (values.ring.size() < kRumKept) {
      values.ring.push_back(value.value);
    } else {
      values.ring[values.next] = value.value;
    }
    values.next = (values.next + 1) % kRumKept;
    ++values.count;
    values.slow += is_slow(slow_, value.kind, value.name, value.value) ? 1 : 0;
  }
}

RumFigures RumTable::figures_of(const Values& values) {
  std::vector<double> sorted = values.ring;
  std::ranges::sort(sorted);
  RumFigures out;
  out.count = values.count;
  out.slow = values.slow;
  out.mean =
      std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
  out.min = sorted.front();
  out.max = sorted.back();
  out.p75 = percentile(sorted, 75);
  out.p95 = percentile(sorted, 95);
  out.p99 = percentile(sorted, 99);
  return out;
}

std::optional<RumFigures> RumTable::figures(RumKind kind, std::string_view name) const {
  const auto found = metrics_.find(Key{kind, std::string(name)});
  if (found == metrics_.end()) return std::nullopt;
  return figures_of(found->second);
}

std::vector<std::pair<RumKind, std::string>> RumTable::metrics() const {
  std::vector<Key> out;
  for (const auto& [key, values] : metrics_) out.push_back(key);
  return out;
}

std::string RumTable::text() const {
  std::string levels =
      "# HELP rum_value What browsers measured, of the last 1,000 values of each metric; timings "
      "in "
      "milliseconds.\n# TYPE rum_value gauge\n";
  std::string counts =
      "# HELP rum_values_total Values that browsers sent.\n# TYPE rum_values_total counter\n";
  std::string slow =
      "# HELP rum_slow_values_total Of them, those beyond their threshold.\n"
      "# TYPE rum_slow_values_total counter\n";
  for (const auto& [key, values] : metrics_) {
    const RumFigures figures = figures_of(values);
    const std::string labels = "kind=\"" + std::string(ingest::name(key.first)) + "\",name=\"" +
                               escaped(key.second) + "\"";
    counts += "rum_values_total{" + labels + "} " + std::to_string(figures.count) + "\n";
    slow += "rum_slow_values_total{" + labels + "} " + std::to_string(figures.slow) + "\n";
    const std::pair<const char*, double> kinds[] = {{"mean", figures.mean}, {"min", figures.min},
                                                    {"max", figures.max},   {"p75", figures.p75},
                                                    {"p95", figures.p95},   {"p99", figures.p99}};
    for (const auto& [stat, value] : kinds) {
      levels += "rum_value{" + labels + ",stat=\"" + stat + "\"} " + number_text(value) + "\n";
    }
  }
  return metrics_.empty() ? "" : levels + counts + slow;
}

}  // namespace ingest
