#include "drill/phases.h"

#include <array>
#include <numeric>

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill::test {
namespace {

using base::millis;

TimePoint at(std::int64_t ms) {
  return kStart + millis(ms);
}

/// Moments known exactly, in milliseconds; -1: not observed.
Moments stamps(const std::array<std::int64_t, 8>& ms) {
  const auto moment = [&](std::size_t i) { return ms[i] < 0 ? Moment{} : Moment{at(ms[i])}; };
  return {moment(0), moment(1), moment(2), moment(3), moment(4),
          moment(5), moment(6), moment(7), {}};
}

Duration inside_sum(const std::vector<PhaseResult>& phases) {
  Duration sum{};
  for (const PhaseResult& phase : phases) {
    if (!phase.name.starts_with("sustained")) sum += phase.took.value_or(Duration::zero());
  }
  return sum;
}

TEST(Phases, SumToTheOutageExactly) {
  const Moments moments = stamps({0, 130, 200, 900, 950, 1001, 4000, 9000});
  const auto phases = phases_of(moments, {{"detected", millis(130)}, {"promoted", millis(699)}});
  ASSERT_EQ(phases.size(), 7U);
  EXPECT_EQ(inside_sum(phases), millis(1001));
  EXPECT_EQ(phases[0].name, "onset→detected");
  EXPECT_EQ(phases[0].met, true) << "at most the target";
  EXPECT_EQ(phases[1].met, std::nullopt);
  EXPECT_EQ(phases[2].met, false);
  EXPECT_EQ(phases[5].name, "sustained→warmedUp");
  EXPECT_EQ(phases[5].took, millis(2999));
}

TEST(Phases, WhatWasNotObservedFallsToTheNext) {
  const Moments moments = stamps({0, 100, -1, -1, 300, 400, -1, -1});
  const auto phases = phases_of(moments, {{"decided", millis(50)}});
  EXPECT_EQ(phases[1].took, std::nullopt);
  EXPECT_EQ(phases[1].met, false) << "a target that was not measured is missed";
  EXPECT_EQ(phases[3].name, "detected→redirected");
  EXPECT_EQ(phases[3].took, millis(200));
  EXPECT_EQ(inside_sum(phases), millis(400));
}

TEST(Phases, OutOfOrderIsShownAndNotClamped) {
  const Moments moments = stamps({0, 500, 200, 300, 350, 400, -1, -1});
  const auto phases = phases_of(moments, {});
  EXPECT_EQ(phases[1].took, -millis(300));
  EXPECT_TRUE(phases[1].out_of_order);
  EXPECT_FALSE(phases[2].out_of_order);
  EXPECT_EQ(inside_sum(phases), millis(400));
}

TEST(Phases, NotBackHasNoLastPhase) {
  const Moments moments = stamps({0, 100, -1, -1, -1, -1, -1, -1});
  const auto phases = phases_of(moments, {});
  ASSERT_EQ(phases.size(), 5U);
  EXPECT_EQ(phases[4].took, std::nullopt);
}

TEST(Moments, AreReadFromTheStreams) {
  Evidence evidence;
  StreamInfo pinned = stream(StreamKind::PinnedNew, 1);
  pinned.instance = "b";
  evidence.streams = {stream(), pinned, stream(StreamKind::ServiceNew, 2)};
  evidence.new_primary = "b";
  evidence.declared = due(23);
  evidence.decided = due(24);
  const auto add = [&](std::string_view letters, std::uint16_t id) {
    for (const Record& record : records(letters, StreamId(id))) evidence.records.push_back(record);
  };
  add(times(20, 'o') + times(12, 'x') + times(30, 'o'), 0);
  add(times(27, 'x') + times(35, 'o'), 1);
  add(times(20, 'o') + times(10, 'x') + times(32, 'o'), 2);
  const auto views = views_of(evidence, {});
  const OutageAnalysis a = analyse(views[0], rules(due(20)));
  const Moments m = find_moments(evidence, views, views[0], a.held.at(0), 10 * kInterval);
  EXPECT_EQ(m.onset.at, due(20));
  EXPECT_EQ(m.detected.at, due(23));
  EXPECT_EQ(m.decided.at, due(24));
  EXPECT_EQ(m.promoted.at, due(27));
  EXPECT_EQ(m.redirected.at, due(30));
  EXPECT_EQ(m.sustained.at, due(32));
  EXPECT_EQ(m.warmed_up.at, due(32));
}

TEST(Phases, BoundsOfTheWholeAreThoseOfTheUserVisibleOutage) {
  Evidence evidence;
  StreamInfo pinned = stream(StreamKind::PinnedNew, 1);
  pinned.instance = "b";
  evidence.streams = {stream(), pinned};
  evidence.new_primary = "b";
  for (const Record& r : records(times(20, 'o') + times(12, 'x') + times(30, 'o'))) {
    evidence.records.push_back(r);
  }
  // Refused, then a timeout that proves nothing, then taken.
  for (const Record& r : records(times(25, 'x') + "tt" + times(35, 'o'), StreamId(1))) {
    evidence.records.push_back(r);
  }
  const auto views = views_of(evidence, {});
  const OutageAnalysis a = analyse(views[0], rules(due(20)));
  Moments m = find_moments(evidence, views, views[0], a.held.at(0), 10 * kInterval);
  EXPECT_EQ(m.onset, (Moment{due(20), due(19), due(20)}));
  EXPECT_EQ(m.promoted, (Moment{due(27), due(24), due(27) + kLatency}));
  EXPECT_EQ(m.sustained, (Moment{due(32), due(31), due(32)}));
  const auto phases = phases_of(m, {});
  EXPECT_EQ(phases[2].name, "onset→promoted");
  EXPECT_EQ(phases[2].bounds, (Bounds{millis(40), millis(81)}));
  for (const PhaseResult& phase : phases) {
    if (!phase.took || !phase.bounds) continue;
    EXPECT_LE(phase.bounds->lower, *phase.took) << phase.name;
    EXPECT_GE(phase.bounds->upper, *phase.took) << phase.name;
  }
  m.promoted = m.redirected = {};
  EXPECT_EQ(phases_of(m, {})[4].bounds, a.held[0].user_visible);
}

TEST(Phases, WarmedUpSaysInWhichStepsItWasLookedFor) {
  // Slow for 7 operations after the outage; S is 10 of them, looked at one by one.
  Seen seen = see(times(40, 'o') + "xx" + times(40, 'o'));
  for (std::size_t i = 42; i < 49; ++i) seen.kept[i].completed += millis(4);
  seen.view = view_of(stream(), seen.kept, {});
  const OutageAnalysis a = analyse(seen.view, rules(due(40)));
  const Evidence none;
  const Moments m = find_moments(none, {}, seen.view, a.held.at(0), 10 * kInterval);
  EXPECT_EQ(m.warm_step, kInterval);
  EXPECT_EQ(m.warmed_up, (Moment{due(49), due(48), due(49)}));
  const auto phases = phases_of(m, {});
  EXPECT_EQ(phases[5].name, "sustained→warmedUp");
  EXPECT_NE(phases[5].detail.find("in steps of 10"), std::string::npos) << phases[5].detail;
  EXPECT_EQ(phases[5].bounds, (Bounds{millis(60), millis(80)}));
}

TEST(Phases, RedundancyIsBoundedByTheLookBeforeIt) {
  const Seen seen = see(times(40, 'o') + "xx" + times(40, 'o'));
  const OutageAnalysis a = analyse(seen.view, rules(due(40)));
  Evidence evidence;
  evidence.redundancy_restored = due(70);
  evidence.looks = {{due(45), "b", 0, false}, {due(55), "b", 0, false}, {due(65), "b", 1, true}};
  const Moments m = find_moments(evidence, {}, seen.view, a.held.at(0), 10 * kInterval);
  EXPECT_EQ(m.redundancy_restored, (Moment{due(70), due(55), due(70)}));
}

TEST(Moments, WhatWasDeclaredBeforeTheOutageBelongsToAnotherOne) {
  const Seen seen = see(times(40, 'o') + "xx" + times(40, 'o'));
  const OutageAnalysis a = analyse(seen.view, rules(due(40)));
  Evidence evidence;
  evidence.declared = evidence.decided = due(5);
  const Moments m = find_moments(evidence, {}, seen.view, a.held.at(0), 10 * kInterval);
  EXPECT_FALSE(m.detected.observed());
  const auto phases = phases_of(m, {{"detected", millis(100)}});
  EXPECT_EQ(phases[0].met, false) << "not detected, so its target is missed";
  evidence.declared = due(39);  // the assessment may see it a moment before the judged stream
  EXPECT_TRUE(
      find_moments(evidence, {}, seen.view, a.held.at(0), 10 * kInterval).detected.observed());
}

TEST(Phases, LostRedundancyIsHeldToItsTargetWithoutAnOutage) {
  Evidence evidence;
  evidence.fault_begun = due(40);
  evidence.looks = {{due(35), "b", 1, true}, {due(45), "b", 0, false}};
  const PhaseTargets targets = {{"redundancyRestored", 10 * kInterval}};
  const auto never = phases_without_outage(evidence, targets);
  ASSERT_EQ(never.size(), 1U);
  EXPECT_EQ(never[0].name, "faultBegun→redundancyRestored");
  EXPECT_EQ(never[0].met, false);
  evidence.redundancy_restored = due(48);
  EXPECT_EQ(phases_without_outage(evidence, targets)[0].met, true);
  evidence.looks.pop_back();
  EXPECT_TRUE(phases_without_outage(evidence, targets).empty()) << "it was never lost";
}

TEST(Moments, TheJudgedStreamIsRedirectedToo) {
  Evidence evidence;
  evidence.streams = {stream(), stream(StreamKind::ServiceNew, 1)};
  for (const Record& r : records(times(20, 'o') + times(8, 'x') + times(30, 'o'))) {
    evidence.records.push_back(r);
  }
  for (const Record& r : records(times(20, 'o') + times(12, 'x') + times(26, 'o'), StreamId(1))) {
    evidence.records.push_back(r);
  }
  const auto views = views_of(evidence, {});
  const OutageAnalysis a = analyse(views[0], rules(due(20)));
  const Moments m = find_moments(evidence, views, views[0], a.held.at(0), 10 * kInterval);
  EXPECT_EQ(m.redirected.at, due(28));
  EXPECT_EQ(m.sustained.at, due(28));
}

TEST(Moments, AnInstanceThatAlwaysServedWasNotPromoted) {
  Evidence evidence;
  StreamInfo pinned = stream(StreamKind::PinnedNew, 1);
  pinned.instance = "b";
  evidence.streams = {stream(), pinned};
  evidence.new_primary = "b";
  for (const Record& r : records(times(20, 'o') + "xx" + times(20, 'o'))) {
    evidence.records.push_back(r);
  }
  for (const Record& r : records(times(42, 'o'), StreamId(1))) evidence.records.push_back(r);
  const auto views = views_of(evidence, {});
  const OutageAnalysis a = analyse(views[0], rules(due(20)));
  const Moments m = find_moments(evidence, views, views[0], a.held.at(0), 10 * kInterval);
  EXPECT_EQ(m.promoted.at, kNever);
}

TEST(Steps, AreHeldAgainstTheirTargets) {
  StepRun step;
  step.name = "promote";
  step.target = millis(100);
  step.began = at(0);
  step.ended = at(100);
  step.ok = true;
  StepRun failed = step;
  failed.ok = false;
  StepRun endless = step;
  endless.ended = kNever;
  const auto rows = steps_of(std::vector<StepRun>{step, failed, endless});
  EXPECT_EQ(rows[0].met, true);
  EXPECT_EQ(rows[1].met, false);
  EXPECT_EQ(rows[2].met, false);
  EXPECT_EQ(rows[2].took, std::nullopt);
  step.ended += Duration(1);
  EXPECT_EQ(steps_of(std::vector<StepRun>{step})[0].met, false);
}

TEST(Targets, ThatDoNotFitIntoTheObjectiveAreNamed) {
  const PhaseTargets targets = {{"detected", base::seconds(30)},
                                {"promoted", base::seconds(180)},
                                {"sustained", base::seconds(120)},
                                {"warmedUp", base::seconds(99)}};
  EXPECT_EQ(target_warning(targets, base::seconds(330)), "");
  EXPECT_NE(target_warning(targets, base::seconds(300)), "");
}

}  // namespace
}  // namespace drill::test
