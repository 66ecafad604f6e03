#include "cluster/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

using api::Node;
using testing::HasSubstr;

Selector selector(const std::string& json) {
  auto parsed = Selector::parse(*api::parse_json(json));
  EXPECT_TRUE(parsed.has_value()) << parsed.error().message;
  return parsed.value_or(Selector{});
}

TEST(ClusterSelector, EveryRequirementMustHold) {
  const Selector both = selector(R"({"matchLabels":{"app":"web"},"matchExpressions":[
      {"key":"tier","operator":"In","values":["a","b"]}]})");
  EXPECT_TRUE(both.matches({{"app", "web"}, {"tier", "b"}}));
  EXPECT_FALSE(both.matches({{"app", "web"}, {"tier", "c"}}));
  EXPECT_FALSE(both.matches({{"app", "web"}}));
  EXPECT_FALSE(both.matches({{"tier", "a"}}));
}

TEST(ClusterSelector, NegationsAsTheApiServerReadsThem) {
  const Selector not_in =
      selector(R"({"matchExpressions":[{"key":"tier","operator":"NotIn","values":["a"]}]})");
  EXPECT_TRUE(not_in.matches({})) << "a label that is not there is not among the values";
  EXPECT_TRUE(not_in.matches({{"tier", "b"}}));
  EXPECT_FALSE(not_in.matches({{"tier", "a"}}));
  EXPECT_TRUE(
      selector(R"({"matchExpressions":[{"key":"x","operator":"DoesNotExist"}]})").matches({}));
  EXPECT_TRUE(
      selector(R"({"matchExpressions":[{"key":"x","operator":"Exists"}]})").matches({{"x", ""}}));
}

TEST(ClusterSelector, OneThatAsksForNothingSelectsNothing) {
  EXPECT_FALSE(selector("{}").matches({{"app", "web"}}));
}

TEST(ClusterSelector, AnOperatorThatIsNotKnownIsNotGuessed) {
  const auto parsed =
      Selector::parse(*api::parse_json(R"({"matchExpressions":[{"key":"x","operator":"Like"}]})"));
  ASSERT_FALSE(parsed.has_value());
  EXPECT_THAT(parsed.error().message, HasSubstr("'Like'"));
}

TEST(ClusterObjects, APodIsReadyByItsCondition) {
  const auto pod = parse_pod(R"({"metadata":{"name":"db-0","uid":"u","labels":{"app":"db"}},
      "spec":{"nodeName":"n1"},"status":{"phase":"Running","podIP":"10.0.0.1",
      "conditions":[{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"False"}]}})");
  ASSERT_TRUE(pod.has_value());
  EXPECT_FALSE(pod->ready);
  EXPECT_FALSE(pod->ended());
  EXPECT_EQ(pod->ip, "10.0.0.1");
  EXPECT_EQ(pod->node, "n1");
  EXPECT_EQ(pod->labels.at("app"), "db");
}

TEST(ClusterObjects, AWorkloadWantsOneReplicaWhereItSaysNothing) {
  const auto workload = parse_workload(
      "Deployment", R"({"metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"a":"b"}}}})");
  ASSERT_TRUE(workload.has_value());
  EXPECT_EQ(workload->desired, 1);
  EXPECT_EQ(workload->ready, 0);
}

TEST(ClusterObjects, ADaemonSetIsCountedByItsNodes) {
  const auto workload = parse_workload(
      "DaemonSet", R"({"metadata":{"name":"log"},"spec":{"selector":{"matchLabels":{"a":"b"}}},
      "status":{"desiredNumberScheduled":3,"numberReady":2}})");
  ASSERT_TRUE(workload.has_value());
  EXPECT_EQ(workload->desired, 3);
  EXPECT_EQ(workload->ready, 2);
}

TEST(ClusterObjects, OnlyTheOneValueOptsIn) {
  EXPECT_TRUE(opted_in({{"muster.dev/drills", "enabled"}}));
  EXPECT_FALSE(opted_in({{"muster.dev/drills", "true"}}));
  EXPECT_FALSE(opted_in({}));
}

TEST(ClusterObjects, WhatHasNoNameIsNoObject) {
  EXPECT_FALSE(parse_pod("{}").has_value());
  EXPECT_FALSE(parse_service("[]").has_value());
  EXPECT_FALSE(parse_workload("Deployment", "no").has_value());
}

}  // namespace
}  // namespace cluster
