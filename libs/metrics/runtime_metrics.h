// The metrics of a controller runtime, under the names and labels that controller-runtime and
// client-go use, so that everyone's dashboards and alerts work. Every series that can be known in
// advance starts at 0.
// Source: controller-runtime's pkg/internal/controller/metrics and pkg/metrics; client-go's
// util/workqueue, tools/metrics.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"

namespace metrics {

/// A work queue at one moment; `adds` and `retries` count from its beginning.
struct QueueFigures {
  std::size_t depth = 0;
  std::size_t out = 0;  // reconciles that run
  std::uint64_t adds = 0, retries = 0;
  base::Duration unfinished{}, longest{};
};

/// Thread: one at a time.
class RuntimeMetrics {
 public:
  RuntimeMetrics();
  ~RuntimeMetrics();
  RuntimeMetrics(const RuntimeMetrics&) = delete;
  RuntimeMetrics& operator=(const RuntimeMetrics&) = delete;

  /// Makes every series of a controller exist. `figures`: asked when the metrics are read.
  void declare_controller(const std::string& controller, std::size_t workers,
                          std::function<QueueFigures()> figures);
  /// Makes the series of an election exist. `leads`: asked when the metrics are read.
  void declare_election(const std::string& name, std::function<bool()> leads);

  /// `result`: "success", "requeue_after", "error" or "terminal"; `waited`: in the queue.
  void reconciled(const std::string& controller, const std::string& result, base::Duration waited,
                  base::Duration took);
  /// `code`: "200", or "<error>" where no answer came.
  void requested(const std::string& code, const std::string& method, const std::string& host);

  /// The text exposition format 0.0.4, which is valid for `promtool check metrics`.
  std::string text() const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace metrics
