#include "sim/api_selector.h"

#include <gtest/gtest.h>

namespace sim {
namespace {

TEST(ApiSelector, AllOfItMustHold) {
  const api::Node web =
      *api::parse_json(R"({"metadata":{"name":"a","labels":{"app":"web","tier":"front"}}})");
  const auto matches = [&web](const char* labels, const char* fields = "") {
    const auto selector = ApiSelector::parse(labels, fields);
    EXPECT_TRUE(selector.has_value()) << labels;
    return selector && selector->matches(web);
  };
  for (const char* query :
       {"", "app", "app=web", "app==web", "app=web,tier=front", "app in (db,web)", "app!=db",
        "app notin (db,api),tier", "!old", "zone notin (a)", "zone!=a", "app in (web), tier"}) {
    EXPECT_TRUE(matches(query)) << query;
  }
  for (const char* query : {"zone", "app=db", "app=web,tier=back", "app in (db,api)", "!app",
                            "app!=web", "app notin (db,web)", "zone=a", "zone in (a)"}) {
    EXPECT_FALSE(matches(query)) << query;
  }
  EXPECT_TRUE(matches("app", "metadata.name=a"));
  EXPECT_FALSE(matches("app", "metadata.name=b"));
}

TEST(ApiSelector, WhatIsNoSelectorIsRefused) {
  for (const char* query : {"app in web", "app in (a", "a b", "!", "=a", "!app=b", "app=a=b",
                            "app is (a)", ",", "app,,tier"}) {
    EXPECT_FALSE(ApiSelector::parse(query, "").has_value()) << query;
  }
  EXPECT_FALSE(ApiSelector::parse("", "status.phase=Running").has_value());
}

}  // namespace
}  // namespace sim
