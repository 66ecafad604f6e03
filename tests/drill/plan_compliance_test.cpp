#include "drill/plan_compliance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drill/recommend.h"

namespace drill::test {
namespace {

using base::seconds;
using ::testing::HasSubstr;

constexpr Duration kDay = seconds(86'400);
const WallTime kNow = WallTime(seconds(1'800'000'000));

ObjectiveSummary objective(Verdict verdict, Duration lower, std::optional<Duration> upper) {
  return {seconds(300), Bounds{lower, upper}, Bounds{lower, upper}, verdict};
}

/// A drill `days` ago whose RTO came out so; its RPO was met.
Summary drill(std::int64_t days, Verdict rto = Verdict::Met, Duration lower = seconds(10),
              std::optional<Duration> upper = seconds(12)) {
  Summary row;
  row.drill_id = "failover-" + std::to_string(1000 - days);
  row.plan = "failover";
  row.profile = "quick";
  row.spec_digest = "a";
  row.started = kNow - kDay * days;
  row.verdict = rto;
  row.rto = objective(rto, lower, upper);
  row.rpo = objective(Verdict::Met, Duration::zero(), seconds(1));
  row.rpo.objective = seconds(60);
  return row;
}

TEST(PlanCompliance, AFreshDrillThatMetBothIsEnough) {
  const std::vector<Summary> drills = {drill(3)};
  const PlanCompliance plan = assess_history(drills, 90, kNow);
  EXPECT_TRUE(plan.compliant()) << plan.reasons.front();
  EXPECT_EQ(plan.last_tested, kNow - kDay * 3);
  EXPECT_EQ(plan.age, kDay * 3);
  EXPECT_NEAR(plan.rto.lower_bound, 0.05, 1e-12) << "one of one says little";
  EXPECT_EQ(plan.rto.mean, (Bounds{seconds(10), seconds(12)}));
}

TEST(PlanCompliance, EvidenceGetsStaleToTheDay) {
  const std::vector<Summary> drills = {drill(90)};
  EXPECT_TRUE(assess_history(drills, 90, kNow).compliant());
  const PlanCompliance plan = assess_history(drills, 90, kNow + Duration(1));
  EXPECT_TRUE(plan.stale);
  ASSERT_EQ(plan.reasons.size(), 1U);
  EXPECT_THAT(plan.reasons.front(), HasSubstr("90 days old"));
}

TEST(PlanCompliance, WhatDecidedNothingDoesNotRenewTheEvidence) {
  const std::vector<Summary> drills = {drill(100), drill(5, Verdict::Inconclusive),
                                       drill(4, Verdict::Invalid)};
  const PlanCompliance plan = assess_history(drills, 90, kNow);
  EXPECT_TRUE(plan.stale);
  EXPECT_EQ(plan.last_tested_by, "failover-900");
  EXPECT_EQ(plan.rto.met, 1U);
  EXPECT_EQ(plan.rto.inconclusive, 1U);
  EXPECT_EQ(plan.rto.invalid, 1U);
  EXPECT_EQ(plan.rto.of, 3U);
  EXPECT_EQ(plan.rto.mean, (Bounds{seconds(10), seconds(12)}))
      << "the invalid one measured nothing";
}

TEST(PlanCompliance, TheLastMissCountsUntilADrillMeetsItAgain) {
  std::vector<Summary> drills = {drill(9), drill(5, Verdict::Missed, seconds(400), std::nullopt)};
  PlanCompliance plan = assess_history(drills, 90, kNow);
  EXPECT_TRUE(plan.missed);
  EXPECT_FALSE(plan.stale);
  EXPECT_THAT(plan.reasons.front(), HasSubstr("RTO of 5 min 00 s was missed"));
  EXPECT_EQ(plan.rto.worst, (Bounds{seconds(400), std::nullopt}));
  EXPECT_EQ(plan.rto.mean, (Bounds{seconds(205), std::nullopt})) << "its end is not known";
  drills.push_back(drill(1));
  plan = assess_history(drills, 90, kNow);
  EXPECT_TRUE(plan.compliant());
  EXPECT_EQ(plan.rto.missed, 1U) << "and the ratio remembers it";
}

TEST(PlanCompliance, WithoutAnRpoTheRtoAloneDecides) {
  std::vector<Summary> drills = {drill(9), drill(5)};
  for (Summary& row : drills) row.rpo = {};
  PlanCompliance plan = assess_history(drills, 90, kNow);
  EXPECT_TRUE(plan.compliant()) << plan.reasons.front();
  EXPECT_EQ(plan.last_tested_by, "failover-995");
  EXPECT_EQ(plan.rto.met, 2U);
  EXPECT_EQ(plan.rpo.objective, std::nullopt);
  EXPECT_EQ(plan.rpo.of, 0U);
  EXPECT_EQ(plan.rpo.inconclusive, 0U);
  drills.back().rto.verdict = Verdict::Missed;
  EXPECT_FALSE(assess_history(drills, 90, kNow).compliant());
  for (Summary& row : drills) row.rto.verdict = Verdict::Inconclusive;
  plan = assess_history(drills, 90, kNow);
  ASSERT_FALSE(plan.reasons.empty());
  EXPECT_EQ(plan.reasons.front(),
            "none of 2 drills decided whether the objectives are met: there is no evidence");
}

TEST(PlanCompliance, WhatAnAbortedDrillLacksIsNoViolation) {
  std::vector<Summary> drills = {drill(9), drill(5, Verdict::Invalid)};
  for (Summary& row : drills) row.violations = {{"RTO", "high", "late"}};
  drills[1].ending = Ending::Aborted;
  const PlanCompliance plan = assess_history(drills, 90, kNow);
  ASSERT_EQ(plan.violations.size(), 1U);
  EXPECT_EQ(plan.violations[0].drill_id, drills[0].drill_id);
}

TEST(PlanCompliance, NothingIsProvenWithoutADrill) {
  const PlanCompliance plan = assess_history({}, 90, kNow);
  EXPECT_FALSE(plan.compliant());
  EXPECT_EQ(plan.rto.ratio, 0);
  EXPECT_THAT(plan.reasons.front(), HasSubstr("there is no evidence"));
}

TEST(PlanCompliance, OnlyComparableDrillsCount) {
  std::vector<Summary> drills = {drill(9), drill(8), drill(7), drill(6)};
  drills[0].spec_digest = "older";
  drills[1].spec_digest.clear();
  drills[3].spec_digest = "b";
  drills[3].overrides = "spec.objectives.rtoSeconds=1";
  drills[3].rto.verdict = Verdict::Missed;
  const PlanCompliance plan = assess_history(drills, 90, kNow);
  EXPECT_EQ(plan.drills.size(), 1U);
  EXPECT_EQ(plan.left_out, 3U);
  EXPECT_TRUE(plan.compliant()) << "an override tries something, it does not replace the plan";
  EXPECT_EQ(plan.spec_digest, "a");
}

TEST(PlanCompliance, HasTheRatiosOfTheReportsAndMetrics) {
  std::vector<Summary> drills;
  std::vector<PastDrill> past;
  for (std::int64_t day = 60; day > 0; --day) {
    drills.push_back(drill(day, day % 7 == 0 ? Verdict::Missed : Verdict::Met));
    past.push_back(past_drill(drills.back()));
  }
  const PlanCompliance plan = assess_history(drills, 90, kNow);
  const HistorySummary summary = summarise(past);
  EXPECT_EQ(plan.rto.ratio, summary.rto.ratio);
  EXPECT_EQ(plan.rto.lower_bound, summary.rto.lower_bound);
  EXPECT_EQ(plan.rto.trend.trend, summary.rto.trend);
  EXPECT_EQ(plan.rpo.lower_bound, summary.rpo.lower_bound);
  EXPECT_EQ(plan.rto.met + plan.rto.missed, plan.rto.of);
}

TEST(PlanCompliance, ListsViolationsNewestFirst) {
  std::vector<Summary> drills = {drill(2), drill(9)};
  drills[0].violations = {{"RTO", "critical", "late"}, {"phase a", "low", "slow"}};
  drills[1].violations = {{"phase a", "low", "slower"}};
  const PlanCompliance plan = assess_history(drills, 90, kNow);
  ASSERT_EQ(plan.violations.size(), 3U);
  EXPECT_EQ(plan.violations[0].violation.severity, "critical");
  EXPECT_EQ(plan.violations[2].drill_id, "failover-991");
}

TEST(HistoryAdvice, OneMissIsNoneAndTwoAreHigh) {
  std::vector<Summary> drills = {drill(9, Verdict::Missed, seconds(450), seconds(460)), drill(8)};
  EXPECT_TRUE(assess_history(drills, 90, kNow).recommendations.empty());
  drills.push_back(drill(7, Verdict::Missed, seconds(310), seconds(320)));
  const auto advice = assess_history(drills, 90, kNow).recommendations;
  ASSERT_EQ(advice.size(), 1U);
  EXPECT_EQ(advice[0].priority, "high");
  EXPECT_EQ(advice[0].metric, "RTO");
  EXPECT_EQ(advice[0].measured, 450) << "the surest worst one";
  EXPECT_EQ(advice[0].target, 300);
  EXPECT_THAT(advice[0].text, HasSubstr("2 of 3 drills, by 50 % at worst"));
  EXPECT_FALSE(advice[0].steps.empty());
}

TEST(HistoryAdvice, GrowthAndRepeatedViolationsAreNamed) {
  std::vector<Summary> drills;
  for (std::int64_t i = 0; i < 6; ++i) {
    drills.push_back(drill(20 - i, Verdict::Met, seconds(10 + i), seconds(11 + i)));
  }
  drills[2].violations = drills[5].violations = {{"QueryMillis (degraded)", "high", "600"}};
  drills[3].violations = drills[4].violations = {{"phase gone", "low", "not in the last one"}};
  const auto advice = assess_history(drills, 90, kNow).recommendations;
  ASSERT_EQ(advice.size(), 2U);
  EXPECT_EQ(advice[0].metric, "QueryMillis (degraded)");
  EXPECT_EQ(advice[0].priority, "high");
  EXPECT_EQ(advice[0].steps, steps_for("QueryMillis"));
  EXPECT_EQ(advice[1].metric, "RTO");
  EXPECT_EQ(advice[1].priority, "medium");
  EXPECT_THAT(advice[1].text, HasSubstr("grows"));
}

TEST(Advice, DeviationsAreMediumBeyondTwentyAndHighBeyondFiftyPercent) {
  const RecommendationRules rules;
  EXPECT_EQ(priority_of((0.36 - 0.3) / 0.3, rules), std::nullopt) << "20 %, but for rounding";
  EXPECT_EQ(priority_of(0.2001, rules), "medium");
  EXPECT_EQ(priority_of(0.5, rules), "medium");
  EXPECT_EQ(priority_of(0.5001, rules), "high");
  EXPECT_EQ(rules.automate_failover_beyond, seconds(300));
  EXPECT_EQ(rules.replicate_synchronously_beyond, seconds(60));
}

}  // namespace
}  // namespace drill::test
