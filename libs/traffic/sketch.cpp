#include "traffic/sketch.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace traffic {

namespace layout {

namespace {

/// The smallest whole value of a place, counted from 1 ns: 2^o + ceil(s 2^o / 50).
constexpr std::uint64_t start_of(std::uint64_t place) {
  const std::uint64_t octave = place / kParts;
  const std::uint64_t part = place % kParts;
  const std::uint64_t width = std::uint64_t{1} << octave;
  return width + (part * width + kParts - 1) / kParts;
}

constexpr std::uint64_t first_of(std::size_t bucket) {
  if (bucket == 0) return 0;
  return std::max(kLowest, start_of(bucket + kFirst));
}

/// 2 lo hi / (lo + hi) of the smallest and the largest whole value of a bucket, to the nearest.
constexpr std::uint64_t middle_of(std::size_t bucket) {
  if (bucket == 0) return kLowest / 2;
  const std::uint64_t low = first_of(bucket);
  const std::uint64_t high = std::min(kHighest, start_of(bucket + kFirst + 1) - 1);
  // lo + lo (hi - lo) / (hi + lo) is the same and fits: lo < 2^42, hi - lo < 2^37.
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{low} * (high - low) * 2 + (high + low);
  return low + static_cast<std::uint64_t>(product / (2 * (Wide{high} + low)));
}

/// Whether each end of every bucket is within 1 % of what its values are shown as.
constexpr bool within_one_percent() {
  for (std::size_t bucket = 1; bucket < kBuckets; ++bucket) {
    const std::uint64_t low = first_of(bucket);
    const std::uint64_t high = std::min(kHighest, start_of(bucket + kFirst + 1) - 1);
    const std::uint64_t shown = middle_of(bucket);
    if ((shown - low) * 100 > low || (high - shown) * 100 > high) return false;
    if (bucket_of(low) != bucket || bucket_of(high) != bucket) return false;
  }
  return true;
}
static_assert(within_one_percent());
static_assert(bucket_of(kLowest) == 1 && bucket_of(kHighest) == kBuckets - 1);

}  // namespace

std::uint64_t lowest_of(std::size_t bucket) {
  return first_of(bucket);
}

std::uint64_t shown_as(std::size_t bucket) {
  DCHECK(bucket < kBuckets);
  return middle_of(bucket);
}

}  // namespace layout

void Sketch::add_many(base::Duration duration, std::uint64_t times) {
  const std::uint64_t nanos = clamped(duration);
  raise(layout::bucket_of(nanos), times);
  nanos_.store(nanos_.load(std::memory_order_relaxed) + nanos * times, std::memory_order_relaxed);
}

// A reader that took the low part before and the high part after a carry, or the other way round,
// would be off by 2^32: the version tells it to look again.
void Sketch::raise(std::size_t bucket, std::uint64_t times) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << 40U) - 1;
  const std::uint64_t block = std::uint64_t{1} << (bucket / layout::kBlock);
  used_.store(used_.load(std::memory_order_relaxed) | block, std::memory_order_relaxed);
  std::uint64_t count = low_[bucket].load(std::memory_order_relaxed);
  const std::uint8_t high = high_[bucket].load(std::memory_order_relaxed);
  count += std::uint64_t{high} << 32U;
  count += std::min(times, kMost - count);
  const auto low = static_cast<std::uint32_t>(count);
  if (count >> 32U == high) return low_[bucket].store(low, std::memory_order_relaxed);
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  low_[bucket].store(low, std::memory_order_relaxed);
  high_[bucket].store(static_cast<std::uint8_t>(count >> 32U), std::memory_order_relaxed);
  version_.store(version + 2, std::memory_order_release);
}

// In blocks, so that a carry makes a reader look again at a few buckets and not at all: one that
// comes with every value would else keep it from ever ending.
void SketchSum::add(const Sketch& sketch) {
  std::uint64_t used = sketch.used_.load(std::memory_order_relaxed);
  for (; used != 0; used &= used - 1) {
    add_block(sketch, static_cast<std::size_t>(std::countr_zero(used)) * layout::kBlock);
  }
  nanos_ += sketch.nanos_.load(std::memory_order_relaxed);
}

void SketchSum::add_block(const Sketch& sketch, std::size_t first) {
  std::array<std::uint64_t, layout::kBlock> seen;
  std::uint32_t before = 0, after = 1;
  while (before != after || (before & 1U) != 0) {
    before = sketch.version_.load(std::memory_order_acquire);
    for (std::size_t at = 0; at < layout::kBlock; ++at) {
      seen[at] = sketch.low_[first + at].load(std::memory_order_relaxed);
    }
    // Without a version there never was a carry, and nothing in the high parts.
    for (std::size_t at = 0; before != 0 && at < layout::kBlock; ++at) {
      const std::uint64_t high = sketch.high_[first + at].load(std::memory_order_relaxed);
      seen[at] += high << 32U;
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    after = sketch.version_.load(std::memory_order_relaxed);
  }
  std::uint64_t* const counts = counts_.data() + first;
  std::uint64_t added = 0;
  for (std::size_t at = 0; at < layout::kBlock; ++at) {
    counts[at] += seen[at];
    added += seen[at];
  }
  count_ += added;
}

void SketchSum::add(const SketchSum& other) {
  for (std::size_t bucket = 0; bucket < layout::kBuckets; ++bucket) {
    counts_[bucket] += other.counts_[bucket];
  }
  count_ += other.count_;
  nanos_ += other.nanos_;
}

void SketchSum::add(std::span<const std::uint32_t> counts, base::Duration total) {
  for (std::size_t bucket = 0; bucket < std::min(counts.size(), counts_.size()); ++bucket) {
    counts_[bucket] += counts[bucket];
    count_ += counts[bucket];
  }
  nanos_ += static_cast<std::uint64_t>(total.count());
}

SketchSum SketchSum::since(const SketchSum& earlier) const {
  SketchSum between;
  for (std::size_t bucket = 0; bucket < layout::kBuckets; ++bucket) {
    // Never below zero, whatever the caller passes.
    const std::uint64_t before = std::min(counts_[bucket], earlier.counts_[bucket]);
    between.counts_[bucket] = counts_[bucket] - before;
    between.count_ += between.counts_[bucket];
  }
  between.nanos_ = nanos_ - std::min(nanos_, earlier.nanos_);
  return between;
}

void SketchSum::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
  count_ = 0;
  nanos_ = 0;
}

base::Duration SketchSum::mean() const {
  if (count_ == 0) return base::Duration(0);
  return base::Duration(static_cast<std::int64_t>(nanos_ / count_));
}

base::Duration SketchSum::quantile(double share) const {
  if (count_ == 0) return base::Duration(0);
  const double part = std::isnan(share) ? 1.0 : std::clamp(share, 0.0, 1.0);
  // A double has 53 bits: of a count beyond that, the whole of it is not 1 times it.
  const double rank = std::ceil(part * static_cast<double>(count_) - 1e-9);
  const bool all = part >= 1.0 || rank >= static_cast<double>(count_);
  const auto wanted = all ? count_ : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < layout::kBuckets && (seen += counts_[bucket]) < wanted) ++bucket;
  return base::Duration(static_cast<std::int64_t>(layout::shown_as(bucket)));
}

std::uint64_t SketchSum::count_within(base::Duration bound) const {
  std::uint64_t within = 0;
  count_within({&bound, 1}, {&within, 1});
  return within;
}

void SketchSum::count_within(std::span<const base::Duration> bounds,
                             std::span<std::uint64_t> counts) const {
  CHECK(counts.size() == bounds.size());
  std::uint64_t within = 0;
  std::size_t next = 0;  // the first bucket that is not in `within`
  for (std::size_t at = 0; at < bounds.size(); ++at) {
    const std::int64_t nanos = bounds[at].count();
    const auto capped =
        std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(nanos, 0)), layout::kHighest);
    const std::size_t end = nanos < 0 ? 0 : layout::bucket_of(capped) + 1;
    while (next < end) within += counts_[next++];
    counts[at] = within;
  }
}

}  // namespace traffic
