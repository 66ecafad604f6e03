#include "drill/trend.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <vector>

namespace drill {
namespace {

constexpr std::size_t kExactMax = 50;

/// Probabilities of the values 0, 1, 2 … of a statistic.
using Distribution = std::vector<double>;

Distribution sum_of(const Distribution& a, const Distribution& b) {
  Distribution out(a.size() + b.size() - 1, 0.0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) out[i + j] += a[i] * b[j];
  }
  return out;
}

/// In how many pairs one of `of` equal figures stands before one of `others`, all orders being as
/// likely: the last figure of the row is one of `of` or one of `others`.
Distribution mann_whitney(std::size_t others, std::size_t of) {
  std::vector<Distribution> row(of + 1, Distribution{1.0});  // for 0 others
  for (std::size_t m = 1; m <= others; ++m) {
    row[0] = {1.0};
    for (std::size_t t = 1; t <= of; ++t) {
      Distribution next(m * t + 1, 0.0);
      const double of_others = static_cast<double>(m) / static_cast<double>(m + t);
      for (std::size_t u = 0; u < row[t].size(); ++u) next[u + t] += of_others * row[t][u];
      for (std::size_t u = 0; u < row[t - 1].size(); ++u) {
        next[u] += (1 - of_others) * row[t - 1][u];
      }
      row[t] = std::move(next);
    }
  }
  return row[of];
}

/// P(|S| >= |s|) when every order of these figures is as likely. `ties`: how many are equal.
double exact_p(const std::map<double, std::size_t>& ties, std::int64_t s) {
  Distribution falling{1.0};  // pairs that fall
  std::size_t before = 0;
  for (const auto& [value, count] : ties) {
    if (before > 0) falling = sum_of(falling, mann_whitney(before, count));
    before += count;
  }
  const auto pairs = static_cast<std::int64_t>(falling.size()) - 1;
  double p = 0;
  for (std::size_t i = 0; i < falling.size(); ++i) {
    if (std::abs(pairs - 2 * static_cast<std::int64_t>(i)) >= std::abs(s)) p += falling[i];
  }
  return std::min(p, 1.0);
}

double normal_p(const std::map<double, std::size_t>& ties, std::size_t figures, std::int64_t s) {
  const auto spread = [](std::size_t count) {
    const auto n = static_cast<double>(count);
    return n * (n - 1) * (2 * n + 5) / 18;
  };
  double variance = spread(figures);
  for (const auto& [value, count] : ties) variance -= spread(count);
  if (variance <= 0 || s == 0) return 1;
  const double z = (static_cast<double>(std::abs(s)) - 1) / std::sqrt(variance);
  return std::erfc(z / std::sqrt(2.0));
}

}  // namespace

bool can_tell(std::size_t figures, double significance) {
  double p = 2;
  for (std::size_t n = 2; n <= figures && p > significance; ++n) p /= static_cast<double>(n);
  return p <= significance;
}

const char* name(Trend trend) {
  switch (trend) {
    case Trend::Stable: return "Stable";
    case Trend::Improving: return "Improving";
    case Trend::Degrading: return "Degrading";
  }
  return "?";
}

TrendTest mann_kendall(std::span<const double> figures, double significance) {
  TrendTest out;
  out.figures = figures.size();
  out.exact = figures.size() <= kExactMax;
  std::map<double, std::size_t> ties;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    ++ties[figures[i]];
    for (std::size_t j = i + 1; j < figures.size(); ++j) {
      out.s += figures[j] > figures[i] ? 1 : figures[j] < figures[i] ? -1 : 0;
    }
  }
  out.p_value = out.exact ? exact_p(ties, out.s) : normal_p(ties, figures.size(), out.s);
  out.enough = can_tell(figures.size(), significance);
  if (out.s != 0 && out.p_value <= significance) {
    out.trend = out.s > 0 ? Trend::Degrading : Trend::Improving;
  }
  return out;
}

}  // namespace drill
