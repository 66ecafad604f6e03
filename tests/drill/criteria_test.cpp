#include "drill/criteria.h"

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill::test {
namespace {

using base::millis;

/// `count` operations, the k-th (from 1) taking k milliseconds, one every 10 ms.
Evidence load(int count) {
  Evidence evidence;
  evidence.load_operations = {"read", "heavy"};
  for (int k = 1; k <= count; ++k) {
    LoadSample sample;
    sample.operation = static_cast<std::uint16_t>(k % 2);
    sample.user = static_cast<std::uint16_t>(k % 6);
    sample.ok = true;
    sample.intended = due(k - 1);
    sample.completed = sample.intended + millis(k);
    sample.service_time = millis(k) / 2;
    evidence.load.push_back(sample);
  }
  return evidence;
}

const CriteriaWindow kAll{"validation", due(0), due(1000)};

CriterionResult judged(const Evidence& evidence, Criterion criterion,
                       const CriteriaWindow& window = kAll, CriteriaInputs inputs = {}) {
  return judge(criterion, window, evidence, inputs);
}

TEST(Criteria, EachMetricByItsKind) {
  const Evidence evidence = load(100);
  struct Case {
    Criterion criterion;
    double measured;
    Verdict verdict;
  };
  const Case cases[] = {
      {{"ApiResponseMillis", 95, true, Statistic::P95, ""}, 95, Verdict::Met},
      {{"ApiResponseMillis", 94.9, true, Statistic::P95, ""}, 95, Verdict::Missed},
      {{"ApiResponseMillis", 60, true, Statistic::Mean, ""}, 50.5, Verdict::Met},
      {{"ApiResponseMillis", 60, true, Statistic::Max, ""}, 100, Verdict::Missed},
      {{"ApiResponseMillis", 60, true, Statistic::P50, "read"}, 50, Verdict::Met},
      {{"QueryMillis", 400, true, Statistic::P99, ""}, 49.5, Verdict::Met},
      {{"Users", 6, false, Statistic::P95, ""}, 6, Verdict::Met},
      {{"Users", 7, false, Statistic::P95, ""}, 6, Verdict::Missed},
      {{"ErrorPercent", 1, true, Statistic::P95, ""}, 0, Verdict::Met},
  };
  for (const Case& c : cases) {
    const CriterionResult result = judged(evidence, c.criterion);
    ASSERT_TRUE(result.measured.has_value()) << c.criterion.metric;
    EXPECT_DOUBLE_EQ(*result.measured, c.measured) << c.criterion.metric;
    EXPECT_EQ(result.verdict, c.verdict) << c.criterion.metric << " " << c.criterion.target;
  }
}

TEST(Criteria, WhatWasNotMeasuredIsMissed) {
  const Evidence evidence = load(100);
  for (const char* metric : {"RenderMillis", "RequestsPerSecond", "SatisfactionPercent",
                             "ConsistencyPercent", "NoSuchMetric"}) {
    const Evidence none;
    const CriterionResult result = judged(none, {metric, 0, false, Statistic::P95, ""});
    EXPECT_EQ(result.verdict, Verdict::Missed) << metric;
    EXPECT_TRUE(result.reason.starts_with("NotMeasured")) << metric;
  }
  const CriterionResult never =
      judged(evidence, {"ApiResponseMillis", 1e9, true, {}, ""}, {"degraded", kNever, kNever});
  EXPECT_EQ(never.verdict, Verdict::Missed);
  EXPECT_EQ(never.reason, "NotMeasured: the window never came");
}

TEST(Criteria, OfOneOperationOnly) {
  Evidence evidence = load(100);  // odd ones are heavy
  const auto of = [&](const char* metric, const char* operation) {
    return judged(evidence, {metric, 1e9, true, Statistic::Max, operation});
  };
  EXPECT_DOUBLE_EQ(*of("QueryMillis", "heavy").measured, 49.5);
  EXPECT_DOUBLE_EQ(*of("QueryMillis", "read").measured, 50);
  EXPECT_EQ(of("QueryMillis", "heavy").samples, 50U);
  EXPECT_EQ(label(of("QueryMillis", "heavy")), "QueryMillis of heavy");
  EXPECT_EQ(of("QueryMillis", "write").reason, "NotMeasured: no sample");
  // What the capacity stream reads says nothing of one operation.
  evidence.streams = {stream(StreamKind::Capacity)};
  evidence.records = records(times(900, 'o'));
  EXPECT_DOUBLE_EQ(*of("RequestsPerSecond", "heavy").measured, 5);
}

TEST(Criteria, OnlyTheWindowCounts) {
  const CriterionResult result =
      judged(load(100), {"ApiResponseMillis", 20, true, Statistic::Max, ""},
             {"degraded", due(0), due(20)});
  EXPECT_EQ(result.samples, 20U);
  EXPECT_DOUBLE_EQ(*result.measured, 20);
}

TEST(Criteria, FailuresAreErrorsAndNotLatencies) {
  Evidence evidence = load(100);
  for (std::size_t i = 90; i < 100; ++i) evidence.load[i].ok = false;
  EXPECT_DOUBLE_EQ(*judged(evidence, {"ErrorPercent", 2, true, {}, ""}).measured, 10);
  EXPECT_DOUBLE_EQ(*judged(evidence, {"ApiResponseMillis", 2, true, Statistic::Max, ""}).measured,
                   90);
}

TEST(Criteria, SatisfactionIsApdex) {
  CriteriaInputs inputs;
  inputs.apdex_target = millis(20);
  Evidence evidence = load(100);  // 20 satisfied, 60 tolerating (to 80 ms), 20 frustrated
  const Criterion criterion{"SatisfactionPercent", 50, false, {}, ""};
  EXPECT_DOUBLE_EQ(*judged(evidence, criterion, kAll, inputs).measured, 50);
  for (std::size_t i = 0; i < 10; ++i) evidence.load[i].ok = false;
  EXPECT_DOUBLE_EQ(*judged(evidence, criterion, kAll, inputs).measured, 40);
}

TEST(Criteria, ThroughputIsTheBestHeldRateOfTheCapacityStream) {
  Evidence evidence;
  evidence.streams = {stream(StreamKind::Capacity)};
  // 100 good per second for six seconds, then late ones.
  evidence.records = records(times(600, 'o') + times(300, 'l'));
  const CriterionResult result =
      judged(evidence, {"RequestsPerSecond", 99, false, {}, ""}, {"validation", due(0), due(900)});
  EXPECT_NEAR(*result.measured, 100, 0.5);
  EXPECT_EQ(result.verdict, Verdict::Met);
  EXPECT_EQ(
      judged(evidence, {"RequestsPerSecond", 110, false, {}, ""}, {"validation", due(0), due(900)})
          .verdict,
      Verdict::Missed);
}

TEST(Criteria, ThroughputWithoutACapacityStreamIsTheUsersOwn) {
  const CriterionResult result = judged(load(100), {"RequestsPerSecond", 10, false, {}, ""});
  EXPECT_DOUBLE_EQ(*result.measured, 10);  // 100 operations in 10 s
  EXPECT_NE(result.reason.find("the users' own rate"), std::string::npos);
}

TEST(Criteria, ConsistencyComesFromTheLedger) {
  CriteriaInputs inputs;
  inputs.consistency_percent = 99.95;
  inputs.consistency_of = 2000;
  const auto verdict = [&](double target) {
    return judged({}, {"ConsistencyPercent", target, false, {}, ""}, kAll, inputs).verdict;
  };
  EXPECT_EQ(verdict(99.9), Verdict::Met);
  EXPECT_EQ(verdict(100), Verdict::Missed);
}

TEST(Criteria, SessionsAndFeaturesComeFromTheirRecords) {
  Evidence evidence;
  evidence.streams = {stream(StreamKind::Session, 1), stream(StreamKind::Feature, 2),
                      stream(StreamKind::Feature, 3)};
  evidence.fault_begun = due(10);
  const auto add = [&](std::int64_t index, std::uint16_t id, char letter, std::int64_t value) {
    evidence.records.push_back(operation(letter, index, StreamId(id)));
    evidence.records.back().value = value;
  };
  for (const std::int64_t session : {0, 1, 2, 3}) {
    add(session, 1, 'o', session);
    add(20 + session, 1, session == 0 ? 'x' : 'o', session);
  }
  add(20, 2, 'o', -1);
  add(20, 3, 'x', -1);
  const CriteriaWindow window{"validation", due(20), due(30)};
  const CriterionResult sessions =
      judged(evidence, {"SessionContinuityPercent", 75, false, {}, ""}, window);
  EXPECT_EQ(sessions.measured, 75.0);
  EXPECT_EQ(sessions.samples, 4U);
  EXPECT_EQ(sessions.verdict, Verdict::Met);
  EXPECT_EQ(sessions.statistic, "") << "there is no statistic of a share";
  const CriterionResult features = judged(evidence, {"FeaturePercent", 51, false, {}, ""}, window);
  EXPECT_EQ(features.measured, 50.0);
  EXPECT_EQ(features.verdict, Verdict::Missed);
  const CriterionResult none = judged({}, {"FeaturePercent", 1, false, {}, ""}, window);
  EXPECT_EQ(none.verdict, Verdict::Missed);
  EXPECT_TRUE(none.reason.starts_with("NotMeasured")) << none.reason;
}

/// Ten operations of `before` ms in the baseline, ten of `now` ms in the window.
CriterionResult recovered(int before, int now, Duration t = {}, const char* operation = "") {
  Evidence evidence;
  evidence.load_operations = {"read", "heavy"};
  evidence.phase_began[Phase::Baseline] = due(0);
  evidence.fault_begun = due(100);
  for (int k = 0; k < 20; ++k) {
    LoadSample sample;
    sample.operation = static_cast<std::uint16_t>(k % 2);
    sample.ok = true;
    sample.intended = due(k < 10 ? k : 200 + k);
    sample.completed = sample.intended + millis(k < 10 ? before : now) * (1 + k % 2);
    evidence.load.push_back(sample);
  }
  evidence.load.push_back({});  // between the two: it counts in neither
  evidence.load.back().ok = true;
  evidence.load.back().intended = due(150);
  evidence.load.back().completed = due(1000);
  CriteriaInputs inputs;
  inputs.apdex_target = t;
  return judged(evidence, {"PerformanceRecoveryPercent", 80, false, Statistic::Max, operation},
                {"validation", due(200), due(300)}, inputs);
}

TEST(Criteria, PerformanceRecoveryIsTheTimeBeforeOverTheTimeNow) {
  EXPECT_DOUBLE_EQ(*recovered(10, 20).measured, 50);
  EXPECT_EQ(recovered(10, 20).verdict, Verdict::Missed);
  EXPECT_DOUBLE_EQ(*recovered(10, 10).measured, 100);
  EXPECT_DOUBLE_EQ(*recovered(20, 10).measured, 100) << "faster than before is no more than back";
  EXPECT_DOUBLE_EQ(*recovered(10, 20, {}, "heavy").measured, 50);
  EXPECT_EQ(recovered(10, 20, {}, "heavy").samples, 5U);
  EXPECT_EQ(recovered(10, 20).samples, 10U);
  EXPECT_EQ(recovered(10, 20).statistic, "Max");
  EXPECT_NE(recovered(10, 20).reason.find("20 ms before the fault, 40 ms now"), std::string::npos)
      << recovered(10, 20).reason;
}

TEST(Criteria, PerformanceBelowATenthOfTIsNotFelt) {
  EXPECT_DOUBLE_EQ(*recovered(1, 10, millis(200)).measured, 100);
  EXPECT_DOUBLE_EQ(*recovered(1, 20, millis(200)).measured, 50) << "20 ms over 40 ms";
  EXPECT_DOUBLE_EQ(*recovered(1, 10).measured, 10) << "without T every difference counts";
}

TEST(Criteria, PerformanceWithoutABaselineIsNotMeasured) {
  Evidence evidence = load(10);
  evidence.fault_begun = due(500);
  const Criterion criterion{"PerformanceRecoveryPercent", 1, false, Statistic::P95, ""};
  EXPECT_EQ(judged(evidence, criterion).verdict, Verdict::Missed);
  evidence.phase_began[Phase::Baseline] = due(400);
  EXPECT_FALSE(judged(evidence, criterion).measured.has_value()) << "nothing worked in it";
}

TEST(Statistic, NearestRank) {
  std::vector<double> twenty;
  for (int i = 1; i <= 20; ++i) twenty.push_back(i);
  EXPECT_EQ(statistic_of(twenty, Statistic::P95), 19);
  EXPECT_EQ(statistic_of(twenty, Statistic::P99), 20);
  EXPECT_EQ(statistic_of(twenty, Statistic::P50), 10);
  std::vector<double> one = {7};
  EXPECT_EQ(statistic_of(one, Statistic::P50), 7);
  std::vector<double> none;
  EXPECT_EQ(statistic_of(none, Statistic::Mean), std::nullopt);
}

}  // namespace
}  // namespace drill::test
