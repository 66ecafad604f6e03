// Whole drills of a cluster in virtual time whose operator, runner or guardian dies, or stands
// still, before or after writes that are drawn (tests/operator/simulated).
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
  EXPECT_EQ(run_drills({Scenario::Labelled, 2, {}, false}).faults, 2);
}

TEST(OperatorCrashPoints, ARunIsAFunctionOfItsOptions) {
  const RunOptions options{Scenario::Failover, 2, {{30, true}, {34, false}}, false};
  const RunResult first = run_drills(options);
  const RunResult second = run_drills(options);
  EXPECT_EQ(first.points(), 2);
  EXPECT_EQ(first.writes, second.writes);
  EXPECT_EQ(first.faults, second.faults);
}

TEST(OperatorCrashPoints, ARunIsNamedByWhatItPrints) {
  for (const char* text : {"Alone:7", "Alone:7:40:after", "Failover:7:3:before:2000",
                           "Two:7:3:after:2000:node", "Two:7:3:after:operator,4:before:500"}) {
    const auto run = parse_run(text);
    ASSERT_TRUE(run.has_value()) << text;
    EXPECT_EQ(to_string(*run), text);
  }
  for (const char* text : {"", "Alone", "Nobody:7", "Alone:x", "Alone:7:40", "Alone:7:40:during",
                           "Alone:7:40:after:soon", "Alone:7:40:after,50"}) {
    EXPECT_FALSE(parse_run(text).has_value()) << text;
  }
  const RunOptions several = sampled(3);
  EXPECT_EQ(to_string(*parse_run(to_string(several))), to_string(several));
}

/// Runs that left something behind once.
TEST(OperatorCrashPoints, WhatWasFoundOnceStaysMended) {
  for (const char* text :
       {// The runner gave up waiting for the answer to a fault that then took effect.
        "Unheard:1049610:33:after,33:before:24850:node,35:before:33365:node",
        // The finalizer was added, but nobody heard so.
        "Alone:1060390:8:before:28415:node,21:before:14106:node,30:after",
        // It was added to a Drill that its guardian had ended.
        "Alone:1095543:17:after:20906:node,19:after",
        // Answers that were lost made a runner without a valid token hope anew.
        "Unheard:1051710:7:after:operator,15:before:operator,26:after:operator,27:before:3883,"
        "29:after:18266:operator,35:after:operator,43:before:operator,44:after:operator,"
        "58:after:23640:operator,60:before:operator"}) {
    const auto run = parse_run(text);
    ASSERT_TRUE(run.has_value()) << text;
    const RunResult result = run_drills(*run);
    EXPECT_GE(result.points(), 2) << text;
    EXPECT_TRUE(result.violations.empty()) << text_of(*run, result);
  }
}

/// Whoever is begun anew after the first point dies at the next: none is left out, none counts
/// twice.
TEST(OperatorCrashPoints, EachPointOfARunIsOne) {
  const auto run = parse_run("Failover:2:12:after:500,30:before,31:before,33:after,5000:before");
  ASSERT_TRUE(run.has_value());
  const RunResult result = run_drills(*run);
  EXPECT_EQ(result.died, 3);
  EXPECT_EQ(result.stood, 1);
  EXPECT_TRUE(result.violations.empty()) << text_of(*run, result);
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
    const RunOptions options{scenario, 2, {{write, after, still, node}}, false};
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

TEST(OperatorCrashPoints, WhoeverDiesAtAWriteOfADrillOfPodsByTheirLabelsLeavesNothing) {
  sweep(false, {}, false, Scenario::Labelled);
  sweep(true, {}, false, Scenario::Labelled);
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

/// It takes effect when its runner has died and the guardian has undone all for the first time.
TEST(OperatorCrashPoints, ACommandThatOutlivesItsRunnerIsUndoneWhenItHasEnded) {
  for (std::uint32_t write = 20; write < 27; ++write) {
    for (const CrashPoint& point : {CrashPoint{write, false}, CrashPoint{write, true},
                                    CrashPoint{write, false, base::seconds(18), true},
                                    CrashPoint{write, true, base::seconds(18), true}}) {
      const RunOptions options{Scenario::Command, 2, {point}, false};
      const RunResult result = run_drills(options);
      EXPECT_EQ(result.points(), 1);
      EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
    }
  }
}

/// Its token is good for a minute longer than that of one whose pod is gone.
TEST(OperatorCrashPoints, ARunnerWhosePodIsHeldIsOutlivedAllTheSame) {
  for (std::uint32_t write = 20; write < 32; ++write) {
    const RunOptions options{
        Scenario::Held, 2, {CrashPoint{write, false, base::seconds(33), true}}, false};
    const RunResult result = run_drills(options);
    EXPECT_EQ(result.points(), 1);
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
}

/// Its pod was forgotten by force, and its kubelet does not come back to end it.
TEST(OperatorCrashPoints, ARunnerThatNobodyHearsAnyMoreEndsByItself) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const RunOptions options{Scenario::Unheard, seed, {}, false};
    const RunResult result = run_drills(options);
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
}

/// It is given up, by its client or by who stops, and takes effect when the undo has found nothing
/// to do.
TEST(OperatorCrashPoints, AWriteThatTakesEffectWhenItWasGivenUpIsUndone) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const RunOptions options{Scenario::Slow, seed, {}, false};
    const RunResult result = run_drills(options);
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
}

/// It is on its way, or at the server, when its runner dies.
TEST(OperatorCrashPoints, AWriteThatTakesEffectWhenItsRunnerHasDiedIsUndone) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    for (std::uint32_t write = 20; write < 40; ++write) {
      const RunOptions options{Scenario::Slow, seed, {{write, false}}, false};
      const RunResult result = run_drills(options);
      EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
    }
  }
}

/// None of them has seen the fault begin, or a heartbeat come.
TEST(OperatorCrashPoints, WhateverHappensToItsGuardianAFaultIsUndoneInTime) {
  int faults = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const RunOptions options{Scenario::Replaced, seed, {}, false};
    const RunResult result = run_drills(options);
    faults += result.faults;
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
  EXPECT_GE(faults, 20);
}

/// A workload or a Service that a fault or step has changed: in what is gone nothing is to be
/// undone, all else is, and the guardian ends.
TEST(OperatorCrashPoints, ATargetThatIsDeletedInMidDrillHoldsNothingUp) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const RunOptions options{Scenario::TargetGone, seed, {}, false};
    const RunResult result = run_drills(options);
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
}

/// Parts, so that ctest may run some at a time; each makes runs until it has had so many points:
/// 10^4 together. bench/operator_crash_points makes more of the same.
class SampledOperatorCrashPoints : public testing::TestWithParam<std::uint64_t> {};
constexpr int kPointsOfPart = 500;
constexpr std::uint64_t kParts = 20;

TEST_P(SampledOperatorCrashPoints, NothingIsLeftNothingIsRepeatedAndNobodyIsStuck) {
  int points = 0;
  std::uint64_t seed = 1 + GetParam() * 1000;
  while (points < kPointsOfPart && !testing::Test::HasFailure()) {
    const RunOptions options = sampled(seed++);
    const RunResult result = run_drills(options);
    points += result.points();
    EXPECT_TRUE(result.violations.empty()) << text_of(options, result);
  }
  RecordProperty("points", points);
  // Else the points are drawn where nobody comes.
  EXPECT_LT(seed, 1 + GetParam() * 1000 + kPointsOfPart);
}
INSTANTIATE_TEST_SUITE_P(Part, SampledOperatorCrashPoints,
                         testing::Range(std::uint64_t{0}, kParts));

}  // namespace
}  // namespace op
