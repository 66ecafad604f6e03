#include "alert/user_quota.h"

#include <limits>

#include <gtest/gtest.h>

namespace alert {
namespace {

UserUsage usage(double connections, double bytes, double cpu, double requests, double impact) {
  return {connections, bytes, cpu, requests, impact};
}

std::vector<Violated> only(Violation violation) {
  return {{violation, 2, 1}};
}

TEST(UserQuota, IsATwelfthOfTheWholeByDefault) {
  const UserQuota quota;
  EXPECT_TRUE(violations(quota, usage(2, 100e6, 8.33, 5, 2)).empty()) << "at the quota";
  const auto all = violations(quota, usage(3, 101e6, 8.34, 6, 2.1));
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0], (Violated{Violation::Memory, 101e6, 100e6}));
  EXPECT_EQ(all[1], (Violated{Violation::Cpu, 8.34, 8.33}));
  EXPECT_EQ(all[2], (Violated{Violation::DatabaseConnections, 3, 2}));
  EXPECT_EQ(all[3], (Violated{Violation::Concurrency, 6, 5}));
  EXPECT_EQ(all[4], (Violated{Violation::Impact, 2.1, 2}));
}

TEST(UserQuota, IsNotViolatedByWhatIsNotReported) {
  EXPECT_TRUE(violations({}, {}).empty());
  UserUsage odd;
  odd.cpu_percent = std::numeric_limits<double>::quiet_NaN();
  odd.memory_bytes = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(violations({}, odd).empty());
}

TEST(UserQuota, NothingIsDoneAboutNothing) {
  for (const Strategy strategy : {Strategy::FairShare, Strategy::Priority, Strategy::Adaptive}) {
    EXPECT_EQ(answer(strategy, {}, Rank::Low, 100), Answer{});
  }
}

TEST(UserQuota, ThrottlesByTheKindOfViolation) {
  const auto delay = [](const std::vector<Violated>& violated) {
    return answer(Strategy::FairShare, violated, Rank::Normal, 1).delay;
  };
  EXPECT_EQ(delay(only(Violation::Memory)), base::millis(1000));
  EXPECT_EQ(delay(only(Violation::Cpu)), base::millis(300));
  EXPECT_EQ(delay(only(Violation::DatabaseConnections)), base::millis(500));
  EXPECT_EQ(delay(only(Violation::Concurrency)), base::millis(500));
  EXPECT_EQ(delay({{Violation::Cpu, 2, 1}, {Violation::Concurrency, 2, 1}}), base::millis(500));
}

TEST(UserQuota, AnswersAsTheStrategySays) {
  struct Case {
    Strategy strategy;
    Violation violation;
    Rank rank;
    std::size_t in_a_row;
    Remedy remedy;
  };
  using enum Remedy;
  const Case cases[] = {
      {Strategy::FairShare, Violation::Cpu, Rank::Low, 100, Throttle},
      {Strategy::FairShare, Violation::Impact, Rank::High, 1, Queue},
      {Strategy::Priority, Violation::Cpu, Rank::High, 100, Throttle},
      {Strategy::Priority, Violation::Cpu, Rank::Normal, 1, Queue},
      {Strategy::Priority, Violation::Impact, Rank::Low, 1, Isolate},
      {Strategy::Adaptive, Violation::Cpu, Rank::Low, 1, Throttle},
      {Strategy::Adaptive, Violation::Cpu, Rank::Low, 3, Throttle},
      {Strategy::Adaptive, Violation::Cpu, Rank::High, 4, Queue},
      {Strategy::Adaptive, Violation::Cpu, Rank::High, 6, Queue},
      {Strategy::Adaptive, Violation::Cpu, Rank::High, 7, Isolate},
      {Strategy::Adaptive, Violation::Impact, Rank::High, 1, Queue},
      {Strategy::Adaptive, Violation::Impact, Rank::High, 7, Isolate},
  };
  int row = 0;
  for (const Case& test : cases) {
    SCOPED_TRACE(row++);
    const Answer given = answer(test.strategy, only(test.violation), test.rank, test.in_a_row);
    EXPECT_STREQ(name(given.remedy), name(test.remedy));
    EXPECT_EQ(given.delay.count() > 0, test.remedy == Throttle);
  }
}

}  // namespace
}  // namespace alert
