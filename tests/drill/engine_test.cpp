// The engine's promises one by one, and the observer that keeps them. Whole drills are in
// tests/transcripts and tests/sim.
#include "drill/engine.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "drill/engine_invariants.h"
#include "drill/engine_text.h"

namespace drill {
namespace {

constexpr PartId kFault{PartId::Kind::Fault, 0};
constexpr PartId kStep{PartId::Kind::Step, 0};
constexpr PartId kFailback{PartId::Kind::Failback, 0};

EngineConfig small_config() {
  EngineConfig config;
  PartConfig fault;
  fault.name = "primary-dies";
  fault.undo = Undo::IfNotPromoted;
  fault.targets = {"a"};
  config.faults = {fault};
  PartConfig step;
  step.name = "promote";
  step.forward_only = true;
  config.steps = {step};
  PartConfig rejoin;
  rejoin.name = "rejoin";
  config.failback = {rejoin};
  return config;
}

TimePoint at(std::int64_t seconds) {
  return TimePoint(base::seconds(seconds));
}

template <class A>
bool has(const std::vector<Action>& actions) {
  return std::any_of(actions.begin(), actions.end(),
                     [](const Action& a) { return std::holds_alternative<A>(a); });
}

/// An engine whose fault has just been asked for.
Engine injecting(EngineConfig config = small_config()) {
  Engine engine(std::move(config));
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  engine.step(event::Woke{}, at(300));
  event::Observed steady;
  steady.answers = 1;
  steady.service = Service::Good;
  steady.through = at(300);
  engine.step(steady, at(300));
  EXPECT_TRUE(has<action::Inject>(engine.step(event::Recorded{kFault, true, ""}, at(300))));
  return engine;
}

TEST(DrillEngine, RecordsTheUndoBeforeItInjects) {
  Engine engine(small_config());
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  engine.step(event::Woke{}, at(300));
  const auto actions = engine.step(
      event::Observed{1, Service::Good, at(0), at(300), Seen::No, Seen::Yes, true, {}}, at(300));
  EXPECT_TRUE(has<action::Record>(actions));
  EXPECT_FALSE(has<action::Inject>(actions));
}

TEST(DrillEngine, UnhealthyInstrumentOrAFailoverInTheBaselineForbidsTheFault) {
  for (const bool healthy : {false, true}) {
    Engine engine(small_config());
    engine.step(event::Begin{}, at(0));
    engine.step(event::Preflighted{true, ""}, at(0));
    engine.step(event::Woke{}, at(300));
    const Seen promoted = healthy ? Seen::Yes : Seen::No;
    const auto actions = engine.step(
        event::Observed{1, Service::Good, at(0), at(300), promoted, Seen::Yes, healthy, {}},
        at(300));
    EXPECT_FALSE(has<action::Record>(actions));
    EXPECT_TRUE(has<action::Finish>(actions));
  }
}

/// What the engine does at `seconds` when it is told that the service is good since `since`.
std::vector<Action> told(Engine& engine, std::uint32_t answers, std::int64_t since,
                         std::int64_t seconds) {
  engine.step(event::Woke{}, at(seconds));
  return engine.step(
      event::Observed{
          answers, Service::Good, at(since), at(seconds), Seen::No, Seen::Yes, true, {}},
      at(seconds));
}

TEST(DrillEngine, BaselineThatEndsInAHiccupIsProlongedUntilItIsSteady) {
  Engine engine(small_config());  // 300 s, of which the last 10 s must be good
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  EXPECT_FALSE(has<action::Record>(told(engine, 1, 298, 300)));
  EXPECT_EQ(engine.phase(), Phase::Baseline);
  EXPECT_FALSE(has<action::Observe>(engine.step(event::Woke{}, at(307)))) << "steady at 308";
  EXPECT_TRUE(has<action::Record>(told(engine, 2, 298, 308)));
}

TEST(DrillEngine, BaselineIsNotProlongedAtTheCostOfRecoveryOrValidation) {
  EngineConfig config = small_config();
  config.timing.overall =
      base::seconds(1205);  // 300 of baseline, 300 of recovery, 600 of validation
  Engine engine(config);
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  EXPECT_TRUE(has<action::Finish>(told(engine, 1, 298, 300)));
}

TEST(DrillEngine, BaselineIsNotProlongedWhileSomethingDoesNotRun) {
  Engine engine(small_config());
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  engine.step(event::Woke{}, at(300));
  const event::Observed seen{1,        Service::Good, at(298), at(300),
                             Seen::No, Seen::Yes,     true,    {"proxy"}};
  EXPECT_TRUE(has<action::Finish>(engine.step(seen, at(300))));
}

TEST(DrillEngine, ProlongedBaselineAllowsForWhatLagsBehind) {
  Engine engine(small_config());
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  const auto lagging = [&](std::uint32_t answers, std::int64_t seconds) {
    engine.step(event::Woke{}, at(seconds));
    return engine.step(
        event::Observed{
            answers, Service::Good, at(299), at(seconds - 25), Seen::No, Seen::Yes, true, {}},
        at(seconds));
  };
  EXPECT_FALSE(has<action::Finish>(lagging(1, 300)));
  EXPECT_FALSE(has<action::Finish>(lagging(2, 310)));
  EXPECT_FALSE(has<action::Finish>(lagging(3, 320)));
  EXPECT_FALSE(has<action::Finish>(lagging(4, 330)));
  EXPECT_TRUE(has<action::Record>(lagging(5, 340)));
}

TEST(DrillEngine, BaselineIsProlongedByTwiceTheHoldAtMost) {
  Engine engine(small_config());
  engine.step(event::Begin{}, at(0));
  engine.step(event::Preflighted{true, ""}, at(0));
  EXPECT_FALSE(has<action::Finish>(told(engine, 1, 300, 300)));
  EXPECT_FALSE(has<action::Finish>(told(engine, 2, 310, 310)));
  EXPECT_TRUE(has<action::Finish>(told(engine, 3, 320, 320)));
}

TEST(DrillEngine, TellsTheStateAndTheWorkInHand) {
  Engine engine = injecting();
  EXPECT_EQ(engine.phase(), Phase::Injection);
  EXPECT_EQ(engine.state(), SystemState::Degraded);
  ASSERT_NE(engine.current(), nullptr);
  EXPECT_EQ(engine.current()->name, "primary-dies");
  engine.step(event::AbortRequested{AbortReason::User, ""}, at(301));
  engine.step(event::Applied{kFault, DoResult::Ok, ""}, at(301));
  EXPECT_EQ(engine.phase(), Phase::Failback);
  EXPECT_EQ(engine.state(), SystemState::RecoveryInProgress);
}

TEST(DrillEngine, AbortWaitsForTheCancelledDeedBeforeItsUndo) {
  Engine engine = injecting();
  const auto abort = engine.step(event::AbortRequested{AbortReason::Guard, "control"}, at(301));
  EXPECT_TRUE(has<action::Cancel>(abort));
  EXPECT_FALSE(has<action::Restore>(abort));
  engine.step(event::Applied{kFault, DoResult::Unknown, ""}, at(302));
  event::Observed no{2, Service::Bad, at(300), at(302), Seen::No, Seen::No, true, {}};
  EXPECT_TRUE(has<action::Restore>(engine.step(no, at(302))));
}

std::vector<std::uint32_t> undos_in(const std::vector<Action>& actions) {
  std::vector<std::uint32_t> out;
  for (const Action& action : actions) {
    if (const auto* restore = std::get_if<action::Restore>(&action))
      out.push_back(restore->attempt);
  }
  return out;
}
using Undos = std::vector<std::uint32_t>;

/// An engine whose fault was cancelled and did not answer, and whose first undo had its time.
Engine undoing() {
  EngineConfig config = small_config();
  config.can_promote = false;
  config.failback.clear();
  Engine engine = injecting(config);
  engine.step(event::AbortRequested{AbortReason::User, ""}, at(301));
  EXPECT_EQ(undos_in(engine.step(event::Woke{}, at(306))), Undos{1});
  EXPECT_EQ(undos_in(engine.step(event::Woke{}, at(366))), Undos{});
  return engine;
}

TEST(DrillEngine, AnUndoThatAnswersLateIsNotTheOneThatIsUnderWay) {
  for (const bool ok : {false, true}) {
    Engine engine = undoing();
    EXPECT_EQ(undos_in(engine.step(event::Woke{}, at(368))), Undos{2});
    EXPECT_TRUE(engine.step(event::Restored{kFault, 1, ok, "late"}, at(369)).empty())
        << "none is begun beside the second, and none is used up";
    EXPECT_TRUE(has<action::Observe>(engine.step(event::Restored{kFault, 2, true, ""}, at(370))));
  }
}

TEST(DrillEngine, AnUndoThatSucceedsBeforeTheNextOneIsBegunIsEnough) {
  Engine engine = undoing();
  EXPECT_TRUE(has<action::Observe>(engine.step(event::Restored{kFault, 1, true, ""}, at(367))));
}

TEST(DrillEngine, WhatIsUndoneAfreshIsNotAnsweredByAnUndoFromBefore) {
  Engine engine = undoing();
  EXPECT_EQ(undos_in(engine.step(event::Woke{}, at(368))), Undos{2});
  engine.step(event::Applied{kFault, DoResult::Ok, ""}, at(369));
  EXPECT_EQ(undos_in(engine.step(event::Restored{kFault, 2, true, ""}, at(370))), Undos{3});
  EXPECT_TRUE(engine.step(event::Restored{kFault, 1, true, ""}, at(371)).empty());
}

TEST(DrillEngine, WhatMayStillTakeEffectIsUndoneAtOnceAndOnceMoreWhenItCannotAnyMore) {
  EngineConfig config = small_config();
  config.can_promote = false;
  config.failback.clear();
  for (const DoResult result : {DoResult::Failed, DoResult::Unknown}) {
    Engine engine = injecting(config);
    EXPECT_EQ(undos_in(engine.step(event::Applied{kFault, result, "", true}, at(301))), Undos{1});
    engine.step(event::Restored{kFault, 1, true, ""}, at(302));
    EXPECT_FALSE(engine.finished());
    EXPECT_EQ(undos_in(engine.step(event::Applied{kFault, result, "", false}, at(311))), Undos{2});
  }
}

TEST(DrillEngine, WhatWasDoneAndMayBeDoneAgainHindersNothing) {
  Engine engine = injecting();
  EXPECT_TRUE(
      has<action::Prove>(engine.step(event::Applied{kFault, DoResult::Ok, "", true}, at(301))));
  EXPECT_TRUE(
      undos_in(engine.step(event::Applied{kFault, DoResult::Ok, "", false}, at(305))).empty());
  EXPECT_EQ(engine.phase(), Phase::Injection);
}

TEST(DrillEngine, WakeUpThatComesTooEarlyIsAskedForAgain) {
  Engine engine(small_config());
  engine.step(event::Begin{}, at(0));
  EXPECT_TRUE(has<action::WakeAt>(engine.step(event::Woke{}, at(1))));
}

TEST(DrillEngine, SaysNothingAfterFinish) {
  Engine engine(small_config());
  engine.step(event::Begin{}, at(0));
  EXPECT_TRUE(has<action::Finish>(engine.step(event::Preflighted{false, "locked"}, at(0))));
  EXPECT_TRUE(engine.finished());
  EXPECT_TRUE(engine.step(event::Begin{}, at(1)).empty());
  EXPECT_TRUE(engine.step(event::AbortRequested{}, at(9'000)).empty());
}

TEST(DrillEngine, RefusesAConfigurationThatCannotBeUndone) {
  struct Case {
    const char* name;
    void (*change)(EngineConfig&);
  };
  const Case cases[] = {
      {"no fault", [](EngineConfig& c) { c.faults.clear(); }},
      {"fault without undo", [](EngineConfig& c) { c.faults[0].undo = Undo::None; }},
      {"blast radius", [](EngineConfig& c) { c.faults[0].targets = {"a", "b"}; }},
      {"baseline shorter than hold", [](EngineConfig& c) { c.timing.baseline = base::seconds(9); }},
      {"deadline of zero", [](EngineConfig& c) { c.timing.recovery = {}; }},
      {"step timeout of zero", [](EngineConfig& c) { c.steps[0].timeout = {}; }},
      {"a look with an undo", [](EngineConfig& c) { c.steps[0].changes_target = false; }},
      {"no attempts", [](EngineConfig& c) { c.restore_attempts = 0; }},
  };
  EXPECT_TRUE(problems_of(small_config()).empty());
  for (const Case& test : cases) {
    EngineConfig config = small_config();
    test.change(config);
    EXPECT_EQ(problems_of(config).size(), 1U) << test.name;
    Engine engine(config);
    EXPECT_TRUE(has<action::Finish>(engine.step(event::Begin{}, at(0)))) << test.name;
  }
}

// ---- the observer -------------------------------------------------------------------------

/// What the observer says of one step after a list of good ones.
std::optional<std::string> breach_of(
    const std::vector<std::pair<Event, std::vector<Action>>>& steps,
    const EngineConfig& config = small_config()) {
  EngineInvariants invariants(config);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto broken = invariants.breach(steps[i].first, steps[i].second);
    if (broken || i + 1 == steps.size()) return broken;
  }
  return std::nullopt;
}

std::string rule(const std::optional<std::string>& breach) {
  return breach ? breach->substr(0, 2) : "";
}

const action::WakeAt kWake{at(9'999)};
const event::Observed kPromoted{0, Service::Bad, {}, {}, Seen::Yes, Seen::No, true, {}};
const std::pair<Event, std::vector<Action>> kBegun{event::Begin{}, {kWake, action::Record{kFault}}};
const std::pair<Event, std::vector<Action>> kInjected{event::Recorded{kFault, true, ""},
                                                      {action::Inject{kFault}}};

TEST(DrillEngineInvariants, FindEveryBrokenPromise) {
  EXPECT_EQ(rule(breach_of({kBegun, kInjected})), "");
  EXPECT_EQ(rule(breach_of({kBegun, {event::Woke{}, {kWake, action::Inject{kFault}}}})), "I1");
  EXPECT_EQ(
      rule(breach_of({kBegun, {event::Recorded{kFault, false, ""}, {action::Inject{kFault}}}})),
      "I1");
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {event::Begin{}, {action::Inject{kFault}}}})), "I2");
  const std::pair<Event, std::vector<Action>> abort{event::AbortRequested{}, {}};
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, abort, {event::Begin{}, {action::Record{kStep}}}})),
            "I3");
  EXPECT_EQ(
      rule(breach_of({kBegun, kInjected, abort, {event::Begin{}, {action::TakeFinalRead{}}}})),
      "I3");
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {event::Begin{}, {action::Restore{kFault, 1}}}})),
            "I4");
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {kPromoted, {action::Restore{kFault, 1}}}})), "I4");
  EngineConfig always = small_config();
  always.faults[0].undo = Undo::Always;
  const action::Restore first{kFault, 1};
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {event::Begin{}, {first}}}, always)), "");
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {event::Begin{}, {first, first}}}, always)), "I6");
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {event::Begin{}, {action::RunStep{kFailback, 1}}}})),
            "I5");
  action::Finish whole;
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {event::Begin{}, {whole}}})), "I6");
  EXPECT_EQ(rule(breach_of({kBegun, kInjected, {kPromoted, {whole}}})), "");
  EXPECT_EQ(rule(breach_of({kBegun, {event::Woke{}, {}}})), "I7");
  EXPECT_EQ(rule(breach_of({kBegun, {event::Begin{}, {whole, kWake}}})), "I7");
}

TEST(DrillEngineText, EventsSurviveWritingAndReading) {
  const Event events[] = {
      event::Begin{},
      event::Preflighted{false, "target is locked"},
      event::Recorded{kStep, true, ""},
      event::Applied{kFailback, DoResult::Unknown, "no reply"},
      event::Applied{kFault, DoResult::Failed, "no time", true},
      event::Proven{kFault, true, "gone"},
      event::Observed{7, Service::Bad, at(1), at(2), Seen::Yes, Seen::No, false, {"a", "proxy"}},
      event::FinalReadDone{FinalRead::Which::Rejoined, false, "refused"},
      event::Restored{kFault, 1, true, ""},
      event::Restored{kFault, 3, false, "attempt=2 is no longer under way"},
      event::AbortRequested{AbortReason::DiskFull, "journal"},
      event::Woke{}};
  for (const Event& event : events) {
    const auto again = parse_event(to_string(event));
    ASSERT_TRUE(again) << to_string(event);
    EXPECT_EQ(*again, event) << to_string(event);
  }
  for (const char* bad :
       {"", "Begun", "Applied fault:x Ok", "Applied fault:0 Fine", "Applied fault:0 ,may-land",
        "Woke up", "Observed Good since=soon", "Restored step:-1 ok",
        "Restored step:0 attempt=x ok", "Restored step:0 attempt=2"}) {
    EXPECT_FALSE(parse_event(bad)) << bad;
  }
}

}  // namespace
}  // namespace drill
