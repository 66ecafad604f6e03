// The rules of availability and the bounds, case by case. See history_builder.h for the letters.
#include "drill/outage.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "drill/judgement.h"
#include "history_builder.h"
#include "sim/outage_sim.h"

namespace drill::test {
namespace {

using base::millis;

OutageAnalysis of(const Seen& seen, std::int64_t fault_at) {
  return analyse(seen.view, rules(due(fault_at) - millis(1)));
}

TEST(Observe, OneLetterAtATime) {
  struct Case {
    char letter;
    Sight sight;
  };
  for (const Case& c : {Case{'o', Sight::Good}, Case{'l', Sight::Bad}, Case{'x', Sight::Bad},
                        Case{'t', Sight::Bad}, Case{'b', Sight::Bad}, Case{'n', Sight::Unseen},
                        Case{'?', Sight::Unseen}, Case{'s', Sight::Unseen}}) {
    const Observation seen = observe(operation(c.letter, 0), stream(), {});
    EXPECT_EQ(seen.sight, c.sight) << c.letter;
  }
}

TEST(Observe, GoodMeansAcknowledgedWithinTheDeadlineOfTheDueTime) {
  Record record = operation('o', 0);
  record.completed = record.scheduled + kDeadline;
  EXPECT_EQ(observe(record, stream(), {}).sight, Sight::Good);
  record.completed += Duration(1);
  EXPECT_EQ(observe(record, stream(), {}).sight, Sight::Bad);
  // Invoked late, it still counts from when it was due: no coordinated omission.
  record = operation('o', 0);
  record.invoked = record.scheduled + kDeadline;
  record.completed = record.invoked + millis(1);
  EXPECT_EQ(observe(record, stream(), {}).sight, Sight::Bad);
}

TEST(Observe, OwnSilenceIsNoOutageOfTheService) {
  const std::vector<Stall> silence = {{due(0) + millis(1), due(0) + millis(400)}};
  Record late = operation('o', 0);
  late.completed = due(0) + millis(401);  // read after the prober woke up
  EXPECT_EQ(observe(late, stream(), {}).sight, Sight::Bad);
  EXPECT_EQ(observe(late, stream(), silence).sight, Sight::Unseen);
  Record timeout = operation('t', 0);
  timeout.completed = due(0) + millis(400);
  EXPECT_EQ(observe(timeout, stream(), silence).sight, Sight::Unseen);
  // It waited longer than D while the prober was awake: that is the service's doing.
  timeout.completed = due(0) + millis(450);
  EXPECT_EQ(observe(timeout, stream(), silence).sight, Sight::Bad);
  // A refusal is proof, whenever it was read.
  Record refused = operation('x', 0);
  refused.completed = due(0) + millis(400);
  EXPECT_EQ(observe(refused, stream(), silence).sight, Sight::Bad);
}

TEST(Observe, BlockedByAnEarlierOperationThatOnlyTheSilenceKeptOpen) {
  const std::vector<Stall> silence = {{due(0) - millis(55), due(0) - millis(1)}};
  EXPECT_EQ(observe(operation('b', 0), stream(), {}).sight, Sight::Bad);
  EXPECT_EQ(observe(operation('b', 0), stream(), silence).sight, Sight::Unseen);
}

TEST(Observe, CutShortByTheEndIsBadOnlyIfItHadWaitedItsDeadline) {
  Record record = operation('s', 0);
  record.completed = record.scheduled + kDeadline;
  EXPECT_EQ(observe(record, stream(), {}).sight, Sight::Bad);
}

TEST(Overlap, CountsOnlyWhatLiesInside) {
  const std::vector<Stall> stalls = {{due(0), due(10)}, {due(20), due(30)}};
  EXPECT_EQ(overlap(stalls, due(5), due(25)), millis(100));
  EXPECT_EQ(overlap(stalls, due(10), due(20)), Duration::zero());
  EXPECT_EQ(overlap(stalls, due(2), due(3)), millis(10));
  EXPECT_EQ(overlap(stalls, due(-5), due(100)), millis(200));
}

TEST(Outage, BoundsOfARefusal) {
  const Seen seen = see(times(20, 'o') + times(5, 'x') + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  ASSERT_EQ(a.held.size(), 1U);
  const HeldOutage& outage = a.held[0];
  EXPECT_TRUE(a.steady) << a.unsteady_reason;
  EXPECT_FALSE(outage.stalled);
  EXPECT_EQ(a.delta, kLatency);
  EXPECT_EQ(outage.bad, 5U);
  // inv(last bad) - inv(b0) and inv(g*) - inv(last good).
  EXPECT_EQ(outage.user_visible, (Bounds{millis(40), millis(60)}));
  // The refusal was known 1 ms after b0; g* was acknowledged 1 ms after it was invoked.
  EXPECT_EQ(outage.service, (Bounds{millis(39), millis(61)}));
  EXPECT_EQ(seen.view.seen[*outage.first_good].invoked, due(25));
  EXPECT_EQ(outage.first_good, outage.sustained);
}

TEST(Outage, BoundsOfAHangStandOnTheSecondBadOperation) {
  const Seen seen = see(times(20, 'o') + times(6, 't') + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(a.held[0].user_visible, (Bounds{millis(50), millis(70)}));
  // The first one timed out after 50 ms; the second would have been answered by due(21) + 1 ms.
  EXPECT_EQ(a.held[0].service, (Bounds{millis(39), millis(71)}));
}

TEST(Outage, OneBadOperationBoundsNothingFromBelow) {
  const Seen seen = see(times(20, 'o') + "x" + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(a.held[0].user_visible, (Bounds{Duration::zero(), millis(20)}));
  EXPECT_EQ(a.held[0].service, (Bounds{Duration::zero(), millis(21)}));
}

TEST(Outage, AvailabilityIsAFunctionOfInvocationNotOfCompletion) {
  // Timeouts complete after the first good operations of the recovered service.
  std::vector<Record> kept = records(times(20, 'o') + times(4, 't') + times(20, 'o'));
  kept[23].completed = due(40);
  const StreamView view = view_of(stream(), kept, {});
  const OutageAnalysis a = analyse(view, rules(due(20)));
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(view.seen[*a.held[0].sustained].invoked, due(24));
  EXPECT_EQ(a.held[0].user_visible, (Bounds{millis(30), millis(50)}));
}

TEST(Outage, AnOperationInFlightAtTheFaultBelongsToIt) {
  // Invoked 5 ms before the fault began, and cut off by it: not a blemish of the steady state.
  std::vector<Record> kept = records(times(20, 'o') + times(5, 'x') + times(20, 'o'));
  kept[20].completed = due(20) + millis(6);
  const StreamView view = view_of(stream(), kept, {});
  const OutageAnalysis a = analyse(view, rules(due(20) + millis(5)));
  EXPECT_TRUE(a.steady) << a.unsteady_reason;
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(view.seen[a.held[0].first_bad].invoked, due(20));
}

TEST(Outage, ABadOperationThatEndedBeforeTheFaultSpoilsTheSteadyState) {
  const OutageAnalysis a =
      of(see(times(15, 'o') + "x" + times(4, 'o') + times(5, 'x') + times(20, 'o')), 20);
  EXPECT_FALSE(a.steady);
  EXPECT_NE(a.unsteady_reason.find("only"), std::string::npos);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(a.runs.size(), 2U) << "every window is reported, the early one too";
  EXPECT_EQ(a.downtime, a.held[0].user_visible) << "but only what the fault did is downtime";
}

TEST(Outage, SteadyStateOfExactlyTheHoldIsEnough) {
  EXPECT_TRUE(of(see("x" + times(10, 'o') + times(5, 'x') + times(20, 'o')), 11).steady);
  EXPECT_FALSE(of(see("x" + times(9, 'o') + times(5, 'x') + times(20, 'o')), 10).steady);
}

TEST(Outage, NothingSeenForLongerThanTheDeadlineIsNoSteadyState) {
  const OutageAnalysis a =
      of(see(times(20, 'o') + times(6, 'n') + times(3, 'o') + times(5, 'x') + times(20, 'o')), 29);
  EXPECT_FALSE(a.steady);
  EXPECT_NE(a.unsteady_reason.find("nothing was seen"), std::string::npos);
}

TEST(Outage, GStarMustHoldForS) {
  // Good for 9 intervals, bad again: not yet sustained.
  const Seen seen = see(times(20, 'o') + "xx" + times(9, 'o') + "x" + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(seen.view.seen[*a.held[0].first_good].invoked, due(22));
  EXPECT_EQ(seen.view.seen[*a.held[0].sustained].invoked, due(32));
  EXPECT_EQ(a.held[0].user_visible, (Bounds{millis(110), millis(130)}));
  EXPECT_EQ(a.runs.size(), 2U);
  // Down for [10, 30] and then [0, 20] ms.
  EXPECT_EQ(a.downtime, (Bounds{millis(10), millis(50)}));
}

TEST(Outage, TheOperationAtTheEndOfTheHoldCounts) {
  // inv(g*) + S is included: a bad one exactly there breaks the hold.
  const Seen seen = see(times(20, 'o') + "x" + times(10, 'o') + "x" + times(20, 'o'));
  EXPECT_EQ(of(seen, 20).held.size(), 1U);
  const Seen later = see(times(20, 'o') + "x" + times(11, 'o') + "x" + times(20, 'o'));
  EXPECT_EQ(of(later, 20).held.size(), 2U);
}

TEST(Outage, AHoldThatTheEndCutsShortWasNotSeenToHold) {
  const OutageAnalysis whole = of(see(times(20, 'o') + "xx" + times(10, 'o')), 20);
  EXPECT_TRUE(whole.held[0].sustained.has_value());
  const OutageAnalysis cut = of(see(times(20, 'o') + "xx" + times(9, 'o')), 20);
  EXPECT_FALSE(cut.held[0].sustained.has_value());
  EXPECT_FALSE(cut.held[0].service.upper.has_value()) << "not back: no upper bound";
  EXPECT_FALSE(cut.held[0].user_visible.upper.has_value());
  EXPECT_EQ(cut.held[0].user_visible.lower, millis(10));
}

TEST(Outage, WhatTheUndoBroughtBackIsNotRecovery) {
  const Seen seen = see(times(20, 'o') + times(10, 'x') + times(30, 'o'));
  OutageRules until_failback = rules(due(20));
  until_failback.watched_until = due(31);
  const OutageAnalysis a = analyse(seen.view, until_failback);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_FALSE(a.held[0].sustained.has_value());
}

TEST(Outage, UnseenOperationsWidenTheBounds) {
  const Seen seen = see(times(20, 'o') + "nn" + times(3, 'x') + "??" + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(a.held[0].user_visible, (Bounds{millis(20), millis(80)}));
  EXPECT_FALSE(a.held[0].stalled) << "30 ms are within the deadline";
  EXPECT_EQ(a.largest_gap, millis(30));
}

TEST(Outage, AStallAcrossOnsetOrRecoveryIsMarked) {
  const std::string before = times(20, 'o');
  const std::string after = times(20, 'o');
  EXPECT_TRUE(of(see(before + times(5, 'n') + "xx" + after), 20).held[0].stalled);
  EXPECT_TRUE(of(see(before + "xx" + times(5, 'n') + after), 20).held[0].stalled);
  EXPECT_TRUE(of(see(before + "xx" + "ooo" + times(6, 'n') + after), 20).held[0].stalled)
      << "nor was the hold seen";
  EXPECT_FALSE(of(see(before + "xx" + times(12, 'o') + times(6, 'n') + after), 20).held[0].stalled);
}

TEST(Outage, ALaterOutageIsHeldApart) {
  const OutageAnalysis a =
      of(see(times(20, 'o') + "xx" + times(15, 'o') + times(9, 'x') + times(20, 'o')), 20);
  ASSERT_EQ(a.held.size(), 2U);
  EXPECT_EQ(a.held[1].user_visible, (Bounds{millis(80), millis(100)}));
}

TEST(Outage, NoBadOperationIsAClaimWithItsResolution) {
  const Seen seen = see(times(30, 'o') + "n" + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  EXPECT_TRUE(a.held.empty());
  EXPECT_EQ(a.largest_gap, millis(20));
  RtoRules rto;
  rto.objective = base::seconds(1);
  const RtoJudgement judged = judge_stream(seen.view, a, rto);
  EXPECT_EQ(judged.verdict, Verdict::Met);
  EXPECT_EQ(judged.user_visible, (Bounds{Duration::zero(), millis(20)}));
  EXPECT_EQ(judged.service, (Bounds{Duration::zero(), millis(70)}));
  EXPECT_EQ(judged.reason, "no refusal longer than 20.0 ms and no hang longer than 70.0 ms");
  rto.objective = millis(69);
  EXPECT_EQ(judge_stream(seen.view, a, rto).verdict, Verdict::Inconclusive);
}

TEST(Outage, BlockedOperationsSpeakOfAMomentUpToOneLatencyEarlier) {
  // Six connections hang, then everything is blocked until they are free again.
  const Seen seen = see(times(20, 'o') + times(6, 'l') + times(10, 'b') + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  ASSERT_EQ(a.held.size(), 1U);
  EXPECT_EQ(a.held[0].user_visible, (Bounds{millis(150), millis(170)}));
  // From due(21) + 1 ms to due(34) - 1 ms.
  EXPECT_EQ(a.held[0].service.lower, millis(128));
}

TEST(Outage, CountedFromAnotherZeroPoint) {
  const Seen seen = see(times(20, 'o') + times(5, 'x') + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  const CountedOutage early = counted_from(a.held[0], seen.view, due(19));
  EXPECT_EQ(early.user_visible, (Bounds{millis(50), millis(60)}));
  EXPECT_EQ(early.service, (Bounds{millis(50), millis(61)}));
  const CountedOutage late = counted_from(a.held[0], seen.view, due(40));
  EXPECT_EQ(late.service, (Bounds{Duration::zero(), Duration::zero()})) << "never below zero";
}

TEST(Judge, ByTheUpperServiceAndTheLowerUserVisibleBound) {
  const Bounds user{millis(100), millis(120)};
  const Bounds service{millis(90), millis(125)};
  struct Case {
    Duration objective;
    Verdict verdict;
  };
  for (const Case& c : {Case{millis(125), Verdict::Met}, Case{millis(124), Verdict::Inconclusive},
                        Case{millis(100), Verdict::Inconclusive}, Case{millis(99), Verdict::Missed},
                        Case{millis(95), Verdict::Missed}}) {
    EXPECT_EQ(judge(user, service, c.objective), c.verdict) << base::human(c.objective);
  }
  const Bounds endless{millis(100), std::nullopt};
  EXPECT_EQ(judge(endless, endless, millis(200)), Verdict::Inconclusive);
  EXPECT_EQ(judge(endless, endless, millis(99)), Verdict::Missed);
}

TEST(JudgeStream, BackAndAwayAgainCountsByItsWorstOutage) {
  const Seen seen = see(times(20, 'o') + "xx" + times(15, 'o') + times(9, 'x') + times(20, 'o'));
  const OutageAnalysis a = of(seen, 20);
  RtoRules rto;
  rto.objective = millis(50);
  const RtoJudgement judged = judge_stream(seen.view, a, rto);
  EXPECT_EQ(judged.verdict, Verdict::Missed);
  EXPECT_EQ(judged.held, 1U);
  rto.objective = millis(500);
  EXPECT_EQ(judge_stream(seen.view, a, rto).held, 0U) << "the first one where all are met";
}

TEST(JudgeStream, InvalidWithoutSteadyStateOrWithAStall) {
  RtoRules rto;
  rto.objective = base::seconds(10);
  const Seen unsteady = see(times(5, 'o') + "xx" + times(20, 'o'));
  EXPECT_EQ(judge_stream(unsteady.view, of(unsteady, 5), rto).verdict, Verdict::Invalid);
  const Seen stalled = see(times(20, 'o') + times(9, 'n') + "xx" + times(20, 'o'));
  EXPECT_EQ(judge_stream(stalled.view, of(stalled, 20), rto).verdict, Verdict::Invalid);
  const Seen nothing = see(times(40, 'n'));
  EXPECT_EQ(judge_stream(nothing.view, of(nothing, 20), rto).verdict, Verdict::Inconclusive);
}

TEST(JudgeStream, AZeroPointThatWasNotObservedIsInconclusive) {
  const Seen seen = see(times(20, 'o') + "xx" + times(20, 'o'));
  RtoRules rto;
  rto.objective = base::seconds(10);
  rto.zero_point = ZeroPoint::Declared;
  EXPECT_EQ(judge_stream(seen.view, of(seen, 20), rto).verdict, Verdict::Inconclusive);
  rto.zero = due(21);
  EXPECT_EQ(judge_stream(seen.view, of(seen, 20), rto).verdict, Verdict::Met);
}

TEST(StreamResult, CountsEveryBadOperationByItsCause) {
  const Seen seen = see(times(20, 'o') + "xltbn" + times(20, 'o'));
  const StreamResult result = summarise(seen.view, of(seen, 20));
  EXPECT_EQ(result.attempts, 45U);
  EXPECT_EQ(result.ok, 41U);
  EXPECT_EQ(result.fail, 3U);
  EXPECT_EQ(result.info, 1U);
  EXPECT_EQ(result.bad, 4U);
  EXPECT_EQ(result.bad_by_cause,
            (std::map<Cause, std::uint64_t>{
                {Cause::None, 1}, {Cause::Refused, 1}, {Cause::Timeout, 1}, {Cause::Blocked, 1}}));
  ASSERT_TRUE(result.outage.has_value());
  EXPECT_EQ(result.first_success, millis(50));
  EXPECT_EQ(result.baseline_latency_max, kLatency);
  EXPECT_EQ(result.p95, kLatency);
}

}  // namespace
}  // namespace drill::test
