// Whether figures get better or worse over time (D7): the Mann–Kendall rank test, which asks only
// which of two drills was the longer, so that one outlier makes no trend as it would bend a
// regression line. A trend is named where figures without one would look like that in 5 % of all
// cases or fewer.
// Drills are few, so that the distribution is computed and not approximated up to 50 of them, ties
// included: with ties the statistic is a sum of independent Mann–Whitney statistics, one for each
// group of equal values against all those before it. Above that: the normal approximation with its
// variance corrected for ties.
// Sources: Mann, Econometrica 13 (1945); Kendall, Rank Correlation Methods (1975).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace drill {

enum class Trend : std::uint8_t { Stable, Improving, Degrading };
const char* name(Trend trend);

inline constexpr double kTrendSignificance = 0.05;

struct TrendTest {
  Trend trend = Trend::Stable;
  std::uint64_t figures = 0;
  std::int64_t s = 0;   // pairs that rise minus pairs that fall
  double p_value = 1;   // two-sided: how often figures without a trend look like this
  bool exact = true;    // else approximated
  bool enough = false;  // so many figures that a trend could be told at all
  bool operator==(const TrendTest&) const = default;
};

/// Whether so many figures could tell a trend: as many that only rise do so in one of n! orders.
bool can_tell(std::size_t figures, double significance = kTrendSignificance);
/// Figures in order of time; larger ones are worse. Infinite ones are equal to each other.
TrendTest mann_kendall(std::span<const double> figures, double significance = kTrendSignificance);

}  // namespace drill
