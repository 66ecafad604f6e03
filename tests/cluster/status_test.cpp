#include "cluster/status.h"

#include <gtest/gtest.h>

namespace cluster {
namespace {

using api::Node;

TEST(Status, AConditionKeepsItsTimeWhileItsStatusStays) {
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

TEST(Status, ATimeHasNoFractions) {
  EXPECT_EQ(time_text(base::WallTime(base::millis(1'750'000'000'999))), "2025-06-15T15:06:40Z");
}

TEST(Status, SaysWhatItHasAlready) {
  const Node status = *api::parse_json(R"({"phase":"Recovery","drills":3})");
  EXPECT_TRUE(says(status, *api::parse_json(R"({"phase":"Recovery"})")));
  EXPECT_TRUE(says(status, *api::parse_json(R"({"reasons":[]})")));
  EXPECT_FALSE(says(status, *api::parse_json(R"({"phase":"Recovery","drills":4})")));
  EXPECT_FALSE(says(status, *api::parse_json(R"({"reasons":["Stale"]})")));
  EXPECT_FALSE(says(Node(), *api::parse_json(R"({"phase":""})")));
}

TEST(Status, AVersionIsThatOfItsObject) {
  const ObjectVersion version = version_of(*api::parse_json(
      R"({"metadata":{"namespace":"shop","name":"p","uid":"u","resourceVersion":"9"}})"));
  EXPECT_EQ(kube::to_string(version.key), "shop/p");
  EXPECT_EQ(version.uid, "u");
  EXPECT_EQ(version.version, "9");
}

}  // namespace
}  // namespace cluster
