#include "drill/phases.h"

#include <numeric>

#include <gtest/gtest.h>

#include "history_builder.h"

namespace drill::test {
namespace {

using base::millis;

TimePoint at(std::int64_t ms) {
  return kStart + millis(ms);
}

Duration inside_sum(const std::vector<PhaseResult>& phases) {
  Duration sum{};
  for (const PhaseResult& phase : phases) {
    if (!phase.name.starts_with("sustained")) sum += phase.took.value_or(Duration::zero());
  }
  return sum;
}

TEST(Phases, SumToTheOutageExactly) {
  const Moments moments{at(0), at(130), at(200), at(900), at(950), at(1001), at(4000), at(9000)};
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
  Moments moments{at(0), at(100), kNever, kNever, at(300), at(400), kNever, kNever};
  const auto phases = phases_of(moments, {{"decided", millis(50)}});
  EXPECT_EQ(phases[1].took, std::nullopt);
  EXPECT_EQ(phases[1].met, false) << "a target that was not measured is missed";
  EXPECT_EQ(phases[3].name, "detected→redirected");
  EXPECT_EQ(phases[3].took, millis(200));
  EXPECT_EQ(inside_sum(phases), millis(400));
}

TEST(Phases, OutOfOrderIsShownAndNotClamped) {
  const Moments moments{at(0), at(500), at(200), at(300), at(350), at(400), kNever, kNever};
  const auto phases = phases_of(moments, {});
  EXPECT_EQ(phases[1].took, -millis(300));
  EXPECT_TRUE(phases[1].out_of_order);
  EXPECT_FALSE(phases[2].out_of_order);
  EXPECT_EQ(inside_sum(phases), millis(400));
}

TEST(Phases, NotBackHasNoLastPhase) {
  const Moments moments{at(0), at(100), kNever, kNever, kNever, kNever, kNever, kNever};
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
  EXPECT_EQ(m.onset, due(20));
  EXPECT_EQ(m.detected, due(23));
  EXPECT_EQ(m.decided, due(24));
  EXPECT_EQ(m.promoted, due(27));
  EXPECT_EQ(m.redirected, due(30));
  EXPECT_EQ(m.sustained, due(32));
  EXPECT_EQ(m.warmed_up, due(32));
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
  EXPECT_EQ(m.redirected, due(28));
  EXPECT_EQ(m.sustained, due(28));
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
  EXPECT_EQ(m.promoted, kNever);
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
