#include "alert/web_vitals.h"

namespace alert {

namespace {

struct Row {
  const char* name;
  const char* unit;
  double good_most;  // of a Web Vital; 0 for a timing
  double slow_above;
};

// In the order of UserMetric.
constexpr std::array<Row, kUserMetrics> kRows{{
    {"lcp", "ms", 2500, 4000},
    {"inp", "ms", 200, 500},
    {"cls", "", 0.1, 0.25},
    {"fcp", "ms", 1800, 3000},
    {"ttfb", "ms", 800, 1800},
    {"api_call", "ms", 0, 500},
    {"render", "ms", 0, 16},
    {"operation", "ms", 0, 1000},
    {"page_load", "ms", 0, 3000},
}};

const Row& row(UserMetric metric) {
  return kRows[static_cast<std::size_t>(metric)];
}

}  // namespace

const char* name(UserMetric metric) {
  return row(metric).name;
}

std::optional<UserMetric> user_metric(std::string_view name) {
  for (std::size_t at = 0; at < kUserMetrics; ++at) {
    if (name == kRows[at].name) return static_cast<UserMetric>(at);
  }
  return std::nullopt;
}

const char* unit(UserMetric metric) {
  return row(metric).unit;
}

const char* name(Rating rating) {
  switch (rating) {
    case Rating::Good: return "good";
    case Rating::NeedsImprovement: return "needs-improvement";
    case Rating::Poor: return "poor";
  }
  return "poor";
}

std::optional<Rating> rate(UserMetric metric, double value) {
  const Row& of = row(metric);
  if (of.good_most == 0) return std::nullopt;
  if (value <= of.good_most) return Rating::Good;
  return value <= of.slow_above ? Rating::NeedsImprovement : Rating::Poor;
}

bool slow(UserMetric metric, double value) {
  return value > row(metric).slow_above;
}

bool WebVitals::add(UserMetric metric, double value) {
  Kept& kept = kept_[static_cast<std::size_t>(metric)];
  if (!kept.values.add(value)) return false;
  kept.slow_total += slow(metric, value) ? 1 : 0;
  return true;
}

std::optional<UserFigures> WebVitals::figures(UserMetric metric) const {
  const Kept& kept = kept_[static_cast<std::size_t>(metric)];
  const auto values = kept.values.figures();
  if (!values) return std::nullopt;
  return UserFigures{*values, kept.slow_total, rate(metric, values->p75)};
}

}  // namespace alert
