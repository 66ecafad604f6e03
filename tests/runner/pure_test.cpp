// The runner's decisions, which touch nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/tables.h"
#include "cluster/awaited_writes.h"
#include "drill/monitoring.h"
#include "runner/availability.h"
#include "runner/chronicle.h"
#include "runner/drive.h"
#include "runner/instance_watch.h"
#include "runner/plan_config.h"
#include "runner/results.h"
#include "runner/status.h"
#include "runner/user_load.h"

namespace runner {
namespace {

using base::TimePoint;
using testing::HasSubstr;

TimePoint at(std::int64_t millis) {
  return TimePoint(base::millis(millis));
}

probes::StreamStatus stream(bool decides, TimePoint good_since, TimePoint bad_since) {
  probes::StreamStatus status;
  status.info.decides = decides;
  status.running = true;
  status.info.deadline = base::millis(250);
  status.good_since = good_since;
  status.bad_since = bad_since;
  return status;
}

TEST(Drive, WhatAProofLastSawIsToldBeforeTheEngineGivesItUp) {
  EXPECT_EQ(before_the_engine(base::seconds(10)), base::millis(9'500));
  EXPECT_EQ(before_the_engine(base::seconds(1)), base::millis(900));
  EXPECT_EQ(before_the_engine(base::Duration::zero()), base::Duration::zero());
  EXPECT_EQ(before_the_engine(base::seconds(60), base::seconds(3)), base::millis(56'500));
  EXPECT_EQ(before_the_engine(base::seconds(4), base::seconds(3)), base::millis(1'600));
}

/// A fault or a step has its whole timeout, and what it writes is awaited after that.
TEST(Drive, WhatACancelledPartWritesIsAwaitedForLessThanTheEngineWaits) {
  EXPECT_LT(cluster::kAnswerWithin, drill::EngineTiming{}.cancel_grace);
}

TEST(Availability, GoodOnlyWhenEveryDecidingStreamIsGoodSinceTheLast) {
  const auto out =
      availability_of({stream(true, at(100), base::kNever), stream(true, at(300), base::kNever),
                       stream(false, base::kNever, at(5))},
                      at(1000));
  EXPECT_EQ(out.service, drill::Service::Good);
  EXPECT_EQ(out.since, at(300));
  EXPECT_EQ(out.through, at(750));
}

TEST(Availability, OneBadDecidingStreamIsBadSinceTheFirst) {
  const auto out =
      availability_of({stream(true, base::kNever, at(400)), stream(true, base::kNever, at(200)),
                       stream(true, at(1), base::kNever)},
                      at(1000));
  EXPECT_EQ(out.service, drill::Service::Bad);
  EXPECT_EQ(out.since, at(200));
}

TEST(Availability, AStreamThatWasStoppedSaysNothingOfNow) {
  // The ledger ended with a late answer, and with it its last word would be "bad" for ever.
  probes::StreamStatus ledger = stream(true, base::kNever, at(400));
  ledger.running = false;
  probes::StreamStatus reads = stream(false, at(300), base::kNever);
  reads.info.kind = drill::StreamKind::ReadService;
  probes::StreamStatus pinned = stream(false, base::kNever, at(100));
  pinned.info.kind = drill::StreamKind::PinnedNew;
  const auto good = availability_of({ledger, reads, pinned}, at(1000));
  EXPECT_EQ(good.service, drill::Service::Good);
  EXPECT_EQ(good.since, at(300));
  probes::StreamStatus open = stream(false, base::kNever, at(500));
  open.info.kind = drill::StreamKind::ServiceOpen;
  EXPECT_EQ(availability_of({ledger, reads, open}, at(1000)).service, drill::Service::Bad);
  EXPECT_EQ(availability_of({ledger, pinned}, at(1000)).service, drill::Service::Unknown);
}

TEST(Availability, UnknownUntilEveryDecidingStreamHasAnswered) {
  EXPECT_EQ(availability_of({}, at(1)).service, drill::Service::Unknown);
  EXPECT_EQ(
      availability_of({stream(true, at(1), base::kNever), stream(true, base::kNever, base::kNever)},
                      at(9))
          .service,
      drill::Service::Unknown);
}

TEST(PlanConfig, EverySignalThatAPlanMayNameCanBeWatched) {
  EXPECT_EQ(api::table_at(api::recovery_plan_table(), "spec.monitoring").allowed, drill::signals());
}

TEST(ControlUp, TwoFailuresInARowAndNoAnswerInTime) {
  probes::StreamStatus control;
  control.info.kind = drill::StreamKind::Control;
  control.info.interval = base::millis(100);
  control.info.deadline = base::millis(250);
  EXPECT_TRUE(control_up({control}, at(5000))) << "no answer yet";
  control.bad_since = at(1000);
  EXPECT_TRUE(control_up({control}, at(1450)));
  EXPECT_FALSE(control_up({control}, at(1451)));
  control.info.kind = drill::StreamKind::ServiceNew;
  EXPECT_TRUE(control_up({control}, at(9000))) << "the service may be away, the control may not";
}

TEST(LoadSeed, IsTheDrillsOwnAndTheSameAgain) {
  EXPECT_EQ(load_seed("a"), 0xe40c292cU) << "FNV-1a";
  EXPECT_NE(load_seed("failover-1"), load_seed("failover-2"));
}

api::RecoveryPlan plan_from(const char* spec) {
  api::RecoveryPlan plan;
  plan.document = api::parse_json(spec).value();
  return plan;
}

TEST(SpecDigest, ChangesWithWhatDecidesAndWithNothingElse) {
  const std::string digest = spec_digest(plan_from(R"({"spec": {"a": 1, "description": "x"}})"));
  EXPECT_EQ(spec_digest(plan_from(R"({"spec": {"a": 1, "profiles": {"quick": 2}}})")), digest);
  EXPECT_NE(spec_digest(plan_from(R"({"spec": {"a": 2}})")), digest) << "an override";
  EXPECT_NE(spec_digest(plan_from(R"({"spec": {"a": 1, "profile": "quick"}})")), digest);
}

using Role = probes::PgInstanceView::Role;

probes::PgInstanceView instance(Role role, std::uint32_t timeline = 1, std::size_t streaming = 0) {
  probes::PgInstanceView view;
  view.role = role;
  view.identity.timeline = timeline;
  for (std::size_t i = 0; i < streaming; ++i)
    view.standbys.push_back({"s", "streaming", "async", 0, {}});
  return view;
}

TEST(InstanceWatch, PromotionIsSeenOnAnotherInstanceOnly) {
  const InstanceBaseline before =
      baseline_of({{"a", instance(Role::Primary, 1, 1)}, {"b", instance(Role::Standby)}});
  EXPECT_EQ(before.primary, "a");
  EXPECT_EQ(before.standbys, 1U);
  struct Case {
    const char* name;
    Role a, b;
    drill::Seen seen;
  };
  const Case cases[] = {{"as before", Role::Primary, Role::Standby, drill::Seen::No},
                        {"old one down", Role::Down, Role::Standby, drill::Seen::No},
                        {"taken over", Role::Down, Role::Primary, drill::Seen::Yes},
                        {"two primaries", Role::Primary, Role::Primary, drill::Seen::Yes},
                        {"cannot tell", Role::Down, Role::Down, drill::Seen::Unknown}};
  for (const Case& c : cases) {
    EXPECT_EQ(promoted_by({{"a", instance(c.a)}, {"b", instance(c.b, 2)}}, before), c.seen)
        << c.name;
  }
}

TEST(InstanceWatch, RedundancyWantsAsManyStreamingStandbysAsBefore) {
  const InstanceBaseline before{"a", 1, 1};
  EXPECT_EQ(redundancy_by({{"b", instance(Role::Primary, 2, 0)}}, before), drill::Seen::No);
  EXPECT_EQ(redundancy_by({{"b", instance(Role::Primary, 2, 1)}}, before), drill::Seen::Yes);
  EXPECT_EQ(redundancy_by({{"b", instance(Role::Down)}}, before), drill::Seen::Unknown);
}

TEST(InstanceWatch, OfTwoPrimariesTheHigherTimelineCounts) {
  EXPECT_EQ(primary_of({{"a", instance(Role::Primary, 1)}, {"b", instance(Role::Primary, 2)}}),
            "b");
  EXPECT_EQ(primary_of({{"a", instance(Role::Primary, 3)}, {"b", instance(Role::Primary, 2)}}),
            "a");
  EXPECT_EQ(primary_of({{"a", instance(Role::Standby)}}), "");
}

drill::EngineConfig two_steps() {
  drill::EngineConfig config;
  drill::PartConfig assess;
  assess.name = "assess";
  assess.phase = "FailureAssessment";
  assess.changes_target = false;
  drill::PartConfig promote;
  promote.name = "promote";
  promote.phase = "BackupActivation";
  config.steps = {assess, promote};
  return config;
}

TEST(Chronicle, DeclaredIsTheAssessmentsEndAndDecidedTheFirstStepThatActs) {
  const drill::EngineConfig config = two_steps();
  Chronicle chronicle(config);
  const drill::PartId assess{drill::PartId::Kind::Step, 0};
  const drill::PartId promote{drill::PartId::Kind::Step, 1};
  chronicle.action(drill::action::Inject{{drill::PartId::Kind::Fault, 0}}, at(10));
  chronicle.event(drill::event::Proven{{drill::PartId::Kind::Fault, 0}, true, ""}, at(12));
  chronicle.action(drill::action::RunStep{assess, 1}, at(13));
  chronicle.event(drill::event::Applied{assess, drill::DoResult::Ok, "down"}, at(20));
  chronicle.action(drill::action::RunStep{promote, 1}, at(21));
  chronicle.event(drill::event::Applied{promote, drill::DoResult::Failed, "no"}, at(30));
  drill::Evidence evidence;
  chronicle.fill(evidence);
  EXPECT_EQ(evidence.fault_begun, at(10));
  EXPECT_EQ(evidence.fault_effective, at(12));
  EXPECT_EQ(evidence.declared, at(20));
  EXPECT_EQ(evidence.decided, at(21));
  ASSERT_EQ(evidence.steps.size(), 2U);
  EXPECT_TRUE(evidence.steps[0].ok);
  EXPECT_FALSE(evidence.steps[1].ok);
  EXPECT_EQ(evidence.steps[1].detail, "no");
}

TEST(Chronicle, AStepThatMayStillTakeEffectHasEndedWithItsFirstAnswer) {
  const drill::EngineConfig config = two_steps();
  Chronicle chronicle(config);
  const drill::PartId step{drill::PartId::Kind::Step, 0};
  chronicle.action(drill::action::RunStep{step, 1}, at(13));
  chronicle.event(drill::event::Applied{step, drill::DoResult::Ok, "done", true}, at(20));
  chronicle.event(drill::event::Applied{step, drill::DoResult::Ok, "done", false}, at(30));
  drill::Evidence evidence;
  chronicle.fill(evidence);
  ASSERT_EQ(evidence.steps.size(), 1U);
  EXPECT_EQ(evidence.steps[0].ended, at(20));
}

TEST(Chronicle, FaultThatWasNeverProvenHasNoEffectiveTime) {
  const drill::EngineConfig config = two_steps();
  Chronicle chronicle(config);
  chronicle.action(drill::action::Inject{{drill::PartId::Kind::Fault, 0}}, at(10));
  chronicle.event(drill::event::Proven{{drill::PartId::Kind::Fault, 0}, false, "alive"}, at(12));
  drill::Evidence evidence;
  chronicle.fill(evidence);
  EXPECT_EQ(evidence.fault_effective, base::kNever);
}

TEST(DrillStatus, JsonRoundTripKeepsEverything) {
  DrillStatus status;
  status.id = "x";
  status.plan = "p";
  status.outage_seconds = 1.5;
  status.streams = {{"orders/W", true, false, true, 2, 10, 3, 0.5, "Refused"}};
  status.events = {{7, 1.25, "FaultBegun \"quoted\"\nsecond line"}};
  status.finished = true;
  status.verdict = "Missed";
  status.exit_code = 3;
  for (const std::optional<double> rpo : {std::optional(60.0), std::optional<double>()}) {
    status.rpo_seconds = rpo;
    const auto back = status_from_json(to_json(status));
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_EQ(*back, status);
  }
}

TEST(DrillStatus, WhatIsNoStatusIsRefused) {
  EXPECT_FALSE(status_from_json("{}").has_value());
  EXPECT_FALSE(status_from_json("[").has_value());
  EXPECT_FALSE(status_from_json(R"({"version":2,"id":"x"})").has_value());
}

TEST(ExitCode, FollowsVerdictUnlessTheTargetIsBroken) {
  drill::Report report;
  report.verdict = drill::Verdict::Met;
  EXPECT_EQ(exit_code(report), 0);
  report.verdict = drill::Verdict::Missed;
  EXPECT_EQ(exit_code(report), 3);
  report.verdict = drill::Verdict::Inconclusive;
  EXPECT_EQ(exit_code(report), 4);
  report.verdict = drill::Verdict::Invalid;
  EXPECT_EQ(exit_code(report), 4);
  report.verdict = drill::Verdict::Met;
  report.ending = drill::Ending::NotWhole;
  EXPECT_EQ(exit_code(report), 1);
}

}  // namespace
}  // namespace runner
