#include "limit/rules.h"

#include <vector>

#include <gtest/gtest.h>

#include "limit/table.h"

namespace limit {
namespace {

RuleSettings rule(std::string name, Match match = {}) {
  return {std::move(name), std::move(match), {{10, base::seconds(60)}}};
}

Settings with(std::vector<RuleSettings> rules) {
  Settings settings;
  settings.rules = std::move(rules);
  return settings;
}

TEST(Rules, DefaultTo500AnHourAnd2000ADay) {
  const auto rules = Rules::compile(Settings{});
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->all().size(), 1u);
  const Rule& one = rules->all()[0];
  ASSERT_EQ(one.windows.size(), 2u);
  EXPECT_EQ(one.windows[0].limit(), (Limit{500, base::seconds(3600)}));
  EXPECT_EQ(one.windows[1].limit(), (Limit{2000, base::seconds(86400)}));
  EXPECT_EQ(one.policy, "\"default-1h\";q=500;w=3600, \"default-1d\";q=2000;w=86400");
  EXPECT_FALSE(rules->dry_run());
}

TEST(Rules, WindowsAreSortedAndShareACounter) {
  RuleSettings three = rule("three");
  three.limits = {{9, base::seconds(86400)}, {3, base::seconds(10)}, {5, base::seconds(3600)}};
  const auto rules = Rules::compile(with({three}));
  ASSERT_TRUE(rules);
  const Rule& one = rules->all()[0];
  std::size_t end = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(one.windows[i].limit().quota, 3 + 2 * i + (i == 2 ? 2 : 0));
    EXPECT_EQ(one.offsets[i], end);
    end += static_cast<std::size_t>(one.windows[i].words());
  }
  EXPECT_EQ(end, Table::kCounterWords);
  EXPECT_EQ(one.policy.substr(0, 19), "\"three-10s\";q=3;w=1");
}

TEST(Rules, RefuseWhatCannotBeMeantAndSayWhy) {
  const auto limits = [](std::vector<Limit> all) {
    RuleSettings one = rule("x");
    one.limits = std::move(all);
    return with({one});
  };
  Settings deny;
  deny.deny = {"10.0.0.0/40"};
  const struct {
    Settings settings;
    const char* says;
  } cases[] = {{with({rule("")}), "name"},
               {with({rule("a b")}), "name"},
               {with({rule("a\"")}), "name"},
               {with({rule(std::string(33, 'a'))}), "name"},
               {with({rule("a"), rule("a")}), "taken"},
               {limits({}), "0 limits"},
               {limits({{1, base::seconds(1)},
                        {1, base::seconds(2)},
                        {1, base::seconds(3)},
                        {1, base::seconds(4)}}),
                "4 limits"},
               {limits({{0, base::seconds(1)}}), "0 requests"},
               {limits({{kQuotaMax + 1, base::seconds(1)}}), "1000001 requests"},
               {limits({{1, base::millis(1500)}}), "window"},
               {limits({{1, base::seconds(0)}}), "window"},
               {limits({{1, base::seconds(32 * 86400)}}), "window"},
               {limits({{1, base::seconds(60)}, {2, base::seconds(60)}}), "two limits"},
               {with({rule("a", {"api", "", "", ""})}), "api"},
               {with({rule("a", {std::string(257, '/'), "", "", ""})}), "256"},
               {with({rule("a", {"", "GET ", "", ""})}), "method"},
               {with({rule("a", {"", "", "X Y", ""})}), "header"},
               {with({rule("a", {"", "", "", "value"})}), "without the header"},
               {with(std::vector<RuleSettings>(17, rule("a"))), "17 rules"},
               {deny, "10.0.0.0/40"}};
  for (const auto& one : cases) {
    const auto rules = Rules::compile(one.settings);
    ASSERT_FALSE(rules) << one.says;
    EXPECT_NE(rules.error().message.find(one.says), std::string::npos) << rules.error().message;
  }
}

TEST(Rules, MatchByPathMethodAndHeader) {
  const auto rules = Rules::compile(with({rule("all"), rule("login", {"/login*", "POST", "", ""}),
                                          rule("keyed", {"", "", "X-Api-Key", ""}),
                                          rule("mobile", {"", "", "user-agent", "*Mobile*"})}));
  ASSERT_TRUE(rules);
  const Header headers[] = {{"x-api-key", "1"}, {"User-Agent", "A Mobile B"}};
  const Header desktop[] = {{"User-Agent", "A B"}};
  EXPECT_EQ(rules->matching("GET", "/", {}), 0b0001);
  EXPECT_EQ(rules->matching("POST", "/login", {}), 0b0011);
  EXPECT_EQ(rules->matching("GET", "/login", {}), 0b0001);
  EXPECT_EQ(rules->matching("POST", "//x/../%6Cogin?a", {}), 0b0011);
  EXPECT_EQ(rules->matching("POST", "/logout", desktop), 0b0001);
  EXPECT_EQ(rules->matching("POST", "/login", headers), 0b1111);
}

TEST(Rules, APathTooLongToReadIsOneThatEveryRuleIsFor) {
  const auto rules = Rules::compile(with({rule("login", {"/login*", "", "", ""})}));
  ASSERT_TRUE(rules);
  std::string target = "/x";
  for (int i = 0; i < 1000; ++i) target += "/../x";
  EXPECT_EQ(rules->matching("GET", target + "/../%6Cogin", {}), 1);
  EXPECT_EQ(rules->matching("GET", "/x/../x", {}), 0);
}

}  // namespace
}  // namespace limit
