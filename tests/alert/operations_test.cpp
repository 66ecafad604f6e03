#include "alert/operations.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}

Operation query(std::string_view name, std::int64_t millis, bool succeeded = true) {
  return {OperationKind::Query, name, base::millis(millis), succeeded, 10};
}

TEST(Operations, HaveTheThresholdsOfTheRequirements) {
  const std::pair<const char*, std::int64_t> rows[] = {{"query", 500},
                                                       {"bulk", 5000},
                                                       {"encryption", 100},
                                                       {"decryption", 50},
                                                       {"real_time_update", 200},
                                                       {"concurrent_user", 1000},
                                                       {"database_query", 200},
                                                       {"api_endpoint", 500}};
  const OperationThresholds all = default_operation_thresholds();
  for (const auto& [text, millis] : rows) {
    const auto kind = operation_kind(text);
    ASSERT_TRUE(kind) << text;
    EXPECT_STREQ(name(*kind), text);
    EXPECT_EQ(all[static_cast<std::size_t>(*kind)], base::millis(millis)) << text;
  }
  EXPECT_FALSE(operation_kind("other"));
}

TEST(Operations, AreCountedByKindAndLabel) {
  Operations operations;
  operations.add(query("orders.list", 10), at(0));
  operations.add(query("orders.list", 30, false), at(1));
  operations.add(query("orders.7.get", 5), at(2));
  operations.add(query("orders.8.get", 5), at(3));
  operations.add({OperationKind::Bulk, "orders.list", base::millis(9), true, 1}, at(4));
  const auto figures = operations.figures();
  ASSERT_EQ(figures.size(), 3u);
  EXPECT_EQ(figures[0].label, "orders.list");
  EXPECT_EQ(figures[0].durations.count, 2u);
  EXPECT_EQ(figures[0].durations.mean, 20);
  EXPECT_EQ(figures[0].durations.p99, 30);
  EXPECT_EQ(figures[0].failed, 1u);
  EXPECT_EQ(figures[0].success_rate, 0.5);
  EXPECT_EQ(figures[0].size, 20u);
  EXPECT_EQ(figures[1].label, "orders.{id}.get");
  EXPECT_EQ(figures[1].durations.count, 2u);
  EXPECT_EQ(figures[2].kind, OperationKind::Bulk);
}

TEST(Operations, AreJudgedByOtherThresholdsFromWhenTheyAreSet) {
  Operations operations(default_operation_thresholds(), 100, base::seconds(10));
  EXPECT_FALSE(operations.add(query("a", 100), at(0)));
  OperationThresholds lower = default_operation_thresholds();
  lower[static_cast<std::size_t>(OperationKind::Query)] = base::millis(40);
  operations.set(lower);
  const auto told = operations.add(query("a", 100), at(1));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->notice, (Notice{false, Severity::Medium}));
  EXPECT_EQ(told->threshold, base::millis(40));
  EXPECT_FALSE(operations.add(query("a", 100), at(10))) << "told nine seconds ago";
  EXPECT_TRUE(operations.add(query("a", 100), at(11))) << "the cool-down is over";
}

TEST(Operations, ThatTakeTooLongAlertByTheirRatio) {
  Operations operations;
  EXPECT_FALSE(operations.add(query("a", 500), at(0)));
  const auto low = operations.add(query("a", 501), at(1));
  ASSERT_TRUE(low);
  EXPECT_EQ(low->notice, (Notice{false, Severity::Low}));
  EXPECT_EQ(low->label, "a");
  EXPECT_EQ(low->duration, base::millis(501));
  EXPECT_EQ(low->threshold, base::millis(500));
  EXPECT_FALSE(operations.add(query("a", 700), at(2))) << "in the cool-down of its severity";
  const auto critical = operations.add(query("a", 2501), at(3));
  ASSERT_TRUE(critical);
  EXPECT_EQ(critical->notice.severity, Severity::Critical);
  EXPECT_TRUE(operations.add(query("b", 1501), at(3))) << "another name, another alert";
}

TEST(Operations, EndAlertsAfterAMinuteWithoutABreach) {
  Operations operations;
  operations.add(query("a", 900), at(0));
  EXPECT_FALSE(operations.add(query("a", 1), at(1)));
  EXPECT_FALSE(operations.add(query("a", 1), at(60)));
  EXPECT_EQ(operations.figures()[0].phase, Phase::Firing);
  const auto ended = operations.add(query("a", 1), at(61));
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->notice.resolved);
}

TEST(Operations, BeyondTheBoundOfNamesAreOther) {
  Operations operations(default_operation_thresholds(), 5);
  base::Random random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (int c = 0; c < 5; ++c) text += static_cast<char>('g' + random.below(20));
    const auto kind = static_cast<OperationKind>(random.below(kOperationKinds));
    operations.add({kind, text, base::millis(1), true, 0}, at(i));
  }
  const auto figures = operations.figures();
  EXPECT_EQ(figures.size(), 5u + kOperationKinds);
  std::uint64_t all = 0, other = 0;
  for (const OperationFigures& one : figures) {
    all += one.durations.total;
    if (one.label == "other") other += one.durations.total;
  }
  EXPECT_EQ(all, 3000u);
  EXPECT_GT(other, 2900u);
}

TEST(Operations, WithADurationBelowNothingAreNotCounted) {
  Operations operations;
  EXPECT_FALSE(operations.add(query("a", -1), at(0)));
  EXPECT_TRUE(operations.figures().empty());
}

}  // namespace
}  // namespace alert
