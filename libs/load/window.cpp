#include "load/window.h"

namespace load {

void Apdex::add(bool good, base::Duration latency) {
  ++total_;
  if (!good) return;
  if (latency <= target_) {
    ++satisfied_;
  } else if (latency <= 4 * target_) {
    ++tolerating_;
  }
}

std::optional<double> Apdex::score() const {
  if (total_ == 0) return std::nullopt;
  return (static_cast<double>(satisfied_) + static_cast<double>(tolerating_) / 2) /
         static_cast<double>(total_);
}

base::Duration pick(const Histogram& histogram, Statistic statistic) {
  switch (statistic) {
    case Statistic::Mean: return histogram.mean();
    case Statistic::P50: return histogram.percentile(50);
    case Statistic::P95: return histogram.percentile(95);
    case Statistic::P99: return histogram.percentile(99);
    case Statistic::Max: return histogram.max();
  }
  return histogram.max();
}

Window::Window(base::Duration from, base::Duration to, base::Duration apdex_target)
    : from_(from), to_(to), apdex_(apdex_target) {}

void Window::add(const Completed& operation) {
  if (operation.due < from_ || operation.due >= to_) return;
  apdex_.add(operation.good, operation.latency);
  if (!operation.good) {
    ++errors_;
    return;
  }
  ++good_;
  users_.insert(operation.user);
  latency_.record(operation.latency);
  service_.record(operation.service);
}

std::optional<double> Window::error_percent() const {
  if (operations() == 0) return std::nullopt;
  return 100.0 * static_cast<double>(errors_) / static_cast<double>(operations());
}

std::optional<double> Window::good_per_second() const {
  if (to_ <= from_) return std::nullopt;
  return static_cast<double>(good_) / base::to_seconds(to_ - from_);
}

std::optional<double> Window::satisfaction_percent() const {
  const auto score = apdex_.score();
  if (!score) return std::nullopt;
  return 100.0 * *score;
}

}  // namespace load
