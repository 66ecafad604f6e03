// Durations of one series in 8 kB, with any quantile within 1 %, for 1 us … 1 h.
//
// Buckets are log-linear: every power of two (octave) is cut into 50 equal parts. The part s of
// octave 2^o begins at lo = 2^o (1 + s/50) and ends before hi = lo + 2^o/50. What is in it is shown
// as r = 2 lo hi / (lo + hi), which is as far from lo as from hi in relation to the value:
//
//   |r - v| / v  <=  (hi - lo) / (hi + lo)  <=  (1/50) / (2 + 1/50)  =  1/101  <  1 %
//
// The parts of a power of two would be 64 and cost a quarter more memory for an error nobody asked
// for; a logarithm per value would save a third of the buckets and cost ten times the whole
// add(). Rounding r to whole nanoseconds adds to the bound where parts are narrow: sketch.cpp
// proves it for both ends of every bucket at compile time (static_assert).
//
// A quantile is the value of a rank, and buckets keep the order of values: the bucket in which the
// rank lies is the one of the exact value, whatever the distribution. Sketches add up without
// loss, since buckets do.
//
// Counts have 40 bits in 5 bytes: 1,586 buckets are 7,930 bytes, and a bucket stands still at
// 1.1e12, which takes 127 days of 100,000 values a second in that one bucket. Counts of 64 bits
// would be 12.7 kB, and of 32 bits wrap within a day.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace traffic {

/// Which values share a bucket. Units: nanoseconds.
namespace layout {

inline constexpr std::uint64_t kParts = 50;
inline constexpr std::uint64_t kLowest = 1000;                // shorter ones share bucket 0
inline constexpr std::uint64_t kHighest = 3'600'000'000'000;  // longer ones count as this

constexpr std::uint64_t position(std::uint64_t nanos) {
  const auto octave = static_cast<std::uint64_t>(63 - std::countl_zero(nanos));
  const std::uint64_t above = nanos - (std::uint64_t{1} << octave);
  return octave * kParts + ((above * kParts) >> octave);
}
inline constexpr std::uint64_t kFirst = position(kLowest) - 1;
inline constexpr std::size_t kBuckets = position(kHighest) - kFirst + 1;

/// The bucket of a value of at most kHighest.
constexpr std::size_t bucket_of(std::uint64_t nanos) {
  if (nanos < kLowest) return 0;
  return static_cast<std::size_t>(position(nanos) - kFirst);
}
/// Readers look at blocks of buckets, and pass those by that were never used: durations of one
/// series lie close together.
inline constexpr std::size_t kBlock = 26;
static_assert(kBuckets % kBlock == 0 && kBuckets / kBlock <= 64);

/// The smallest whole value of a bucket; one past the last bucket is allowed.
std::uint64_t lowest_of(std::size_t bucket);
/// What a bucket's values are shown as; bucket 0 as 500 ns.
std::uint64_t shown_as(std::size_t bucket);

}  // namespace layout

/// One core's sketch of one series.
/// Thread: add() on one thread; everything else by SketchSum, from any.
class Sketch {
 public:
  /// Counts a duration: below 0 as 0, above 1 h as 1 h. No allocation, no logarithm, no lock.
  void add(base::Duration duration);
  /// Counts a duration that stands for many, as a sampled timer does.
  void add_many(base::Duration duration, std::uint64_t times);

 private:
  friend class SketchSum;
  static std::uint64_t clamped(base::Duration duration);
  void raise(std::size_t bucket, std::uint64_t times);

  std::array<std::atomic<std::uint32_t>, layout::kBuckets> low_{};
  std::array<std::atomic<std::uint8_t>, layout::kBuckets> high_{};
  std::atomic<std::uint64_t> used_{0};     // a bit for each block that has ever counted
  std::atomic<std::uint64_t> nanos_{0};    // sum of all durations
  std::atomic<std::uint32_t> version_{0};  // odd while a count's two parts do not belong together
};
static_assert(sizeof(Sketch) <= 8192);

/// What several sketches hold together: for the moment of a scrape, 12.7 kB.
class SketchSum {
 public:
  SketchSum() : counts_(layout::kBuckets) {}

  /// Adds what the sketch holds now. Thread: any; values added meanwhile may be in it or not.
  void add(const Sketch& sketch);
  void add(const SketchSum& other);
  /// Adds counts by bucket, of durations that are `total` together.
  void add(std::span<const std::uint32_t> counts, base::Duration total);
  /// This one less an earlier state of the same sketches: what came in between.
  SketchSum since(const SketchSum& earlier) const;
  /// Nothing, in the same memory.
  void clear();

  std::uint64_t count() const { return count_; }
  base::Duration total() const { return base::Duration(static_cast<std::int64_t>(nanos_)); }
  /// Exact, of the durations as they were counted; zero when there are none.
  base::Duration mean() const;
  /// The smallest value v with at least `share` of all values <= v, within 1 %; zero when there are
  /// none. `share` is clamped to 0 … 1.
  base::Duration quantile(double share) const;
  /// How many are <= bound, where those in the bound's own bucket (up to 2 % longer) count as well.
  std::uint64_t count_within(base::Duration bound) const;
  /// The same for several bounds, ascending, in one walk. Shapes: as many counts as bounds.
  void count_within(std::span<const base::Duration> bounds, std::span<std::uint64_t> counts) const;
  const std::vector<std::uint64_t>& counts() const { return counts_; }

 private:
  void add_block(const Sketch& sketch, std::size_t first);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t nanos_ = 0;
};

inline std::uint64_t Sketch::clamped(base::Duration duration) {
  const std::int64_t nanos = duration.count();
  if (nanos < 0) return 0;
  const auto given = static_cast<std::uint64_t>(nanos);
  return given > layout::kHighest ? layout::kHighest : given;
}

inline void Sketch::add(base::Duration duration) {
  const std::uint64_t nanos = clamped(duration);
  const std::size_t bucket = layout::bucket_of(nanos);
  // The only writer reads its own last write, so that no atomic addition is needed.
  const std::uint32_t before = low_[bucket].load(std::memory_order_relaxed);
  if (before + 1 <= 1) [[unlikely]] {  // the first of its bucket, or the last before a carry
    raise(bucket, 1);
  } else {
    low_[bucket].store(before + 1, std::memory_order_relaxed);
  }
  nanos_.store(nanos_.load(std::memory_order_relaxed) + nanos, std::memory_order_relaxed);
}

}  // namespace traffic
