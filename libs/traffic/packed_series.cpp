#include "traffic/packed_series.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace traffic {
namespace {

constexpr unsigned kBits = 7;
constexpr std::uint64_t kMore = std::uint64_t{1} << kBits;

void put(std::string& out, std::uint64_t value) {
  while (value >= kMore) {
    out += static_cast<char>((value & (kMore - 1)) | kMore);
    value >>= kBits;
  }
  out += static_cast<char>(value);
}

/// Takes a number off the front; 0 where there is none.
std::uint64_t take(std::string_view& text) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !text.empty(); shift += kBits) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    if (shift < 64) value |= (std::uint64_t{byte} & (kMore - 1)) << shift;
    if (byte < kMore) break;
  }
  return value;
}

void put_places(std::string& out, std::span<const std::uint64_t> counts) {
  std::size_t next = 0;
  for (std::size_t at = 0; at < counts.size(); ++at) {
    if (counts[at] == 0) continue;
    put(out, at - next);
    put(out, counts[at]);
    next = at + 1;
  }
}

}  // namespace

void SeriesCounts::clear() {
  std::ranges::fill(buckets_, 0);
  statuses_.fill(0);
  nanos_ = 0;
}

void SeriesCounts::set(const SeriesSum& sum) {
  const auto& counts = sum.durations().counts();
  std::ranges::copy(counts, buckets_.begin());
  nanos_ = static_cast<std::uint64_t>(sum.durations().total().count());
  for (int status = 0; status < kStatusEnd; ++status) {
    statuses_[static_cast<std::size_t>(status)] = sum.with_status(status);
  }
  for (std::size_t at = 0; at < kStatusClasses; ++at) statuses_[kStatusEnd + at] = sum.beyond(at);
}

/// Calls `change(count, by)` for each number that is there.
template <class Change>
void SeriesCounts::change(std::string_view packed, Change change) {
  change(nanos_, take(packed));
  std::uint64_t left = take(packed);
  for (std::uint64_t at = 0; left > 0 && !packed.empty(); --left, ++at) {
    at += std::min<std::uint64_t>(take(packed), kStatusPlaces);
    const std::uint64_t by = take(packed);
    if (at >= kStatusPlaces) return;
    change(statuses_[at], by);
  }
  for (std::uint64_t at = 0; !packed.empty(); ++at) {
    at += std::min<std::uint64_t>(take(packed), layout::kBuckets);
    const std::uint64_t by = take(packed);
    if (at >= layout::kBuckets) return;
    change(buckets_[at], by);
  }
}

void SeriesCounts::add(std::string_view packed) {
  change(packed, [](std::uint64_t& count, std::uint64_t by) {
    count += std::min(by, std::numeric_limits<std::uint64_t>::max() - count);
  });
}

void SeriesCounts::subtract(std::string_view packed) {
  change(packed, [](std::uint64_t& count, std::uint64_t by) { count -= std::min(by, count); });
}

std::string SeriesCounts::pack() const {
  std::string places;
  put_places(places, buckets_);
  const auto used = static_cast<std::uint64_t>(
      std::ranges::count_if(statuses_, [](std::uint64_t count) { return count > 0; }));
  if (used == 0 && places.empty()) return {};
  std::string out;
  put(out, nanos_);
  put(out, used);
  put_places(out, statuses_);
  out += places;
  out.shrink_to_fit();
  return out;
}

std::uint64_t SeriesCounts::errors(int status_least) const {
  const auto least = static_cast<std::size_t>(std::clamp(status_least, 0, kStatusEnd));
  std::uint64_t count = 0;
  for (std::size_t at = least; at < kStatusEnd; ++at) count += statuses_[at];
  for (std::size_t at = 0; at < kStatusClasses; ++at) {
    if (at * 100 >= least) count += statuses_[kStatusEnd + at];
  }
  return count;
}

void SeriesCounts::add_to(SketchSum& sum) const {
  std::vector<std::uint32_t> narrow;
  narrow.reserve(buckets_.size());
  for (const std::uint64_t count : buckets_) {
    narrow.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX)));
  }
  sum.add(narrow, base::Duration(static_cast<std::int64_t>(nanos_)));
}

}  // namespace traffic
