#include "drill/trend.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace drill::test {
namespace {

/// Figures of a given length whose statistic is `s`: sorted, with falling pairs swapped in.
std::vector<double> figures_with(std::size_t count, std::int64_t s) {
  std::vector<double> out(count);
  std::iota(out.begin(), out.end(), 1.0);
  auto falling = (static_cast<std::int64_t>(count * (count - 1) / 2) - s) / 2;
  for (bool again = true; again && falling > 0;) {
    again = false;
    for (std::size_t i = 0; i + 1 < count && falling > 0; ++i) {
      if (out[i] > out[i + 1]) continue;
      std::swap(out[i], out[i + 1]);
      --falling;
      again = true;
    }
  }
  return out;
}

TEST(MannKendall, HasThePublishedProbabilities) {
  // Kendall, Rank Correlation Methods (1975), Appendix Table 1, as reprinted in US EPA, Data
  // Quality Assessment: Statistical Methods for Practitioners (QA/G-9S, 2006), Table A-12b:
  // one-sided P(S >= s).
  const struct {
    std::size_t n;
    std::int64_t s;
    double one_sided, within;
  } published[] = {{4, 6, 0.042, 5e-4},   {5, 8, 0.042, 5e-4},   {5, 10, 0.0083, 5e-5},
                   {6, 11, 0.028, 5e-4},  {6, 15, 0.0014, 5e-5}, {7, 13, 0.035, 5e-4},
                   {8, 12, 0.089, 5e-4},  {8, 16, 0.031, 5e-4},  {8, 20, 0.0071, 5e-5},
                   {9, 18, 0.038, 5e-4},  {9, 20, 0.022, 5e-4},  {10, 21, 0.036, 5e-4},
                   {10, 23, 0.023, 5e-4}, {10, 25, 0.014, 5e-4}};
  for (const auto& row : published) {
    const TrendTest test = mann_kendall(figures_with(row.n, row.s));
    EXPECT_EQ(test.s, row.s) << row.n;
    EXPECT_TRUE(test.exact);
    EXPECT_NEAR(test.p_value / 2, row.one_sided, row.within) << row.n << " figures, S " << row.s;
  }
}

TEST(MannKendall, CountsTiesAsEveryOrderOfThemWould) {
  // The same probability the long way: all orders of the figures.
  base::Random random(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<double> figures(3 + random.below(5));
    for (double& figure : figures) figure = static_cast<double>(random.below(4));
    const TrendTest test = mann_kendall(figures);
    std::vector<std::size_t> order(figures.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    double as_far = 0, all = 0;
    do {
      std::int64_t s = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        for (std::size_t j = i + 1; j < order.size(); ++j) {
          const double a = figures[order[i]], b = figures[order[j]];
          s += b > a ? 1 : b < a ? -1 : 0;
        }
      }
      ++all;
      as_far += std::abs(s) >= std::abs(test.s);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_NEAR(test.p_value, as_far / all, 1e-12);
  }
}

TEST(MannKendall, TheApproximationMeetsTheExactDistribution) {
  base::Random random(11);
  std::vector<double> figures(50);
  for (std::size_t i = 0; i < figures.size(); ++i) {
    figures[i] = static_cast<double>(i) / 12 + static_cast<double>(random.below(8));
  }
  const double exact = mann_kendall(figures).p_value;
  figures.push_back(figures[25]);  // one more, in the middle
  const TrendTest approximated = mann_kendall(figures);
  EXPECT_FALSE(approximated.exact);
  EXPECT_NEAR(approximated.p_value, exact, 0.25 * exact + 1e-4);
}

TEST(MannKendall, TurnsWithTime) {
  base::Random random(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<double> figures(random.below(30));
    for (double& figure : figures) figure = static_cast<double>(random.below(12));
    const TrendTest forward = mann_kendall(figures);
    std::reverse(figures.begin(), figures.end());
    const TrendTest backward = mann_kendall(figures);
    EXPECT_EQ(forward.s, -backward.s);
    EXPECT_NEAR(forward.p_value, backward.p_value, 1e-12);
    EXPECT_GE(forward.p_value, 0);
    EXPECT_LE(forward.p_value, 1);
    for (double& figure : figures) figure = std::exp(figure / 3) - 4;  // ranks stay
    EXPECT_EQ(mann_kendall(figures), backward);
  }
}

TEST(MannKendall, NamesATrendAndSaysWhenThereAreTooFewDrills) {
  const auto test = [](std::vector<double> values) { return mann_kendall(values); };
  EXPECT_EQ(test({}).trend, Trend::Stable);
  EXPECT_FALSE(test({}).enough);
  EXPECT_EQ(test({1, 2, 3, 4}).trend, Trend::Stable) << "four may be an accident";
  EXPECT_FALSE(test({1, 2, 3, 4}).enough);
  EXPECT_TRUE(test({3, 1, 2, 5, 4}).enough);
  EXPECT_EQ(test({1, 2, 3, 4, 5}).trend, Trend::Degrading);
  EXPECT_EQ(test({5, 4, 3, 2, 1}).trend, Trend::Improving);
  EXPECT_EQ(test({3, 1, 4, 1, 5, 9, 2, 6, 5, 3}).trend, Trend::Stable);
  EXPECT_EQ(test({2, 2, 2, 2, 2, 2, 2}).trend, Trend::Stable);
  EXPECT_EQ(test({2, 2, 2, 2, 2, 2, 2}).p_value, 1);
  // One outlier does not make a trend, as it would make a regression line.
  EXPECT_EQ(test({5, 6, 5, 6, 5, 6, 5, 60}).trend, Trend::Stable);
  // Drills that never came back are the worst, and equal.
  EXPECT_EQ(test({1, 2, 3, HUGE_VAL, HUGE_VAL, HUGE_VAL}).trend, Trend::Degrading);
}

}  // namespace
}  // namespace drill::test
