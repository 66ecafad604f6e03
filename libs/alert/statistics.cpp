#include "alert/statistics.h"

#include <algorithm>
#include <cmath>

namespace alert {

namespace {

/// The smallest value with at least `percent` of all values at or below it.
double ranked(const std::vector<double>& sorted, std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

bool Statistics::add(double value) {
  if (!std::isfinite(value) || value < 0) return false;
  if (values_.size() < kValuesMost) {
    values_.push_back(value);
  } else {
    values_[total_ % kValuesMost] = value;
  }
  ++total_;
  return true;
}

std::size_t Statistics::within(double limit) const {
  return static_cast<std::size_t>(std::count_if(values_.begin(), values_.end(),
                                                [limit](double value) { return value <= limit; }));
}

std::optional<Figures> Statistics::figures() const {
  if (values_.empty()) return std::nullopt;
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  double sum = 0;
  for (const double value : sorted) sum += value;
  Figures figures;
  figures.total = total_;
  figures.count = sorted.size();
  figures.mean = sum / static_cast<double>(sorted.size());
  figures.min = sorted.front();
  figures.max = sorted.back();
  figures.p75 = ranked(sorted, 75);
  figures.p95 = ranked(sorted, 95);
  figures.p99 = ranked(sorted, 99);
  return figures;
}

}  // namespace alert
