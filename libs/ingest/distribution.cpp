#include "ingest/distribution.h"

#include <algorithm>

namespace ingest {

const std::array<double, Distribution::kBounds>& Distribution::bounds() {
  static constexpr std::array<double, kBounds> kAll = {
      0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,  0.2,  0.5,  1,     2,     5,     10,  20,  50,
      100,   200,   500,   1e3,  2e3,  5e3,  10e3, 20e3, 50e3, 100e3, 200e3, 500e3, 1e6, 2e6, 5e6};
  return kAll;
}

void Distribution::add(double value, double weight) {
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  count_ += weight;
  sum_ += value * weight;
  const auto at = std::ranges::lower_bound(bounds(), value) - bounds().begin();
  buckets_[static_cast<std::size_t>(at)] += weight;
}

void Distribution::add_bucket(double bound, double weight) {
  const auto at = std::ranges::lower_bound(bounds(), bound) - bounds().begin();
  buckets_[static_cast<std::size_t>(at)] += weight;
  count_ += weight;
}

void Distribution::set_sum(double sum, double min, double max) {
  sum_ = sum;
  min_ = min;
  max_ = max;
}

void Distribution::merge(const Distribution& other) {
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  sum_ += other.sum_;
  for (std::size_t at = 0; at < buckets_.size(); ++at) buckets_[at] += other.buckets_[at];
}

double Distribution::at_most(std::size_t index) const {
  double sum = 0;
  for (std::size_t at = 0; at <= std::min(index, kBounds); ++at) sum += buckets_[at];
  return sum;
}

double Distribution::percentile(double percent) const {
  const double rank = std::clamp(percent, 0.0, 100.0) / 100 * count_;
  double sum = 0;
  for (std::size_t at = 0; at < kBounds; ++at) {
    sum += buckets_[at];
    if (sum > 0 && sum >= rank) return std::min(bounds()[at], max_);
  }
  return max_;
}

}  // namespace ingest
