#include "cluster/objects.h"

#include <fmt/format.h>
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

TEST(ClusterSelector, IsAskedForAsARequestSpellsIt) {
  EXPECT_EQ(selector(R"({"matchLabels":{"app":"web"},"matchExpressions":[
      {"key":"tier","operator":"In","values":["a","b"]},
      {"key":"zone","operator":"NotIn","values":["x"]},
      {"key":"live","operator":"Exists"},{"key":"old","operator":"DoesNotExist"}]})")
                .query(),
            "app=web,tier in (a,b),zone notin (x),live,!old");
  EXPECT_EQ(selector("{}").query(), "");
}

/// Both ways round.
bool exclude(const char* one, const char* two) {
  const bool first = selector(one).excludes(selector(two));
  EXPECT_EQ(selector(two).excludes(selector(one)), first) << one << two;
  return first;
}

TEST(ClusterSelector, TwoExcludeEachOtherWhereNoLabelsMatchBoth) {
  const char* const web = R"({"matchLabels":{"app":"web","tier":"front"}})";
  EXPECT_TRUE(exclude(web, R"({"matchLabels":{"app":"db"}})"));
  EXPECT_FALSE(exclude(web, web));
  EXPECT_FALSE(exclude(web, R"({"matchLabels":{"zone":"a"}})")) << "a pod may have all three";
  EXPECT_FALSE(exclude(web, "{}"));
  const auto expression = [](const char* text) {
    return fmt::format(R"({{"matchExpressions":[{{"key":"app",{}}}]}})", text);
  };
  const auto excludes = [&](const char* text) { return exclude(web, expression(text).c_str()); };
  EXPECT_TRUE(excludes(R"("operator":"DoesNotExist")"));
  EXPECT_FALSE(excludes(R"("operator":"Exists")"));
  EXPECT_TRUE(excludes(R"("operator":"NotIn","values":["web","db"])"));
  EXPECT_FALSE(excludes(R"("operator":"NotIn","values":["db"])"));
  EXPECT_FALSE(excludes(R"("operator":"In","values":["db","web"])"));
  EXPECT_TRUE(exclude(expression(R"("operator":"Exists")").c_str(),
                      expression(R"("operator":"DoesNotExist")").c_str()));
  EXPECT_FALSE(exclude(expression(R"("operator":"NotIn","values":["a"])").c_str(),
                       expression(R"("operator":"DoesNotExist")").c_str()))
      << "one without the label matches both";
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

TEST(ClusterObjects, APodIsOfItsControllerAndOfNoOtherOwner) {
  const auto owned = [](const char* owners) {
    return parse_pod(
               fmt::format(R"({{"metadata":{{"name":"pg-1","ownerReferences":{}}}}})", owners))
        ->owner;
  };
  EXPECT_EQ(owned(R"([{"kind":"Node"},{"kind":"Cluster","controller":true}])"), "Cluster");
  EXPECT_EQ(owned(R"([{"kind":"Cluster","controller":false}])"), "");
  EXPECT_EQ(owned("[]"), "");
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
