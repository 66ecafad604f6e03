#include "cluster/drill_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

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

TEST(DrillObject, TheServerKeepsWhenTheLastHeartbeatCame) {
  const auto drill = parse_drill(R"({"metadata":{"name":"d","managedFields":[
      {"manager":"muster","time":"2026-01-01T00:00:09Z"},
      {"manager":"muster-heart","subresource":"status","time":"2026-01-01T00:00:07Z"}]}})");
  ASSERT_TRUE(drill && drill->beat_time);
  EXPECT_EQ(*drill->beat_time, *kube::parse_time("2026-01-01T00:00:07Z"));
  EXPECT_FALSE(parse_drill(R"({"metadata":{"name":"d"}})")->beat_time);
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

}  // namespace
}  // namespace cluster
