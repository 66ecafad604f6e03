#include "limit/limiter.h"

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "limit/fields.h"
#include "limiter_fixture.h"

namespace limit {
namespace {

constexpr base::Duration kStart = base::seconds(100'000);

Settings one_rule(std::vector<Limit> limits, Match match = {}) {
  Settings settings;
  settings.rules = {{"one", std::move(match), std::move(limits)}};
  return settings;
}

/// The fields of a decision, each on a line.
std::string fields(const Rules& rules, const Decision& decision) {
  std::array<char, kFieldBytesMax> buffer{};
  std::string all(policy_field(rules, decision, buffer));
  all += '\n';
  all += limit_field(rules, decision, buffer);
  all += '\n';
  all += retry_after_field(decision, buffer);
  return all;
}

TEST(Limiter, AdmitsTheQuotaAndRefusesWhatIsAbove) {
  LimiterBench bench(one_rule({{3, base::seconds(60)}}));
  const Request request = bench.request(client(1));
  for (std::uint32_t left : {2U, 1U, 0U}) {
    const Decision decision = bench.decide(request, kStart);
    EXPECT_EQ(decision.verdict, Verdict::Admit);
    EXPECT_EQ(decision.remaining, left);
    EXPECT_TRUE(decision.counted);
  }
  const Decision decision = bench.decide(request, kStart);
  EXPECT_EQ(decision.verdict, Verdict::Refuse);
  EXPECT_EQ(decision.bucket, Bucket::Client);
  EXPECT_GE(decision.retry_after, base::seconds(48));
  EXPECT_LE(decision.retry_after, base::seconds(72));
  EXPECT_EQ(bench.decide(bench.request(client(2)), kStart).verdict, Verdict::Admit);
}

TEST(Limiter, RetryAfterIsTrueEvenForAClientThatGoesOnAsking) {
  LimiterBench bench;
  const Request request = bench.request(client(1));
  base::Duration now = kStart;
  while (bench.decide(request, now).verdict == Verdict::Admit) now += base::millis(100);
  const base::Duration wait = bench.decide(request, now).retry_after;
  const base::Duration until = now + wait;
  for (; now + base::seconds(2) < until; now += base::millis(500)) {
    ASSERT_EQ(bench.decide(request, now).verdict, Verdict::Refuse);
  }
  EXPECT_EQ(bench.decide(request, until).verdict, Verdict::Admit);
}

TEST(Limiter, AChangedHeaderIsNoNewClient) {
  // 3,000 requests in ten minutes, each with a User-Agent of its own.
  LimiterBench bench;
  int refused_after_limit = 0, after_limit = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto now = kStart + i * base::millis(200);
    const Request request = bench.request(client(1), "agent " + std::to_string(i));
    const bool refused = bench.decide(request, now).verdict == Verdict::Refuse;
    if (i >= 500) {
      ++after_limit;
      refused_after_limit += refused ? 1 : 0;
    } else {
      ASSERT_FALSE(refused) << i;
    }
  }
  EXPECT_GE(refused_after_limit, after_limit * 95 / 100);
  EXPECT_EQ(bench.table.evictions(), 0u) << "refused ones took no place";
}

TEST(Limiter, SoIsAnotherAddressOfTheSameIpv6Network) {
  LimiterBench bench(one_rule({{10, base::seconds(60)}}));
  int admitted = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Request request = bench.request(Address{0x2001'0DB8'0000'0000U, i * 77});
    admitted += bench.decide(request, kStart).verdict == Verdict::Admit ? 1 : 0;
  }
  EXPECT_EQ(admitted, 10);
}

TEST(Limiter, TheFingerprintCanOnlyTighten) {
  // One fingerprint from many addresses (a key that is known, a table that forgot a client): every
  // address is within its limit, the fingerprint is not.
  LimiterBench bench(one_rule({{5, base::seconds(60)}}));
  for (std::uint32_t i = 0; i < 20; ++i) {
    Request request = bench.request(client(i));
    request.subject.fingerprint = {42};
    const Decision decision = bench.decide(request, kStart);
    ASSERT_EQ(decision.verdict, i < 5 ? Verdict::Admit : Verdict::Refuse) << i;
    if (i >= 5) EXPECT_EQ(decision.bucket, Bucket::Fingerprint);
  }
  // A client at its limit is refused, however fresh its fingerprint is.
  for (std::uint64_t i = 0; i < 20; ++i) {
    Request request = bench.request(client(99));
    request.subject.fingerprint = {1000 + i};
    ASSERT_EQ(bench.decide(request, kStart).verdict, i < 5 ? Verdict::Admit : Verdict::Refuse);
  }
}

TEST(Limiter, WhatTheFingerprintRefusesIsNotCountedForTheClient) {
  LimiterBench bench(one_rule({{5, base::seconds(60)}}));
  Request request = bench.request(client(1));
  request.subject.fingerprint = {42};
  for (std::uint32_t i = 0; i < 5; ++i) {
    Request other = bench.request(client(2 + i));
    other.subject.fingerprint = {42};
    ASSERT_EQ(bench.decide(other, kStart).verdict, Verdict::Admit);
  }
  for (int i = 0; i < 50; ++i) ASSERT_EQ(bench.decide(request, kStart).verdict, Verdict::Refuse);
  request.subject.fingerprint = {43};
  EXPECT_EQ(bench.decide(request, kStart).remaining, 4u);
}

TEST(Limiter, AClientAndAFingerprintOfOneNumberAreTwo) {
  LimiterBench bench(one_rule({{4, base::seconds(60)}}));
  Request request = bench.request(client(1));
  request.subject = {9, {9}};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(bench.decide(request, kStart).verdict, Verdict::Admit);
}

TEST(Limiter, EveryMatchingRuleIsEnforced) {
  Settings settings;
  settings.rules = {{"all", {}, {{100, base::seconds(60)}}},
                    {"login", {"/login*", "POST", "", ""}, {{3, base::seconds(60)}}}};
  LimiterBench bench(settings);
  const Request login = bench.request(client(1), "agent", "/login", "POST");
  const Request page = bench.request(client(1), "agent", "/page", "GET");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.decide(login, kStart).verdict, Verdict::Admit);
  const Decision refused = bench.decide(login, kStart);
  EXPECT_EQ(refused.verdict, Verdict::Refuse);
  EXPECT_EQ(refused.matched, 0b11);
  ASSERT_TRUE(refused.limit);
  EXPECT_EQ(refused.limit->rule, 1);
  for (int i = 0; i < 97; ++i) ASSERT_EQ(bench.decide(page, kStart).verdict, Verdict::Admit) << i;
  EXPECT_EQ(bench.decide(page, kStart).verdict, Verdict::Refuse);
}

TEST(Limiter, ARefusalTellsTheLimitThatHoldsLongest) {
  LimiterBench bench(one_rule({{4, base::seconds(10)}, {4, base::seconds(3600)}}));
  const Request request = bench.request(client(1));
  for (int i = 0; i < 4; ++i) bench.decide(request, kStart);
  const Decision decision = bench.decide(request, kStart);
  ASSERT_TRUE(decision.limit);
  EXPECT_EQ(decision.limit->window, 1);
  EXPECT_GE(decision.retry_after, base::seconds(2880));
}

TEST(Limiter, ListsAndExemptionsGoBeforeRules) {
  Settings settings = one_rule({{1, base::seconds(60)}});
  settings.allow = {"192.0.0.0/29"};
  settings.deny = {"192.0.0.7", "2001:db8::/32"};
  LimiterBench bench(settings);
  for (int i = 0; i < 5; ++i) {
    const Decision allowed = bench.decide(bench.request(client(1)), kStart);
    EXPECT_EQ(allowed.verdict, Verdict::Admit);
    EXPECT_FALSE(allowed.counted);
  }
  EXPECT_EQ(bench.decide(bench.request(client(7)), kStart).verdict, Verdict::Deny)
      << "denied although allowed";
  Request request = bench.request(Address{0x2001'0DB8'0000'0000U, 1});
  EXPECT_EQ(bench.decide(request, kStart).verdict, Verdict::Deny);
  request.exempt = true;
  EXPECT_EQ(bench.decide(request, kStart).verdict, Verdict::Admit);
  Request probe = bench.request(client(50));
  probe.exempt = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(bench.decide(probe, kStart).verdict, Verdict::Admit);
  probe.exempt = false;
  EXPECT_EQ(bench.decide(probe, kStart).verdict, Verdict::Admit) << "exempt ones are not counted";
}

TEST(Limiter, ADryRunTellsAndLetsIn) {
  Settings settings = one_rule({{2, base::seconds(60)}});
  settings.deny = {"192.0.0.9"};
  settings.dry_run = true;
  LimiterBench bench(settings);
  const Request request = bench.request(client(1));
  for (int i = 0; i < 5; ++i) {
    const Decision decision = bench.decide(request, kStart);
    EXPECT_EQ(decision.verdict, Verdict::Admit);
    EXPECT_EQ(decision.judged, i < 2 ? Verdict::Admit : Verdict::Refuse);
    EXPECT_EQ(decision.retry_after > base::Duration(0), i >= 2);
  }
  const Decision denied = bench.decide(bench.request(client(9)), kStart);
  EXPECT_EQ(denied.verdict, Verdict::Admit);
  EXPECT_EQ(denied.judged, Verdict::Deny);
}

TEST(Limiter, ARuleThatIsKeptKeepsItsCountsOverAReload) {
  LimiterBench bench(one_rule({{3, base::seconds(60)}}));
  for (int i = 0; i < 3; ++i) bench.decide(bench.request(client(1)), kStart);
  Settings settings = one_rule({{3, base::seconds(60)}});
  settings.rules.push_back({"more", {}, {{100, base::seconds(60)}}});
  const Rules rules = Rules::compile(settings).value();
  Limiter reloaded(rules, bench.table, Sharing::OneThread);
  EXPECT_EQ(reloaded.decide(bench.request(client(1)), base::TimePoint(kStart)).verdict,
            Verdict::Refuse);
  const Rules other = Rules::compile(one_rule({{4, base::seconds(60)}})).value();
  Limiter changed(other, bench.table, Sharing::OneThread);
  EXPECT_EQ(changed.decide(bench.request(client(1)), base::TimePoint(kStart)).remaining, 3u);
}

TEST(Fields, SayThePolicyWhatIsLeftAndWhenToComeBack) {
  LimiterBench bench;
  const Request request = bench.request(client(1));
  EXPECT_EQ(fields(bench.rules, bench.decide(request, kStart)),
            "\"default-1h\";q=500;w=3600, \"default-1d\";q=2000;w=86400\n\"default-1h\";r=499\n");
  for (int i = 0; i < 499; ++i) bench.decide(request, kStart);
  const Decision refused = bench.decide(request, kStart);
  const std::int64_t seconds = (refused.retry_after + base::seconds(1)) / base::seconds(1);
  EXPECT_EQ(fields(bench.rules, refused),
            "\"default-1h\";q=500;w=3600, \"default-1d\";q=2000;w=86400\n"
            "\"default-1h\";r=0;t=" +
                std::to_string(seconds) + "\n" + std::to_string(seconds));
}

TEST(Fields, AreEmptyWhereNothingWasEnforcedOrNothingFits) {
  LimiterBench bench;
  EXPECT_EQ(fields(bench.rules, Decision{}), "\n\n");
  Decision refused = bench.decide(bench.request(client(1)), kStart);
  refused.judged = Verdict::Refuse;
  std::array<char, 10> small{};
  EXPECT_EQ(policy_field(bench.rules, refused, small), "");
  EXPECT_EQ(limit_field(bench.rules, refused, small), "");
  EXPECT_EQ(retry_after_field(refused, small), "1") << "never 0: that would be at once";
}

}  // namespace
}  // namespace limit
