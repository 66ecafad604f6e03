// Whole drills of a cluster in virtual time whose operator, runner or guardian dies, or stands
// still, before or after a write that is drawn (tests/operator/simulated).
// bench/operator_crash_points makes as many as one has time for. One of them, event by event:
//   build/default/tests/operator/test_operator --run=Failover:17:42:after
#include <gtest/gtest.h>

#include "simulated/operator_world.h"

namespace op {
namespace {

std::string text_of(const RunOptions& options, const RunResult& result) {
  std::string out = to_string(options);
  for (const std::string& each : result.violations) out += "\n  " + each;
  return out;
}

TEST(OperatorCrashPoints, WithoutACrashEachScenarioEndsAsItShould) {
  for (const Scenario scenario : kScenarios) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const RunOptions options{scenario, seed, {}, false};
      const RunResult result = run_drills(options);
      EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
      EXPECT_GE(result.drills, 1) << name(scenario);
    }
  }
}

TEST(OperatorCrashPoints, FaultsAreInjectedWhereNothingInterferes) {
  EXPECT_EQ(run_drills({Scenario::Failover, 2, {}, false}).faults, 4);
  EXPECT_EQ(run_drills({Scenario::Observed, 2, {}, false}).faults, 2);
}

TEST(OperatorCrashPoints, ARunIsAFunctionOfItsOptions) {
  const RunOptions options{Scenario::Failover, 7, CrashPoint{40, true, {}}, false};
  const RunResult first = run_drills(options);
  const RunResult second = run_drills(options);
  EXPECT_EQ(first.writes, second.writes);
  EXPECT_EQ(first.faults, second.faults);
  const auto again = parse_run(to_string(options));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(to_string(*again), to_string(options));
}

/// Every other write of one drill with all its parts.
void sweep(bool after, base::Duration still) {
  const RunOptions whole{Scenario::Failover, 2, {}, false};
  const std::uint32_t writes = run_drills(whole).writes;
  ASSERT_GT(writes, 50U);
  for (std::uint32_t write = 0; write < writes; write += 2) {
    const RunOptions options{Scenario::Failover, 2, CrashPoint{write, after, still}, false};
    const RunResult result = run_drills(options);
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
}

TEST(OperatorCrashPoints, WhoeverDiesBeforeAWriteOfAFailoverLeavesNothing) {
  sweep(false, {});
}

TEST(OperatorCrashPoints, WhoeverDiesAfterAWriteOfAFailoverLeavesNothing) {
  sweep(true, {});
}

TEST(OperatorCrashPoints, WhoeverStandsStillBeforeAWriteOfAFailoverDoesItNotTooLate) {
  sweep(false, base::seconds(20));
}

TEST(OperatorCrashPoints, NothingIsLeftNothingIsRepeatedAndNobodyIsStuck) {
  std::uint64_t crashes = 0;
  constexpr std::uint64_t kRuns = 150;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    const RunOptions options = sampled(seed);
    const RunResult result = run_drills(options);
    crashes += result.crashed ? 1 : 0;
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
    if (testing::Test::HasFailure()) break;
  }
  RecordProperty("crashes", static_cast<int>(crashes));
  EXPECT_GE(crashes, kRuns / 3);
}

}  // namespace
}  // namespace op
