#include "operator/drill_copy.h"

#include <gtest/gtest.h>

#include "operator/drill_decide.h"
#include "operator/plan_status.h"

namespace op {
namespace {

std::string drill(const std::string& phase, int rto_seconds) {
  return R"({"metadata":{"namespace":"shop","name":"d-1","uid":"u","resourceVersion":"7",
      "finalizers":["muster.dev/undo"],"annotations":{"muster.dev/slot":"2026-11-02T03:00:00Z"},
      "ownerReferences":[{"kind":"DrillSchedule","uid":"s"}]},
      "spec":{"planRef":{"name":"p"},"profile":"quick"},
      "status":{"phase":")" +
         phase + R"(","verdict":"Met","reason":"as it was","startTime":"2026-11-02T03:00:00Z",
      "completionTime":"2026-11-02T03:05:00Z","journal":"long","runner":{"uid":"r"},
      "conditions":[{"type":"Accepted","status":"True"}],
      "rto":{"objectiveSeconds":30,"verdict":"Met","lowerMillis":1000,"upperMillis":1200},
      "rpo":{"objectiveSeconds":5,"verdict":"Missed","lowerMillis":7000},
      "plan":{"metadata":{"name":"p"},"spec":{"objectives":{"rtoSeconds":)" +
         std::to_string(rto_seconds) + R"(}}}}})";
}

TEST(DrillCopy, OneThatHasNotEndedIsKeptWhole) {
  for (const char* phase : {"", "Pending", "Starting", "Recovery", "NotWhole"}) {
    const auto copy = parse_drill_copy(drill(phase, 30));
    const auto whole = cluster::parse_drill(drill(phase, 30));
    ASSERT_TRUE(copy && whole);
    EXPECT_EQ(copy->status, whole->status) << phase;
    EXPECT_EQ(copy->spec, whole->spec) << phase;
  }
}

TEST(DrillCopy, OneThatHasEndedIsTheSameRowOfTheHistory) {
  const auto copy = parse_drill_copy(drill("Finished", 30));
  const auto whole = cluster::parse_drill(drill("Finished", 30));
  ASSERT_TRUE(copy && whole);
  const auto kept = row_of(*copy), was = row_of(*whole);
  ASSERT_TRUE(kept && was);
  EXPECT_EQ(kept->drill_id, was->drill_id);
  EXPECT_EQ(kept->plan, was->plan);
  EXPECT_EQ(kept->profile, was->profile);
  EXPECT_EQ(kept->spec_digest, was->spec_digest);
  EXPECT_EQ(kept->started, was->started);
  EXPECT_EQ(kept->finished, was->finished);
  EXPECT_EQ(kept->verdict, was->verdict);
  EXPECT_EQ(kept->reason, was->reason);
  for (const auto objective : {&drill::Summary::rto, &drill::Summary::rpo}) {
    const auto &mine = (*kept).*objective, &theirs = (*was).*objective;
    EXPECT_EQ(mine.objective, theirs.objective);
    EXPECT_EQ(mine.verdict, theirs.verdict);
    ASSERT_TRUE(mine.service && theirs.service);
    EXPECT_EQ(mine.service->lower, theirs.service->lower);
    EXPECT_EQ(mine.service->upper, theirs.service->upper);
  }
}

TEST(DrillCopy, OfOneThatHasEndedWhatNobodyReadsIsLeftOut) {
  const auto copy = parse_drill_copy(drill("Finished", 30));
  ASSERT_TRUE(copy);
  EXPECT_TRUE(copy->spec.is_null());
  EXPECT_FALSE(copy->status.has("journal"));
  EXPECT_FALSE(copy->status.has("conditions"));
  EXPECT_TRUE(copy->status["plan"].is_string());
  EXPECT_EQ(copy->schedule_uid, "s");
  EXPECT_EQ(copy->slot, "2026-11-02T03:00:00Z");
  EXPECT_TRUE(std::holds_alternative<LetGo>(decide(*copy, {})));
}

TEST(DrillCopy, DrillsOfAnotherPlanHaveAnotherDigest) {
  const auto one = parse_drill_copy(drill("Finished", 30));
  const auto other = parse_drill_copy(drill("Finished", 31));
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->status["plan"].as_string(), other->status["plan"].as_string());
}

TEST(DrillCopy, WhatIsNoDrillIsAnError) {
  EXPECT_FALSE(parse_drill_copy("{}"));
  EXPECT_FALSE(parse_drill_copy("no JSON"));
}

}  // namespace
}  // namespace op
