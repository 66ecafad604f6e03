// The newest values of a series, oldest first, in bounded memory: what anomalies, forecasts and
// statistics look at. They lie in one piece, so that they are looked at as a span; making room
// moves the rest at most once in as many values as are kept.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace alert {

class Recent {
 public:
  /// Keeps the newest `most` values; at least one.
  explicit Recent(std::size_t most) : most_(most == 0 ? 1 : most) {}

  /// Adds a value; one that is no finite number is left out, and the answer says so.
  bool push(double value);
  /// Oldest first. Lifetime: until the next push().
  std::span<const double> values() const;
  /// The newest `count` of them, or all there are.
  std::span<const double> newest(std::size_t count) const;

 private:
  std::size_t most_;
  std::vector<double> kept_;  // at most 2 x most_; the newest are at its end
};

}  // namespace alert
