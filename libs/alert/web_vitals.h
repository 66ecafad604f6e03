// What browsers measure of real users: the Core Web Vitals and their two companions, and timings of
// the application's own, each with its newest 1,000 values.
//
//   rating           good up to   poor above     published: web.dev/articles/vitals, at the 75th
//   LCP              2,500 ms     4,000 ms       percentile of page views
//   INP                200 ms       500 ms
//   CLS               0.1          0.25          (a score without unit)
//   FCP              1,800 ms     3,000 ms
//   TTFB               800 ms     1,800 ms
//
//   slow             API call above 500 ms, render 16 ms, operation 1,000 ms, page load 3,000 ms
//
// Memory: 9 x 8 kB, whatever is sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "alert/statistics.h"

namespace alert {

enum class UserMetric { Lcp, Inp, Cls, Fcp, Ttfb, ApiCall, Render, Operation, PageLoad };
inline constexpr std::size_t kUserMetrics = 9;

/// "lcp", "inp", "cls", "fcp", "ttfb", "api_call", "render", "operation", "page_load".
const char* name(UserMetric metric);
std::optional<UserMetric> user_metric(std::string_view name);
/// "ms", and "" for CLS.
const char* unit(UserMetric metric);

enum class Rating { Good, NeedsImprovement, Poor };
/// "good", "needs-improvement", "poor".
const char* name(Rating rating);

/// The published rating of a value; empty for a timing, which has none.
std::optional<Rating> rate(UserMetric metric, double value);
/// Whether a timing is slow; a Web Vital is where it is poor.
bool slow(UserMetric metric, double value);

struct UserFigures {
  Figures values;
  std::uint64_t slow_total = 0;  // ever
  std::optional<Rating> rating;  // of the 75th percentile
};

class WebVitals {
 public:
  /// Adds a value; false for one that is no finite number or below 0.
  bool add(UserMetric metric, double value);
  /// Empty before the first value.
  std::optional<UserFigures> figures(UserMetric metric) const;

 private:
  struct Kept {
    Statistics values;
    std::uint64_t slow_total = 0;
  };
  std::array<Kept, kUserMetrics> kept_;
};

}  // namespace alert
