#include "limit/sharing.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "limit/limiter.h"

namespace limit {
namespace {

base::WallTime wall(std::int64_t seconds) {
  return base::WallTime(base::seconds(seconds));
}

Rules rules_of(std::uint32_t quota, std::int64_t seconds) {
  Settings settings;
  RuleSettings rule;
  rule.name = "all";
  rule.limits = {{quota, base::seconds(seconds)}};
  settings.rules = {rule};
  auto rules = Rules::compile(settings);
  EXPECT_TRUE(rules.has_value());
  return std::move(*rules);
}

/// One replica: its counters and what it has to tell.
struct Replica {
  explicit Replica(const Rules& rules)
      : words(Table::words_for(64)), table(words), limiter(rules, table, Sharing::Threads) {}

  bool ask(base::TimePoint now, std::uint64_t client = 7) {
    Request request;
    request.subject.client = client;
    request.subject.fingerprint.value = 8;
    request.method = "GET";
    request.target = "/";
    const Decision decision = limiter.decide(request, now);
    if (decision.verdict == Verdict::Admit) log.add(client, decision.matched);
    return decision.verdict == Verdict::Admit;
  }

  std::vector<Word> words;
  Table table;
  Limiter limiter;
  AdmissionLog log{100};
};

TEST(LimitSharing, ALogTellsEachThingOnce) {
  AdmissionLog log(3);
  log.add(1, 0b101);
  log.add(1, 0b001);
  log.add(2, 0b001);
  log.add(3, 0b001);
  log.add(1, 0b001);
  auto taken = log.take();
  std::ranges::sort(taken, {}, [](const Admissions& each) { return each.client * 16 + each.rule; });
  ASSERT_EQ(taken.size(), 3U);
  EXPECT_EQ(taken[0].count, 3U);
  EXPECT_EQ(taken[1].rule, 2U);
  EXPECT_EQ(taken[1].count, 1U);
  EXPECT_EQ(taken[2].client, 2U);
  EXPECT_EQ(log.lost(), 1U) << "there was no room for the third client";
  EXPECT_TRUE(log.take().empty());
}

TEST(LimitSharing, NamesSayRuleStretchAndHash) {
  const Rules rules = rules_of(10, 60);
  const Rule& rule = rules.all()[0];
  const SharedNumber number = shared_number("shop", rule, rule.windows[0].limit(), 0xab, wall(615));
  EXPECT_EQ(number.name, "shop:all-1min:10:00000000000000ab");
  EXPECT_EQ(number.ends_after, 60'000);
  EXPECT_EQ(shared_total(4), 4U);
  EXPECT_EQ(shared_total(-5), 0U) << "what others wrote may be anything";
  EXPECT_EQ(shared_total(INT64_MAX), kQuotaMax);
}

TEST(LimitSharing, ATotalRaisesAndNeverLowers) {
  const Rules rules = rules_of(10, 60);
  Replica here(rules);
  const base::TimePoint now(base::seconds(1000));
  EXPECT_TRUE(here.ask(now));
  EXPECT_EQ(here.limiter.raise(7, {0, 0}, 8, now), 7U);
  EXPECT_EQ(here.limiter.raise(7, {0, 0}, 3, now), 0U);
  EXPECT_TRUE(here.ask(now));
  EXPECT_TRUE(here.ask(now));
  EXPECT_FALSE(here.ask(now)) << "seven of others and three of here";
  EXPECT_EQ(here.limiter.raise(9, {0, 0}, 1'000'000, now), 10U) << "a quota is all that matters";
  EXPECT_FALSE(here.ask(now, 9));
}

/// What was asked an hour ago fades here as it does without others.
TEST(LimitSharing, WhatIsLongAgoDoesNotBeginAnew) {
  const Rules rules = rules_of(500, 3600);
  const Limit& hour = rules.all()[0].windows[0].limit();
  Replica here(rules), alone(rules);
  std::map<std::string, std::int64_t> place;
  const auto ask = [&](std::int64_t second) {
    const base::TimePoint now(base::seconds(36'000 + second));
    const bool in = here.ask(now);
    EXPECT_EQ(in, alone.ask(now)) << second;
    for (const Admissions& told : here.log.take()) {
      const std::int64_t sum =
          place[shared_number("m", rules.all()[0], hour, told.client, wall(36'000 + second))
                    .name] += told.count;
      here.limiter.raise(told.client, {told.rule, 0}, shared_total(sum), now);
    }
    return in;
  };
  int admitted = 0;
  for (int i = 0; i < 450; ++i) admitted += ask(0) ? 1 : 0;
  EXPECT_EQ(admitted, 450);
  for (int i = 0; i < 600; ++i) admitted += ask(4800 + i) ? 1 : 0;
  EXPECT_GT(admitted, 800);
}

/// Three replicas, each a tenth of a second behind, with a place of sharing that is a map.
TEST(LimitSharing, ThreeReplicasLetInWhatOneWould) {
  const Rules rules = rules_of(500, 3600);
  const Rule& rule = rules.all()[0];
  Replica a(rules), b(rules), c(rules);
  std::map<std::string, std::int64_t> place;
  int admitted = 0;
  for (int i = 0; i < 2000; ++i) {
    const base::TimePoint now(base::millis(1'000'000 + i * 10));
    Replica* const all[] = {&a, &b, &c};
    admitted += all[i % 3]->ask(now) ? 1 : 0;
    if (i % 10 != 9) continue;
    for (Replica* each : all) {
      for (const Admissions& told : each->log.take()) {
        const SharedNumber number =
            shared_number("m", rule, rule.windows[0].limit(), told.client, wall(7200 + i / 100));
        const std::int64_t sum = place[number.name] += told.count;
        each->limiter.raise(told.client, {told.rule, 0}, shared_total(sum), now);
      }
    }
  }
  EXPECT_GE(admitted, 500);
  EXPECT_LE(admitted, 525);
}

}  // namespace
}  // namespace limit
