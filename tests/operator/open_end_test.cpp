#include "operator/open_end.h"

#include <gtest/gtest.h>

#include "cluster/kinds.h"
#include "runner/plan_config.h"

namespace op {
namespace {

using State = store::JournalEntry::State;

api::Action command(std::int64_t seconds) {
  auto params = api::parse_json(R"({"workload":"web","argv":["stop"]})");
  return {"exec", params->set("timeoutSeconds", seconds), {}};
}

api::Action scaling() {
  return {"scale", *api::parse_json(R"({"workload":"web","replicas":0})"), {}};
}

/// A fault of 30 s, one that is a request, a step of 50 s and one of the failback of 70 s.
api::RecoveryPlan plan() {
  api::RecoveryPlan out;
  out.faults.resize(2);
  out.faults[0].action = command(30);
  out.faults[1].action = scaling();
  out.recovery.resize(1);
  out.recovery[0].action = command(50);
  out.failback.resize(1);
  out.failback[0].action = command(70);
  return out;
}

struct Begun {
  drill::PartId id;
  State state;
};
constexpr drill::PartId kFault{drill::PartId::Kind::Fault, 0};
constexpr drill::PartId kScaling{drill::PartId::Kind::Fault, 1};
constexpr drill::PartId kStep{drill::PartId::Kind::Step, 0};

OpenEnd end_of(const std::vector<Begun>& begun, bool failback = false) {
  store::JournalContents journal;
  for (const Begun& each : begun) {
    store::JournalEntry entry;
    entry.record.part = drill::to_string(each.id);
    entry.record.rule = "Always";
    entry.state = each.state;
    journal.entries.push_back(entry);
  }
  return open_end_of(plan(), cluster::cluster_catalog(), journal, failback);
}

TEST(OpenEnd, ARequestWithoutAResultMayStillLand) {
  const OpenEnd open = end_of({{kScaling, State::Recorded}});
  EXPECT_TRUE(open.request);
  EXPECT_EQ(open.goes_on, base::Duration{});
}

TEST(OpenEnd, ACommandWithoutAResultMayStillRun) {
  const OpenEnd open = end_of({{kFault, State::Recorded}});
  EXPECT_TRUE(open.request);
  EXPECT_EQ(open.goes_on, base::seconds(30));
}

TEST(OpenEnd, ACommandThatWasLostMayStillRunThoughNobodyAsksForItAnyMore) {
  const OpenEnd open = end_of({{kFault, State::Unknown}});
  EXPECT_FALSE(open.request);
  EXPECT_EQ(open.goes_on, base::seconds(30));
}

TEST(OpenEnd, TheLongestIsOutlived) {
  EXPECT_EQ(end_of({{kFault, State::Recorded}, {kStep, State::Unknown}}).goes_on,
            base::seconds(50));
}

TEST(OpenEnd, WhatHasAResultHasEnded) {
  const OpenEnd open = end_of({{kFault, State::Applied}, {kStep, State::Failed}});
  EXPECT_FALSE(open.request);
  EXPECT_EQ(open.goes_on, base::Duration{});
}

TEST(OpenEnd, AStepOfTheFailbackIsInNoJournalAndOutlivedAllTheSame) {
  const OpenEnd open = end_of({{kFault, State::Applied}}, true);
  EXPECT_TRUE(open.request);
  EXPECT_EQ(open.goes_on, base::seconds(70));
}

TEST(OpenEnd, WhereNothingIsLeftThereIsNoneToOutlive) {
  const OpenEnd open = end_of({}, true);
  EXPECT_FALSE(open.request);
  EXPECT_EQ(open.goes_on, base::Duration{});
}

}  // namespace
}  // namespace op
