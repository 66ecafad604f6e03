// What browsers of real users measured: Core Web Vitals and an application's own timings, posted as
// JSON by anybody who can reach the page. So everything has a bound, every name is known or one of
// a few of the application's own, and every value is checked against what it can be; what does not
// fit is counted and left out, and the rest of the same post is kept.
//
//   {"metrics": [{"name": "LCP", "value": 1834.2}, …]}     or the list alone
//   {"name": "cart/load", "kind": "api", "value": 612}     a timing of the application's own
//
// LCP, INP, FCP, TTFB, FID: milliseconds; CLS: no unit. Own timings are milliseconds with a kind
// that has a limit, by default "api" 500, "render" 16, "operation" 1,000, "pageLoad" 3,000; beyond
// they are slow. Source: web.dev/articles/vitals (what is good and what is poor, at the 75th
// percentile).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ingest {

inline constexpr std::size_t kRumBytesMax = 64 << 10;
inline constexpr std::size_t kRumMetricsMax = 100;  // of one post
inline constexpr std::size_t kRumKept = 1000;       // values of a metric
inline constexpr std::size_t kRumCustomMax = 32;    // names of the application's own
inline constexpr std::size_t kRumNameBytesMax = 64;

enum class RumKind : std::uint8_t { Vital, Api, Render, Operation, PageLoad };

/// "vital", "api", "render", "operation", "pageLoad".
std::string_view name(RumKind kind);

struct RumValue {
  std::string name;
  RumKind kind = RumKind::Vital;
  double value = 0;
};

/// One post, read.
struct RumPost {
  std::vector<RumValue> values;
  std::size_t refused = 0;  // entries that were none, or that no browser measures
};
/// Errors: InvalidArgument: no JSON, not of this form; ResourceExhausted: too large, too many.
base::Result<RumPost> parse_rum(std::string_view body);

/// From which value on a metric needs work, and from which on it is bad; nothing: no such metric.
struct RumThresholds {
  double good_max = 0;
  double poor_above = 0;
};
std::optional<RumThresholds> vital_thresholds(std::string_view vital);
/// Above these an own timing is slow. Units: milliseconds.
struct RumSlow {
  double api = 500;
  double render = 16;
  double operation = 1000;
  double page_load = 3000;

  bool operator==(const RumSlow&) const = default;
};

/// The last kRumKept values of one metric.
struct RumFigures {
  std::uint64_t count = 0;  // ever
  std::uint64_t slow = 0;   // of them: slow, or a vital beyond poor_above
  double mean = 0;          // of those that are kept, as are all below
  double min = 0;
  double max = 0;
  double p75 = 0;
  double p95 = 0;
  double p99 = 0;
};

/// Thread: one at a time.
class RumTable {
 public:
  /// A name beyond kRumCustomMax goes to "other" of its kind.
  void take(const RumPost& post);
  /// For values from now on.
  void set(const RumSlow& slow) { slow_ = slow; }

  /// Nothing: nobody sent such a metric.
  std::optional<RumFigures> figures(RumKind kind, std::string_view name) const;
  std::vector<std::pair<RumKind, std::string>> metrics() const;
  std::uint64_t refused() const { return refused_; }

  /// Prometheus' text format 0.0.4.
  std::string text() const;

 private:
  struct Values {
    std::vector<double> ring;
    std::size_t next = 0;
    std::uint64_t count = 0;
    std::uint64_t slow = 0;
  };
  using Key = std::pair<RumKind, std::string>;
  static RumFigures figures_of(const Values& values);

  RumSlow slow_;
  std::map<Key, Values> metrics_;
  std::size_t custom_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace ingest
