#include "load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"

namespace load {

namespace {
int floor_log2(std::uint64_t value) {
  return 63 - std::countl_zero(value);
}
int ceil_log2(std::uint64_t value) {
  return value <= 1 ? 0 : floor_log2(value - 1) + 1;
}
}  // namespace

Histogram::Histogram() : Histogram(HistogramShape{}) {}

Histogram::Histogram(HistogramShape shape) : shape_(shape) {
  std::uint64_t single_unit = 2;
  for (int digit = 0; digit < shape.digits; ++digit) single_unit *= 10;
  half_magnitude_ = ceil_log2(single_unit) - 1;
  unit_magnitude_ = floor_log2(static_cast<std::uint64_t>(shape.lowest));
  sub_bucket_mask_ = ((std::int64_t{2} << half_magnitude_) - 1) << unit_magnitude_;
  // Whole buckets, as HdrHistogram allocates them: other writers fill the last one.
  const std::size_t buckets = (index_of(shape.highest) >> half_magnitude_) + 1;
  length_max_ = std::max<std::size_t>(buckets, 2) << half_magnitude_;
}

base::Result<Histogram> Histogram::create(HistogramShape shape) {
  if (shape.digits < 1 || shape.digits > 5) {
    return base::fail(base::Code::InvalidArgument, "histogram digits: allowed are 1 to 5");
  }
  // The mask must fit 63 bits: 18 bits of sub-buckets at most, so 2^40 leaves room.
  if (shape.lowest < 1 || shape.lowest > (std::int64_t{1} << 40)) {
    return base::fail(base::Code::InvalidArgument, "histogram lowest: allowed are 1 to 2^40");
  }
  if (shape.highest / 2 < shape.lowest) {
    return base::fail(base::Code::InvalidArgument, "histogram highest: at least 2 x lowest");
  }
  return Histogram(shape);
}

// Source: HdrHistogram, AbstractHistogram.countsArrayIndex. Bucket 0 holds 2 x half sub-buckets of
// one unit; each further bucket holds half as many, twice as wide.
std::size_t Histogram::index_of(std::int64_t value) const {
  const auto masked = static_cast<std::uint64_t>(value | sub_bucket_mask_);
  const int bucket = floor_log2(masked) - unit_magnitude_ - half_magnitude_;
  const std::int64_t sub = value >> (bucket + unit_magnitude_);
  const std::int64_t half = std::int64_t{1} << half_magnitude_;
  return static_cast<std::size_t>(((bucket + std::int64_t{1}) << half_magnitude_) + sub - half);
}

std::int64_t Histogram::lowest_of(std::size_t index) const {
  const auto position = static_cast<std::int64_t>(index);
  const std::int64_t half = std::int64_t{1} << half_magnitude_;
  const std::int64_t bucket = (position >> half_magnitude_) - 1;
  if (bucket < 0) return position << unit_magnitude_;
  return ((position & (half - 1)) + half) << (bucket + unit_magnitude_);
}

std::int64_t Histogram::width_of(std::size_t index) const {
  const auto bucket = (static_cast<std::int64_t>(index) >> half_magnitude_) - 1;
  return std::int64_t{1} << (std::max<std::int64_t>(bucket, 0) + unit_magnitude_);
}

double Histogram::middle_of(std::size_t index) const {
  return static_cast<double>(lowest_of(index)) + static_cast<double>(width_of(index) >> 1);
}

void Histogram::add(std::size_t index, std::uint64_t times) {
  DCHECK(index < length_max_);
  if (index >= counts_.size()) counts_.resize(index + 1);
  counts_[index] += times;
  total_ += times;
}

void Histogram::record(base::Duration latency, std::uint64_t times) {
  if (times == 0) return;
  const std::int64_t value = std::clamp<std::int64_t>(latency.count(), 0, shape_.highest);
  if (latency.count() > shape_.highest) clamped_ += times;
  min_ = total_ == 0 ? value : std::min(min_, value);
  max_ = std::max(max_, value);
  add(index_of(value), times);
}

base::Result<> Histogram::merge(const Histogram& other) {
  if (!(shape_ == other.shape_)) {
    return base::fail(base::Code::InvalidArgument, "histograms of different shapes do not add up");
  }
  if (other.total_ == 0) return {};
  min_ = total_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  clamped_ += other.clamped_;
  total_ += other.total_;
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t at = 0; at < other.counts_.size(); ++at) counts_[at] += other.counts_[at];
  return {};
}

base::Duration Histogram::percentile(double percent) const {
  if (total_ == 0) return base::Duration(0);
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  // A double has 53 bits: of a count beyond that, the whole of it is not share 1 times it.
  const double rank = std::ceil(share * static_cast<double>(total_) - 1e-9);
  const bool all = share >= 1.0 || rank >= static_cast<double>(total_);
  const auto wanted = all ? total_ : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
  std::uint64_t seen = 0;
  for (std::size_t at = 0; at < counts_.size(); ++at) {
    seen += counts_[at];
    if (seen < wanted) continue;
    const std::int64_t highest = lowest_of(at) + (width_of(at) - 1);
    return base::Duration(std::clamp(highest, min_, max_));
  }
  return base::Duration(max_);
}

base::Duration Histogram::min() const {
  return base::Duration(min_);
}
base::Duration Histogram::max() const {
  return base::Duration(max_);
}

base::Duration Histogram::mean() const {
  if (total_ == 0) return base::Duration(0);
  double sum = 0;
  for (std::size_t at = 0; at < counts_.size(); ++at) {
    if (counts_[at] == 0) continue;
    const double middle = middle_of(at);
    sum += middle * static_cast<double>(counts_[at]);
  }
  return base::Duration(std::llround(sum / static_cast<double>(total_)));
}

base::Duration Histogram::standard_deviation() const {
  if (total_ == 0) return base::Duration(0);
  const auto centre = static_cast<double>(mean().count());
  double sum = 0;
  for (std::size_t at = 0; at < counts_.size(); ++at) {
    if (counts_[at] == 0) continue;
    const double middle = middle_of(at);
    sum += (middle - centre) * (middle - centre) * static_cast<double>(counts_[at]);
  }
  return base::Duration(std::llround(std::sqrt(sum / static_cast<double>(total_))));
}

}  // namespace load
