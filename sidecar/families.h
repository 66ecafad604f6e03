// The sidecar's page of metrics, read again as values: whatever is shown is what is exported, and a
// figure is written in one place. Of text format 0.0.4 as this program writes it, which is a part
// of what the format allows: HELP and TYPE before the samples, no times. What is of another form is
// left out. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sidecar {

enum class FamilyKind : std::uint8_t { Counter, Gauge, Histogram };

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Values by bucket. Shapes: counts has one more than bounds, and they do not add up.
struct Buckets {
  std::vector<double> bounds;
  std::vector<double> counts;
  double count = 0, sum = 0;
};

struct SeriesValue {
  double value = 0;  // of a counter or a gauge
  Buckets buckets;   // of a histogram
};

struct MetricFamily {
  std::string name, help;
  FamilyKind kind = FamilyKind::Gauge;
  std::map<Labels, SeriesValue> series;  // "le" is none of the labels
};

std::vector<MetricFamily> read_families(std::string_view text);

/// What came since `before`: of counters and histograms the differences, of gauges what they are
/// now. One that is less than it was has begun anew, and all of it is new.
std::vector<MetricFamily> since(const std::vector<MetricFamily>& now,
                                const std::vector<MetricFamily>& before);

}  // namespace sidecar
