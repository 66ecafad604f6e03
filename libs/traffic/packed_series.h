// What one series did in a stretch of time, in as few bytes as it takes: durations lie close
// together and statuses are few, so that a stretch of usual traffic is some 20 to 300 bytes where
// the whole sketch is 12.7 kB. Nothing is rounded: counts, statuses and the sum of durations are
// exact, and quantiles are those of the sketch (sketch.h: within 1 %).
//
// A text of varints: the sum of durations, how many statuses there are, of each how far it is from
// the one before and its count, then of each bucket in use the same.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traffic/series.h"

namespace traffic {

/// Statuses 0 … 599, and behind them the classes of statuses that had no place of their own.
inline constexpr std::size_t kStatusPlaces = kStatusEnd + kStatusClasses;

/// The same as numbers in their places: what is added up and taken apart.
/// Thread: one.
class SeriesCounts {
 public:
  SeriesCounts() : buckets_(layout::kBuckets) {}

  void clear();
  /// Instead of what there was.
  void set(const SeriesSum& sum);
  /// Adds what was packed. Total over any bytes: what is no packed series adds what of it is.
  void add(std::string_view packed);
  /// Takes away an earlier state; never below zero.
  void subtract(std::string_view packed);
  /// Empty: there is nothing.
  std::string pack() const;

  std::uint64_t requests() const { return errors(0); }
  /// Those that were answered with this status or a higher one; 0, 400 and 500 are exact.
  std::uint64_t errors(int status_least) const;
  /// By place.
  const std::array<std::uint64_t, kStatusPlaces>& statuses() const { return statuses_; }
  /// Into a sum of sketches, for quantiles. A bucket counts as 4.3e9 at most.
  void add_to(SketchSum& sum) const;
  std::uint64_t nanos() const { return nanos_; }

 private:
  template <class Change>
  void change(std::string_view packed, Change change);

  std::vector<std::uint64_t> buckets_;
  std::array<std::uint64_t, kStatusPlaces> statuses_{};
  std::uint64_t nanos_ = 0;  // of durations
};

}  // namespace traffic
