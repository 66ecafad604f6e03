// A seeded generator: the same seed gives the same run on every machine (splitmix64 has a written
// definition, the standard's distributions have none, so the draws are our own). Seeds come from
// the edge (aio/entropy.h); pure code takes a Random&.
#pragma once

#include <cstdint>

namespace base {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// Uniform over all 64-bit numbers. Source: Steele, Lea, Flood, OOPSLA 2014 (splitmix64).
  std::uint64_t next();
  /// Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high);
  /// Uniform in [0, 1).
  double unit();
  /// Exponential with the given mean.
  double exponential(double mean);
  bool chance(double probability) { return unit() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace base
