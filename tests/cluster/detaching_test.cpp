#include "cluster/detaching.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

using api::Node;
using testing::HasSubstr;

Service service(const std::string& selector) {
  Service out;
  out.name = "web";
  out.selector = *api::parse_json(selector);
  return out;
}

Workload workload(const std::string& kind, std::int64_t desired = 2) {
  Workload out;
  out.kind = kind;
  out.desired = desired;
  out.selector = *Selector::parse(*api::parse_json(R"({"matchLabels":{"app":"web"}})"));
  return out;
}

TEST(Detaching, TakesTheLabelThatOnlyTheServiceLooksAt) {
  const auto label =
      detaching_label(service(R"({"app":"web","tier":"front"})"), workload("Deployment"), "");
  ASSERT_TRUE(label.has_value());
  EXPECT_EQ(*label, "tier");
  EXPECT_EQ(*detaching_label(service(R"({"app":"web"})"), workload("Deployment"), ""), "app");
  EXPECT_EQ(
      *detaching_label(service(R"({"app":"web","tier":"front"})"), workload("Deployment"), "app"),
      "app");
}

TEST(Detaching, ALabelThatTheServiceDoesNotLookAtIsRefused) {
  const auto label =
      detaching_label(service(R"({"app":"web","tier":"a"})"), workload("Deployment"), "role");
  ASSERT_FALSE(label.has_value());
  EXPECT_THAT(label.error().message, HasSubstr("'role' is not allowed"));
  EXPECT_THAT(label.error().message, HasSubstr("app, tier"));
  EXPECT_FALSE(detaching_label(service("{}"), workload("Deployment"), "").has_value());
}

TEST(Detaching, SelectedIsWhatHasAllLabels) {
  const Service web = service(R"({"app":"web","tier":"front"})");
  EXPECT_TRUE(selected(web, {{"app", "web"}, {"tier", "front"}, {"more", "x"}}));
  EXPECT_FALSE(selected(web, {{"app", "web"}}));
  EXPECT_FALSE(selected(web, {{"app", "web"}, {"tier", kDetached}}));
  EXPECT_FALSE(selected(service("{}"), {{"app", "web"}}));
}

TEST(Detaching, WhatWasLetGoIsDeletedOnlyWhereAnotherOneIsThere) {
  EXPECT_EQ(what_to_do(workload("Deployment"), false, 2), Orphan::Relabel) << "still a part of it";
  EXPECT_EQ(what_to_do(workload("Deployment"), true, 2), Orphan::Delete);
  EXPECT_EQ(what_to_do(workload("Deployment"), true, 1), Orphan::Relabel) << "none was made yet";
  EXPECT_EQ(what_to_do(workload("DaemonSet"), true, 2), Orphan::Delete);
  EXPECT_EQ(what_to_do(workload("StatefulSet"), true, 2), Orphan::Relabel)
      << "its name was never free";
  EXPECT_EQ(what_to_do(workload("Deployment", 0), true, 0), Orphan::Delete) << "scaled down since";
}

}  // namespace
}  // namespace cluster
