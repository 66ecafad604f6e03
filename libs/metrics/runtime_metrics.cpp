#include "metrics/runtime_metrics.h"

#include <map>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace metrics {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;
using Labels = std::map<std::string, std::string>;

const Histogram::BucketBoundaries kReconcileBuckets = {
    0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
    0.7,   0.8,  0.9,   1,    1.25, 1.5,  1.75, 2,    2.5, 3,    3.5, 4,    4.5, 5,
    6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
const Histogram::BucketBoundaries kQueueBuckets = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3,
                                                   1e-2, 1e-1, 1,    10,   100,  1000};

Family<Counter>& counters(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Family<Histogram>& histograms(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

/// A counter whose total is known elsewhere.
void count_up_to(Counter& counter, std::uint64_t total) {
  const double more = static_cast<double>(total) - counter.Value();
  if (more > 0) counter.Increment(more);
}

/// What one controller has of each family.
struct ControllerSeries {
  std::map<std::string, Counter*> results;
  Counter* errors;
  Counter* terminal;
  Histogram* took;
  Gauge* active;
  Gauge* depth;
  Counter* adds;
  Counter* retries;
  Histogram* waited;
  Histogram* worked;
  Gauge* unfinished;
  Gauge* longest;
  std::function<QueueFigures()> figures;
};

}  // namespace

struct RuntimeMetrics::Series {
  Registry registry;

  Family<Counter>& results = counters(registry, "controller_runtime_reconcile_total",
                                      "Total number of reconciliations per controller.");
  Family<Counter>& errors = counters(registry, "controller_runtime_reconcile_errors_total",
                                     "Total number of reconciliation errors per controller.");
  Family<Counter>& terminal =
      counters(registry, "controller_runtime_terminal_reconcile_errors_total",
               "Total number of reconciliation errors per controller that are not tried again.");
  Family<Histogram>& took = histograms(registry, "controller_runtime_reconcile_time_seconds",
                                       "Length of time per reconciliation per controller.");
  Family<Gauge>& workers = gauges(registry, "controller_runtime_max_concurrent_reconciles",
                                  "Maximum number of concurrent reconciles per controller.");
  Family<Gauge>& active = gauges(registry, "controller_runtime_active_workers",
                                 "Number of currently used workers per controller.");
  Family<Gauge>& depth = gauges(registry, "workqueue_depth", "Current depth of the work queue.");
  Family<Counter>& adds =
      counters(registry, "workqueue_adds_total", "Total number of adds handled by the work queue.");
  Family<Counter>& retries = counters(registry, "workqueue_retries_total",
                                      "Total number of retries handled by the work queue.");
  Family<Histogram>& waited =
      histograms(registry, "workqueue_queue_duration_seconds",
                 "How long an item stays in the work queue before it is taken.");
  Family<Histogram>& worked =
      histograms(registry, "workqueue_work_duration_seconds", "How long processing an item takes.");
  Family<Gauge>& unfinished =
      gauges(registry, "workqueue_unfinished_work_seconds",
             "Seconds of work in progress that work_duration has not seen yet.");
  Family<Gauge>& longest = gauges(registry, "workqueue_longest_running_processor_seconds",
                                  "For how long the longest reconcile that runs has been running.");
  Family<Gauge>& leader = gauges(registry, "leader_election_master_status",
                                 "Whether this process holds the lease: 1, or 0.");
  Family<Counter>& requests =
      counters(registry, "rest_client_requests_total",
               "Number of HTTP requests, by status code, method, and host.");

  std::map<std::string, ControllerSeries> controllers;
  std::vector<std::pair<Gauge*, std::function<bool()>>> elections;

  void refresh() const {
    for (const auto& [name, series] : controllers) {
      const QueueFigures now = series.figures();
      series.active->Set(static_cast<double>(now.out));
      series.depth->Set(static_cast<double>(now.depth));
      count_up_to(*series.adds, now.adds);
      count_up_to(*series.retries, now.retries);
      series.unfinished->Set(base::to_seconds(now.unfinished));
      series.longest->Set(base::to_seconds(now.longest));
    }
    for (const auto& [gauge, leads] : elections) gauge->Set(leads() ? 1 : 0);
  }
};

RuntimeMetrics::RuntimeMetrics() : series_(std::make_unique<Series>()) {}
RuntimeMetrics::~RuntimeMetrics() = default;

void RuntimeMetrics::declare_controller(const std::string& controller, std::size_t workers,
                                        std::function<QueueFigures()> figures) {
  Series& s = *series_;
  const Labels of = {{"controller", controller}};
  const Labels queue = {{"name", controller}, {"controller", controller}};
  ControllerSeries& series = s.controllers[controller];
  for (const char* result : {"success", "error", "requeue", "requeue_after"}) {
    series.results[result] = &s.results.Add({{"controller", controller}, {"result", result}});
  }
  series.errors = &s.errors.Add(of);
  series.terminal = &s.terminal.Add(of);
  series.took = &s.took.Add(of, kReconcileBuckets);
  s.workers.Add(of).Set(static_cast<double>(workers));
  series.active = &s.active.Add(of);
  series.depth = &s.depth.Add(queue);
  series.adds = &s.adds.Add(queue);
  series.retries = &s.retries.Add(queue);
  series.waited = &s.waited.Add(queue, kQueueBuckets);
  series.worked = &s.worked.Add(queue, kQueueBuckets);
  series.unfinished = &s.unfinished.Add(queue);
  series.longest = &s.longest.Add(queue);
  series.figures = std::move(figures);
}

void RuntimeMetrics::declare_election(const std::string& name, std::function<bool()> leads) {
  series_->elections.emplace_back(&series_->leader.Add({{"name", name}}), std::move(leads));
}

void RuntimeMetrics::reconciled(const std::string& controller, const std::string& result,
                                base::Duration waited, base::Duration took) {
  const auto it = series_->controllers.find(controller);
  if (it == series_->controllers.end()) return;
  const ControllerSeries& series = it->second;
  const bool terminal = result == "terminal";
  const auto counter = series.results.find(terminal ? "error" : result);
  if (counter != series.results.end()) counter->second->Increment();
  if (terminal) series.terminal->Increment();
  if (terminal || result == "error") series.errors->Increment();
  series.took->Observe(base::to_seconds(took));
  series.worked->Observe(base::to_seconds(took));
  series.waited->Observe(base::to_seconds(waited));
}

void RuntimeMetrics::requested(const std::string& code, const std::string& method,
                               const std::string& host) {
  series_->requests.Add({{"code", code}, {"method", method}, {"host", host}}).Increment();
}

std::string RuntimeMetrics::text() const {
  series_->refresh();
  return prometheus::TextSerializer().Serialize(series_->registry.Collect());
}

}  // namespace metrics
