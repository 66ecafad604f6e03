#include "sidecar/limit_rule.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

TEST(LimitRule, HasANameWhatItIsForAndItsLimits) {
  const auto rule = parse_limit_rule(
      R"({"name":"login","path":"/login","method":"POST","header":"X-A","value":"b*",
          "limits":[{"requests":10,"seconds":60},{"requests":50,"seconds":3600}]})");
  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(rule->name, "login");
  EXPECT_EQ(rule->match, (limit::Match{"/login", "POST", "X-A", "b*"}));
  ASSERT_EQ(rule->limits.size(), 2U);
  EXPECT_EQ(rule->limits[1], (limit::Limit{50, base::seconds(3600)}));
}

TEST(LimitRule, WhatIsWrongIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "where a map belongs"},
      {R"({"nam":"a"})", "no field 'nam'; there are name, path, method, header, value, limits"},
      {R"({"name":1,"limits":[]})", "name: "},
      {R"({"name":"a"})", "limits: at least one"},
      {R"({"limits":[{"requests":0,"seconds":1}]})", "requests: a whole number from 1 to 1000000"},
      {R"({"limits":[{"requests":1}]})", "seconds: a whole number from 1 to 2678400"},
      {R"({"limits":[{"requests":1,"seconds":1,"minutes":1}]})", "no field 'minutes'"},
  };
  for (const auto& [text, said] : cases) {
    const auto rule = parse_limit_rule(text);
    ASSERT_FALSE(rule.has_value()) << text;
    EXPECT_THAT(rule.error().message, HasSubstr(said)) << text;
  }
}

}  // namespace
}  // namespace sidecar
