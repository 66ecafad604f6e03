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
  for (const CrashPoint& point : {CrashPoint{40, true, {}}, CrashPoint{3, false, base::seconds(2)},
                                  CrashPoint{3, true, base::seconds(2), true}}) {
    const std::string text = to_string({Scenario::Alone, 7, point, false});
    const auto again = parse_run(text);
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(to_string(*again), text);
  }
}

/// Every other write of one drill with all its parts; of a node that stands still each one.
void sweep(bool after, base::Duration still, bool node = false) {
  const RunOptions whole{Scenario::Failover, 2, {}, false};
  const std::uint32_t writes = run_drills(whole).writes;
  ASSERT_GT(writes, 50U);
  for (std::uint32_t write = 0; write < writes; write += node ? 1 : 2) {
    const RunOptions options{Scenario::Failover, 2, CrashPoint{write, after, still, node}, false};
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

/// Nobody ends the pod of such a runner: its own looks at the Drill keep it from a fault after the
/// guardian has undone all.
TEST(OperatorCrashPoints, WhoseNodeStandsStillAfterAWriteOfAFailoverDoesNothingMore) {
  sweep(true, base::seconds(40), true);
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
