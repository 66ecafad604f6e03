#include "limit/bots.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace limit {
namespace {

constexpr const char* kBrowser =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

Look browser(std::string_view target = "/", std::uint64_t client = 7) {
  return {client, target, kBrowser, true, true, true};
}

TEST(Bots, AreToldByTheirUserAgent) {
  const struct {
    const char* agent;
    bool bot;
  } cases[] = {
      {kBrowser, false},
      {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true},
      {"Mozilla/5.0 (compatible; bingbot/2.0)", true},
      {"SomeBot", true},
      {"curl/8.5.0", true},
      {"Wget/1.21", true},
      {"python-requests/2.31", true},
      {"Go-http-client/1.1", true},
      {"Mozilla/5.0 HeadlessChrome/120.0", true},
      {"Scrapy/2.11 (+https://scrapy.org)", true},
      {"Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50)", false},
      {"Mozilla/5.0 (bottle)", false},
  };
  for (const auto& one : cases) {
    Look look = browser();
    look.user_agent = one.agent;
    EXPECT_EQ(signs_of(look).has(Sign::BotAgent), one.bot) << one.agent;
    Look known = look;
    known.user_agent = "another one";
    known.agent = agent_signs(one.agent);
    EXPECT_EQ(signs_of(known).has(Sign::BotAgent), one.bot) << "what is known counts";
    EXPECT_FALSE(signs_of(look).has(Sign::EmptyAgent)) << one.agent;
  }
  for (const char* const none : {"", " ", "\t "}) {
    Look look = browser();
    look.user_agent = none;
    EXPECT_TRUE(signs_of(look).has(Sign::EmptyAgent));
    EXPECT_FALSE(signs_of(look).has(Sign::BotAgent));
  }
}

TEST(Bots, AreToldByTwoMissingHeaders) {
  for (int present = 0; present < 8; ++present) {
    Look look = browser();
    look.has_accept = (present & 1) != 0;
    look.has_accept_encoding = (present & 2) != 0;
    look.has_accept_language = (present & 4) != 0;
    const int missing = 3 - (present & 1) - (present >> 1 & 1) - (present >> 2 & 1);
    EXPECT_EQ(signs_of(look).has(Sign::MissingHeaders), missing >= 2) << present;
  }
}

TEST(Bots, AreToldByMoreThan50RequestsIn10Seconds) {
  std::vector<Word> memory(BotWatch::kClientWords * 64);
  BotWatch watch(memory, Sharing::OneThread);
  for (int i = 1; i <= 60; ++i) {
    const auto now = base::TimePoint(base::seconds(1000) + i * base::millis(100));
    EXPECT_EQ(watch.look(browser(), now).has(Sign::RequestRate), i > 50) << i;
  }
  EXPECT_EQ(watch.counts()[static_cast<std::size_t>(Sign::RequestRate)], 10u);
  // Nearly five a second, evenly, for a minute.
  for (int i = 0; i < 300; ++i) {
    const auto now = base::TimePoint(base::seconds(2000) + i * base::millis(220));
    ASSERT_FALSE(watch.look(browser(), now).any()) << i;
  }
}

std::vector<bool> sequential(const std::vector<std::string>& targets) {
  std::vector<Word> memory(BotWatch::kClientWords * 64);
  BotWatch watch(memory, Sharing::OneThread);
  std::vector<bool> signs;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto now = base::TimePoint(base::seconds(1000 + static_cast<std::int64_t>(i)));
    signs.push_back(watch.look(browser(targets[i]), now).has(Sign::SequentialPages));
  }
  return signs;
}

std::vector<std::string> pages(std::string_view before, std::initializer_list<int> numbers,
                               std::string_view after = "") {
  std::vector<std::string> all;
  for (const int n : numbers) {
    all.push_back(std::string(before) + std::to_string(n) + std::string(after));
  }
  return all;
}

TEST(Bots, AreToldByPagesInSequence) {
  const std::vector<bool> sixth = {false, false, false, false, false, true, true};
  const std::vector<bool> never(7, false);
  EXPECT_EQ(sequential(pages("/page/", {1, 2, 3, 4, 5, 6, 7})), sixth);
  EXPECT_EQ(sequential(pages("/items?page=", {8, 9, 10, 11, 12, 13, 14}, "&sort=up")), sixth);
  EXPECT_EQ(
      sequential(pages("/a", {1048574, 1048575, 1048576, 1048577, 1048578, 1048579, 1048580})),
      sixth);
  EXPECT_EQ(sequential(pages("/page/", {1, 2, 3, 4, 5, 7, 8})), never);
  EXPECT_EQ(sequential(pages("/page/", {7, 6, 5, 4, 3, 2, 1})), never);
  EXPECT_EQ(sequential(pages("/page/", {1, 1, 1, 1, 1, 1, 1})), never);
  EXPECT_EQ(sequential({"/a/1", "/b/2", "/a/3", "/b/4", "/a/5", "/b/6", "/a/7"}), never);
}

TEST(Bots, WhatPagesLoadDoesNotBreakASequence) {
  std::vector<std::string> targets;
  for (int i = 1; i <= 6; ++i) {
    targets.push_back("/page/" + std::to_string(i));
    targets.push_back("/page/" + std::to_string(i));  // asked again
    targets.push_back("/app." + std::to_string(i * 17) + ".js?v=3");
    targets.push_back("/about");
  }
  const std::vector<bool> signs = sequential(targets);
  EXPECT_FALSE(signs[16]) << "the fifth page";
  EXPECT_TRUE(signs[20]) << "the sixth page";
}

TEST(Bots, TheSamePlaceIsTakenOverAndNothingIsInherited) {
  std::vector<Word> memory(BotWatch::kClientWords);  // one place for all
  BotWatch watch(memory, Sharing::OneThread);
  const auto now = base::TimePoint(base::seconds(1000));
  for (int i = 1; i <= 60; ++i) {
    const std::string target = "/page/" + std::to_string(i);
    watch.look(browser(target, 2), now);
  }
  EXPECT_TRUE(watch.look(browser("/page/61", 2), now).has(Sign::RequestRate));
  EXPECT_FALSE(watch.look(browser("/page/62", 4), now).any());
  EXPECT_FALSE(watch.look(browser("/page/62", 2), now).any()) << "and it starts anew";
}

TEST(Bots, HowManyRequestsAndPagesIsForTheUserToSay) {
  std::vector<Word> memory(BotWatch::kClientWords * 64);
  BotWatch watch(memory, Sharing::OneThread, {.requests_max = 3, .pages_min = 2});
  for (int i = 1; i <= 5; ++i) {
    const auto now = base::TimePoint(base::seconds(1000) + i * base::millis(100));
    const Signs signs = watch.look(browser("/page/" + std::to_string(i)), now);
    EXPECT_EQ(signs.has(Sign::RequestRate), i > 3) << i;
    EXPECT_EQ(signs.has(Sign::SequentialPages), i > 2) << i;
  }
}

TEST(Bots, EachSignOfAClientIsToldOnce) {
  std::vector<Word> memory(BotWatch::kClientWords);  // one place for all
  BotWatch watch(memory, Sharing::OneThread);
  Signs agent, both;
  agent.add(Sign::BotAgent);
  both.add(Sign::BotAgent);
  both.add(Sign::MissingHeaders);
  EXPECT_EQ(watch.untold(2, agent), agent);
  EXPECT_EQ(watch.untold(2, agent), agent) << "not yet";
  watch.tell(2, agent);
  EXPECT_FALSE(watch.untold(2, agent).any());
  EXPECT_EQ(watch.untold(2, both), both.without(agent));
  watch.tell(2, both.without(agent));
  EXPECT_FALSE(watch.untold(2, both).any());
  // Looking at it changes nothing of that; another client with the same place begins anew.
  watch.look(browser("/a", 2), base::TimePoint(base::seconds(1000)));
  EXPECT_FALSE(watch.untold(2, both).any());
  EXPECT_EQ(watch.untold(4, both), both);
  watch.tell(4, agent);
  EXPECT_EQ(watch.untold(2, both), both);
}

TEST(Bots, EachSignOfAClientIsCountedOnceWhetherItIsToldOrNot) {
  std::vector<Word> memory(BotWatch::kClientWords);  // one place for all
  BotWatch watch(memory, Sharing::OneThread);
  Signs agent, both;
  agent.add(Sign::BotAgent);
  both.add(Sign::BotAgent);
  both.add(Sign::MissingHeaders);
  EXPECT_TRUE(watch.count(2, agent));
  EXPECT_FALSE(watch.count(2, agent));
  EXPECT_EQ(watch.untold(2, agent), agent) << "to be counted is not to be told";
  watch.tell(2, agent);
  EXPECT_FALSE(watch.count(2, agent)) << "to be told is not to be forgotten";
  EXPECT_TRUE(watch.count(2, both));
  EXPECT_FALSE(watch.untold(2, agent).any());
  EXPECT_TRUE(watch.count(4, agent)) << "another client";
}

TEST(Bots, SignsHaveNames) {
  EXPECT_STREQ(name(Sign::RequestRate), "request_rate");
  EXPECT_STREQ(name(Sign::SequentialPages), "sequential_pages");
}

}  // namespace
}  // namespace limit
