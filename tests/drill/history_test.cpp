#include "drill/history.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace drill::test {
namespace {

TEST(ClopperPearson, KnownValues) {
  // n of n: 0.05^(1/n). Others: R, binom.test(k, n, alternative = "greater")$conf.int[1].
  EXPECT_NEAR(clopper_pearson_lower(59, 59), 0.95, 0.0005);
  EXPECT_NEAR(clopper_pearson_lower(299, 299), 0.99, 0.0001);
  EXPECT_NEAR(clopper_pearson_lower(1, 1), 0.05, 1e-12);
  EXPECT_NEAR(clopper_pearson_lower(9, 10), 0.6058367, 1e-6);
  EXPECT_NEAR(clopper_pearson_lower(5, 10), 0.2224411, 1e-6);
  EXPECT_NEAR(clopper_pearson_lower(1, 10), 0.0051162, 1e-6);
  EXPECT_EQ(clopper_pearson_lower(0, 10), 0);
  EXPECT_EQ(clopper_pearson_lower(0, 0), 0);
}

TEST(ClopperPearson, CoversTheTruth) {
  // At the bound, k or more successes have probability 5 %: a second road to the same number.
  for (const auto& [k, n] : {std::pair{3, 7}, std::pair{40, 50}, std::pair{18, 20}}) {
    const double p =
        clopper_pearson_lower(static_cast<std::uint64_t>(k), static_cast<std::uint64_t>(n));
    double below = 0;
    double term = std::pow(1 - p, n);
    for (int i = 0; i < k; ++i) {
      below += term;
      term *= static_cast<double>(n - i) / (i + 1) * p / (1 - p);
    }
    EXPECT_NEAR(1 - below, 0.05, 1e-6) << k << " of " << n;
  }
}

PastDrill drill(Verdict verdict, std::optional<Duration> rto) {
  PastDrill out;
  out.rto_verdict = verdict;
  out.rto = rto;
  out.rpo_verdict = Verdict::Met;
  out.rpo = Duration::zero();
  return out;
}

TEST(History, InconclusiveAndInvalidAreNotMet) {
  using base::seconds;
  const std::vector<PastDrill> drills = {
      drill(Verdict::Met, seconds(10)), drill(Verdict::Met, seconds(20)),
      drill(Verdict::Inconclusive, seconds(30)), drill(Verdict::Invalid, seconds(99))};
  const HistorySummary summary = summarise(drills);
  EXPECT_EQ(summary.rto.met, 2U);
  EXPECT_EQ(summary.rto.of, 4U);
  EXPECT_DOUBLE_EQ(summary.rto.ratio, 0.5);
  EXPECT_NEAR(summary.rto.lower_bound, 0.0976, 0.0001);
  EXPECT_EQ(summary.rto.mean, seconds(20)) << "of valid drills";
  EXPECT_EQ(summary.rto.worst, seconds(30));
  EXPECT_DOUBLE_EQ(summary.rpo.ratio, 1);
}

TEST(History, ADrillWithoutTheObjectiveCountsForNothing) {
  std::vector<PastDrill> drills(3, drill(Verdict::Met, base::seconds(10)));
  drills[1].rpo_verdict.reset();
  const HistorySummary summary = summarise(drills);
  EXPECT_EQ(summary.rto.of, 3U);
  EXPECT_EQ(summary.rpo.of, 2U);
  EXPECT_DOUBLE_EQ(summary.rpo.ratio, 1);
}

TEST(History, ADrillThatNeverCameBackIsTheWorst) {
  const std::vector<PastDrill> drills = {drill(Verdict::Met, base::seconds(10)),
                                         drill(Verdict::Missed, std::nullopt)};
  const HistorySummary summary = summarise(drills);
  EXPECT_TRUE(summary.rto.never_back);
  EXPECT_EQ(summary.rto.worst, std::nullopt);
  EXPECT_EQ(summary.rto.mean, base::seconds(10));
}

}  // namespace
}  // namespace drill::test
