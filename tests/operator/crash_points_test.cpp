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

/// Every other write of one drill with all its parts; each one where a node stands still, or where
/// the guardian is alone.
void sweep(bool after, base::Duration still, bool node = false,
           Scenario scenario = Scenario::Failover) {
  const RunOptions whole{scenario, 2, {}, false};
  const std::uint32_t writes = run_drills(whole).writes;
  ASSERT_GT(writes, 50U);
  const std::uint32_t step = node || scenario == Scenario::Guarded ? 1 : 2;
  for (std::uint32_t write = 0; write < writes; write += step) {
    const RunOptions options{scenario, 2, CrashPoint{write, after, still, node}, false};
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

TEST(OperatorCrashPoints, AGuardianThatIsAloneAndDiesBeforeAWriteLeavesNothing) {
  sweep(false, {}, false, Scenario::Guarded);
}

/// Nobody ends the pod of such a runner: its own looks at the Drill keep it from a fault after the
/// guardian has taken the drill over, as long as the server takes its word.
TEST(OperatorCrashPoints, WhoseNodeStandsStillAfterAWriteOfAFailoverDoesNothingMore) {
  sweep(true, base::seconds(18), true);
}

/// Its last look at the Drill was before: what it does when the guardian has undone all is undone
/// again, before that says so.
TEST(OperatorCrashPoints, WhoseNodeStandsStillBeforeAWriteOfAFailoverIsUndoneOnceMore) {
  sweep(false, base::seconds(20), true);
}

TEST(OperatorCrashPoints, WhoseNodeStandsStillForLongIsNotHeardAnyMore) {
  sweep(false, base::seconds(40), true);
  sweep(true, base::seconds(40), true);
}

/// Parts, so that ctest may run some at a time. bench/operator_crash_points makes more of the same.
class SampledOperatorCrashPoints : public testing::TestWithParam<std::uint64_t> {};
constexpr std::uint64_t kRunsOfPart = 75;
constexpr std::uint64_t kParts = 6;

TEST_P(SampledOperatorCrashPoints, NothingIsLeftNothingIsRepeatedAndNobodyIsStuck) {
  std::uint64_t crashes = 0;
  const std::uint64_t first = 1 + GetParam() * kRunsOfPart;
  for (std::uint64_t seed = first; seed < first + kRunsOfPart; ++seed) {
    const RunOptions options = sampled(seed);
    const RunResult result = run_drills(options);
    crashes += result.crashed ? 1 : 0;
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
    if (testing::Test::HasFailure()) break;
  }
  RecordProperty("crashes", static_cast<int>(crashes));
  EXPECT_GE(crashes, kRunsOfPart / 3);
}
INSTANTIATE_TEST_SUITE_P(Part, SampledOperatorCrashPoints,
                         testing::Range(std::uint64_t{0}, kParts));

}  // namespace
}  // namespace op
