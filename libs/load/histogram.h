// Latencies of a whole drill in bounded memory: a log-linear histogram. Values share a bucket when
// they agree in their first three significant digits, so a percentile is off by at most 0.1 %
// whatever the distribution, and histograms of many users, intervals or machines add up without
// losing that. Sampling (a reservoir) was refused: it loses the tail, which is what one looks at;
// P² and t-digest were refused because merging them adds errors.
//
// The layout and the binary form are HdrHistogram's (V2 encoding), so that its plotters and log
// tools read what we write and we read theirs. The compressed form wraps the same bytes in zlib
// "stored" blocks: every inflater reads it, and this pure folder needs no zlib.
//
// Memory: at most 8 bytes x (buckets up to the largest value seen): about 270 kB for 1 ns … 1 h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace load {

/// What values a histogram tells apart. Units: nanoseconds.
struct HistogramShape {
  std::int64_t lowest = 1;                   // values below share the first bucket
  std::int64_t highest = 3'600'000'000'000;  // values above are recorded as this
  int digits = 3;                            // significant decimal digits, 1 … 5

  bool operator==(const HistogramShape&) const = default;
};

class Histogram {
 public:
  /// Errors: InvalidArgument for lowest < 1, highest < 2 x lowest, digits outside 1 … 5.
  static base::Result<Histogram> create(HistogramShape shape);
  /// 1 ns … 1 h with three significant digits.
  Histogram();

  /// Counts a latency `times` times; below 0 counts as 0, above `highest` as `highest` (see
  /// clamped()).
  void record(base::Duration latency, std::uint64_t times = 1);
  /// Adds another's counts. Errors: InvalidArgument when the shapes differ.
  base::Result<> merge(const Histogram& other);

  std::uint64_t count() const { return total_; }
  /// Values that were above `highest`: when not 0, the upper percentiles are lower bounds.
  std::uint64_t clamped() const { return clamped_; }
  const HistogramShape& shape() const { return shape_; }

  /// The smallest recorded value v with at least percent % of all values <= v, within 0.1 %; zero
  /// when nothing was recorded. `percent` is clamped to 0 … 100.
  base::Duration percentile(double percent) const;
  base::Duration min() const;
  base::Duration max() const;
  base::Duration mean() const;
  base::Duration standard_deviation() const;

  /// HdrHistogram V2, not compressed: cookie 0x1c849313, header of 40 bytes, ZigZag LEB128 counts.
  std::string encode() const;
  /// Base64 of the V2 compressed form (cookie 0x1c849314): one line's payload of an HdrHistogram
  /// log.
  std::string encode_for_log() const;
  /// Reads encode()'s form from any writer. Errors: DataLoss, naming what does not fit.
  static base::Result<Histogram> decode(std::string_view bytes);

 private:
  explicit Histogram(HistogramShape shape);
  std::size_t index_of(std::int64_t value) const;
  std::int64_t lowest_of(std::size_t index) const;
  std::int64_t width_of(std::size_t index) const;
  double middle_of(std::size_t index) const;
  void add(std::size_t index, std::uint64_t times);
  base::Result<> decode_counts(std::string_view payload);

  HistogramShape shape_;
  int unit_magnitude_ = 0;
  int half_magnitude_ = 0;  // log2 of half the sub-buckets
  std::int64_t sub_bucket_mask_ = 0;
  std::size_t length_max_ = 0;
  std::vector<std::uint64_t> counts_;  // grows to the largest index seen
  std::uint64_t total_ = 0;
  std::uint64_t clamped_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace load
