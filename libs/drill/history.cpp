// Ratios, their bounds, means and trends over many drills.
#include "drill/history.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace drill {
namespace {

/// P(X >= met) for X ~ Binomial(of, p), summed in logarithms.
double tail(std::uint64_t met, std::uint64_t of, double p) {
  const double n = static_cast<double>(of);
  double sum = 0;
  for (std::uint64_t i = met; i <= of; ++i) {
    const double k = static_cast<double>(i);
    const double choose = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
    const double rest = i == of ? 0.0 : (n - k) * std::log1p(-p);
    sum += std::exp(choose + k * std::log(p) + rest);
  }
  return sum;
}

/// Which objective of a past drill is looked at.
struct Objective {
  std::optional<Verdict> PastDrill::* verdict;
  std::optional<Duration> PastDrill::* upper;
  bool PastDrill::* measured;
};

ObjectiveHistory history_of(std::span<const PastDrill> drills, Objective objective) {
  ObjectiveHistory out;
  std::vector<double> values;
  Duration sum{};
  for (const PastDrill& drill : drills) {
    if (!(drill.*objective.verdict)) continue;
    ++out.of;
    out.met += drill.*objective.verdict == Verdict::Met;
    if (drill.*objective.verdict == Verdict::Invalid || !(drill.*objective.measured)) continue;
    const std::optional<Duration>& upper = drill.*objective.upper;
    if (!upper) {
      out.never_back = true;
      values.push_back(HUGE_VAL);
      continue;
    }
    sum += *upper;
    out.worst = std::max(out.worst.value_or(Duration::zero()), *upper);
    values.push_back(base::to_seconds(*upper));
  }
  const auto finite = std::count_if(values.begin(), values.end(),
                                    [](double value) { return std::isfinite(value); });
  if (finite > 0) out.mean = sum / finite;
  if (out.never_back) out.worst.reset();
  if (out.of > 0) out.ratio = static_cast<double>(out.met) / static_cast<double>(out.of);
  out.lower_bound = clopper_pearson_lower(out.met, out.of);
  out.trend = mann_kendall(values).trend;
  return out;
}

}  // namespace

double clopper_pearson_lower(std::uint64_t met, std::uint64_t of, double confidence) {
  if (met == 0 || of == 0 || met > of) return 0;
  const double alpha = 1 - confidence;
  if (met == of) return std::pow(alpha, 1.0 / static_cast<double>(of));
  double low = 0;
  double high = static_cast<double>(met) / static_cast<double>(of);
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (tail(met, of, middle) < alpha ? low : high) = middle;
  }
  return low;
}

HistorySummary summarise(std::span<const PastDrill> drills) {
  HistorySummary out;
  out.drills = drills.size();
  out.rto =
      history_of(drills, {&PastDrill::rto_verdict, &PastDrill::rto, &PastDrill::rto_measured});
  out.rpo =
      history_of(drills, {&PastDrill::rpo_verdict, &PastDrill::rpo, &PastDrill::rpo_measured});
  return out;
}

}  // namespace drill
