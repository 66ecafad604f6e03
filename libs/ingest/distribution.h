// Values of one kind (durations, sizes) as count, sum, extremes and a histogram of fixed bounds, in
// the same few hundred bytes whatever is sent. The bounds are 1, 2 and 5 in every decade from 0.001
// to 5,000,000, which holds milliseconds as well as bytes: a percentile is told within a bucket.
#pragma once

#include <array>
#include <cstdint>

namespace ingest {

class Distribution {
 public:
  static constexpr std::size_t kBounds = 30;
  /// The upper bound of each bucket, itself included; what is beyond the last is in one more.
  static const std::array<double, kBounds>& bounds();

  /// `weight`: how many such values this one stands for.
  void add(double value, double weight = 1);

  /// `weight` values of a bucket of somebody else's, whose upper bound is `bound`: they are counted
  /// where that bound is, so that none seems smaller than it was.
  void add_bucket(double bound, double weight);
  /// What the values of such buckets come to, and their extremes.
  void set_sum(double sum, double min, double max);
  void merge(const Distribution& other);

  double count() const { return count_; }
  double sum() const { return sum_; }
  double min() const { return min_; }
  double max() const { return max_; }
  /// Values at or below bounds()[index]; index kBounds: all.
  double at_most(std::size_t index) const;
  /// The bound of the bucket in which the p-th percentile lies, at most the maximum; 0 of nothing.
  double percentile(double percent) const;

 private:
  double count_ = 0;
  double sum_ = 0;
  double min_ = 0;
  double max_ = 0;
  std::array<double, kBounds + 1> buckets_{};
};

}  // namespace ingest
