// Count, mean, minimum, maximum, p95 and p99 of the newest 1,000 values of something that is
// measured again and again, with how many there ever were. All figures but the total are of the
// same values, so that they fit each other; percentiles are exact (nearest rank), not estimated.
//
// 8 kB for each series, taken as it grows. What is no finite number or below 0 is left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace alert {

inline constexpr std::size_t kValuesMost = 1000;

/// In the unit of the values.
struct Figures {
  std::uint64_t total = 0;  // values ever
  std::size_t count = 0;    // of which these are the newest
  double mean = 0;
  double min = 0;
  double max = 0;
  double p75 = 0;
  double p95 = 0;
  double p99 = 0;

  bool operator==(const Figures&) const = default;
};

class Statistics {
 public:
  /// Adds a value; false for one that is left out.
  bool add(double value);
  /// Empty before the first value.
  std::optional<Figures> figures() const;
  std::uint64_t total() const { return total_; }
  /// How many of the newest 1,000 are at most this.
  std::size_t within(double limit) const;
  std::size_t count() const { return values_.size(); }

 private:
  std::vector<double> values_;  // a ring once it is full
  std::uint64_t total_ = 0;
};

}  // namespace alert
