#include "ingest/distinct.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ingest {

void Distinct::add(std::uint64_t hash) {
  const std::size_t index = hash >> (64 - kIndexBits);
  // The position of the first 1 in the bits that are left; a 1 below them ends the search.
  const std::uint64_t rest = (hash << kIndexBits) | (std::uint64_t{1} << (kIndexBits - 1));
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

double Distinct::estimate() const {
  constexpr double m = static_cast<double>(kRegisters);
  constexpr double alpha = 0.7213 / (1 + 1.079 / m);
  double sum = 0;
  for (const std::uint8_t value : registers_) sum += std::ldexp(1.0, -value);
  const double raw = alpha * m * m / sum;
  const auto empty = static_cast<double>(std::ranges::count(registers_, std::uint8_t{0}));
  if (raw <= 2.5 * m && empty > 0) return m * std::log(m / empty);
  return raw;
}

}  // namespace ingest
