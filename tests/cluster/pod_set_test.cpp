#include "cluster/pod_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

using api::Node;

Node json(const char* text) {
  return *api::parse_json(text);
}

api::WorkloadSpec pg(std::int64_t count) {
  return {"pg", api::kPodSet, json(R"({"matchLabels":{"cluster":"pg"}})"), count};
}

Pod pod(const std::string& name, Labels labels, bool ready = true) {
  Pod out;
  out.name = name;
  out.labels = std::move(labels);
  out.ready = ready;
  return out;
}

TEST(PodSet, AsManyAreReadyAsServeAndAsManyAreWantedAsThePlanSays) {
  std::vector<Pod> pods = {pod("pg-1", {{"cluster", "pg"}}), pod("pg-2", {{"cluster", "pg"}}),
                           pod("pg-3", {{"cluster", "pg"}}, false),
                           pod("pg-4", {{"cluster", "pg"}}), pod("web", {{"app", "web"}})};
  pods[1].deleting = true;
  pods[3].phase = "Failed";
  const auto set = pod_set(pg(3), false, pods);
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->name, "pg");
  EXPECT_EQ(set->desired, 3);
  EXPECT_EQ(set->ready, 1);
  EXPECT_EQ(set->uid, "") << "a set is never another one of its name";
}

TEST(PodSet, ThePodsOfDrillsAreInNone) {
  const Node loose = json(R"({"matchExpressions":[{"key":"app","operator":"NotIn",
      "values":["web"]}]})");
  const auto selector = Selector::parse(selects_of(loose, false));
  ASSERT_TRUE(selector.has_value());
  EXPECT_TRUE(selector->matches({{"app", "db"}}));
  EXPECT_FALSE(selector->matches({{"app", "muster"}, {kDrillLabel, "uid"}}));
  EXPECT_EQ(selector->query(), "app notin (web),!muster.dev/drill");
}

TEST(PodSet, WhereEachPodAgreesOneWithoutTheLabelIsInNone) {
  const Node selects = selects_of(pg(1).selector, true);
  const auto selector = Selector::parse(selects);
  ASSERT_TRUE(selector.has_value());
  EXPECT_FALSE(selector->matches({{"cluster", "pg"}}));
  EXPECT_TRUE(selector->matches({{"cluster", "pg"}, {kOptInLabel, kOptInValue}}));
  const auto set = pod_set(pg(1), true, {pod("pg-1", {{"cluster", "pg"}})});
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->ready, 0);
  EXPECT_TRUE(set->selects == selects) << "as a NetworkPolicy selects them";
}

TEST(PodSet, ASelectorThatAsksForNothingIsNoSet) {
  for (const char* nothing : {"{}", R"({"matchLabels":{},"matchExpressions":[]})"}) {
    api::WorkloadSpec spec = pg(1);
    spec.selector = json(nothing);
    EXPECT_FALSE(pod_set(spec, true, {}).has_value()) << nothing;
    EXPECT_EQ(selects_of(spec.selector, true).size(), 0U);
  }
}

TEST(PodSet, TheFirstThatHasNotAgreedIsNamed) {
  const std::vector<Pod> pods = {pod("pg-1", {{kOptInLabel, kOptInValue}}), pod("pg-2", {}),
                                 pod("pg-3", {})};
  ASSERT_NE(first_closed(pods), nullptr);
  EXPECT_EQ(first_closed(pods)->name, "pg-2");
  EXPECT_EQ(first_closed({pods[0]}), nullptr);
}

}  // namespace
}  // namespace cluster
