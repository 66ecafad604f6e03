#include "cluster/drill_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

using api::Node;

TEST(DrillObject, IsReadFromItsJson) {
  const auto drill = parse_drill(R"({"metadata":{"namespace":"shop","name":"d","uid":"u",
      "resourceVersion":"7","generation":3,"deletionTimestamp":"2026-01-01T00:00:00Z",
      "finalizers":["other","muster.dev/undo"]},
      "spec":{"planRef":{"name":"p"},"profile":"quick","abort":true},
      "status":{"phase":"Recovery","runner":{"uid":"r"},"journal":"x"}})");
  ASSERT_TRUE(drill.has_value());
  EXPECT_EQ(kube::to_string(drill->key), "shop/d");
  EXPECT_EQ(drill->plan, "p");
  EXPECT_EQ(drill->profile, "quick");
  EXPECT_TRUE(drill->abort);
  EXPECT_TRUE(drill->deleting);
  EXPECT_TRUE(drill->has_finalizer);
  EXPECT_EQ(drill->generation, 3);
  EXPECT_EQ(drill->runner(), "r");
  EXPECT_FALSE(drill->finished());
}

TEST(DrillObject, APatchIsFencedByBothUids) {
  const auto patch = api::parse_json(fenced_patch("object", "runner", {{"phase", "Recovery"}}));
  ASSERT_TRUE(patch.has_value());
  ASSERT_EQ(patch->items().size(), 3U);
  EXPECT_EQ(patch->items()[0]["op"].as_string(), "test");
  EXPECT_EQ(patch->items()[0]["path"].as_string(), "/metadata/uid");
  EXPECT_EQ(patch->items()[0]["value"].as_string(), "object");
  EXPECT_EQ(patch->items()[1]["path"].as_string(), "/status/runner/uid");
  EXPECT_EQ(patch->items()[1]["value"].as_string(), "runner");
  EXPECT_EQ(patch->items()[2]["op"].as_string(), "add");
  EXPECT_EQ(patch->items()[2]["path"].as_string(), "/status/phase");
}

TEST(DrillObject, AConditionKeepsItsTimeWhileItsStatusStays) {
  Node conditions = with_condition(Node(), "Running", "True", "Baseline", "", "t1", 1);
  conditions = with_condition(conditions, "Succeeded", "False", "Missed", "", "t1", 1);
  conditions = with_condition(conditions, "Running", "True", "Recovery", "", "t2", 2);
  ASSERT_EQ(conditions.items().size(), 2U);
  const Node& running = *condition_of(conditions, "Running");
  EXPECT_EQ(running["reason"].as_string(), "Recovery");
  EXPECT_EQ(running["lastTransitionTime"].as_string(), "t1");
  conditions = with_condition(conditions, "Running", "False", "Ended", "", "t3", 2);
  EXPECT_EQ((*condition_of(conditions, "Running"))["lastTransitionTime"].as_string(), "t3");
  EXPECT_EQ(condition_of(conditions, "Undone"), nullptr);
}

TEST(DrillObject, ATimeHasNoFractions) {
  EXPECT_EQ(time_text(base::WallTime(base::millis(1'750'000'000'999))), "2025-06-15T15:06:40Z");
}

}  // namespace
}  // namespace cluster
