#include "sidecar/fault_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace sidecar {
namespace {

constexpr base::TimePoint kStart{base::seconds(1000)};

/// In force for five seconds from kStart.
Fault fault(FaultKind kind, std::uint64_t serial) {
  Fault out;
  out.rule.id = "f" + std::to_string(serial);
  out.rule.kind = kind;
  out.rule.lease = base::seconds(5);
  out.rule.delay = base::millis(100);
  out.rule.status = 503;
  out.rule.bytes_per_second = 1000;
  out.serial = serial;
  out.ends = kStart + base::seconds(5);
  return out;
}

Passing get(std::string_view path) {
  return {.method = "GET", .path = path, .peer = limit::Address::v4(0x0A00'0007)};
}

limit::Prefix prefix(const char* text) {
  return limit::parse_prefix(text).value();
}

TEST(FaultRules, EveryKindDoesWhatItSays) {
  const Touch late = decide({fault(FaultKind::Latency, 1)}, get("/"), kStart, 0);
  EXPECT_EQ(late.latency, 1U);
  EXPECT_EQ(late.delay, base::millis(100));
  EXPECT_EQ(late.stop, 0U);
  const Touch slow = decide({fault(FaultKind::Bandwidth, 2)}, get("/"), kStart, 0);
  EXPECT_EQ(slow.bandwidth, 2U);
  EXPECT_EQ(slow.bytes_per_second, 1000U);
  for (const FaultKind kind :
       {FaultKind::Abort, FaultKind::Reset, FaultKind::BlackHole, FaultKind::Partition}) {
    const Touch stopped = decide({fault(kind, 3)}, get("/"), kStart, 0);
    EXPECT_EQ(stopped.stop, 3U);
    EXPECT_EQ(stopped.how, kind);
  }
  EXPECT_EQ(decide({fault(FaultKind::Abort, 3)}, get("/"), kStart, 0).status, 503);
  EXPECT_FALSE(decide({}, get("/"), kStart, 0).any());
}

TEST(FaultRules, ALeaseEndsToTheNanosecond) {
  const FaultSet faults{fault(FaultKind::Abort, 1)};
  const base::TimePoint end = faults[0].ends;
  EXPECT_TRUE(decide(faults, get("/"), end - base::Duration(1), 0).any());
  EXPECT_FALSE(decide(faults, get("/"), end, 0).any());
  EXPECT_TRUE(in_force(faults, 1, end - base::Duration(1)));
  EXPECT_FALSE(in_force(faults, 1, end));
  EXPECT_FALSE(in_force(faults, 2, kStart));
}

TEST(FaultRules, OnlyWhatMatchesIsTouched) {
  Fault one = fault(FaultKind::Abort, 1);
  one.rule.path = "/api/*";
  EXPECT_TRUE(decide({one}, get("/api/orders"), kStart, 0).any());
  EXPECT_FALSE(decide({one}, get("/apis"), kStart, 0).any());
  EXPECT_FALSE(decide({one}, get(""), kStart, 0).any());  // a path that nobody can read
  one.rule.path = "*";
  EXPECT_FALSE(decide({one}, get(""), kStart, 0).any());
  one.rule.path.clear();
  one.rule.method = "POST";
  EXPECT_FALSE(decide({one}, get("/"), kStart, 0).any());
  one.rule.method = "GET";
  EXPECT_TRUE(decide({one}, get("/"), kStart, 0).any());
  one.rule.peer = prefix("10.0.0.0/24");
  EXPECT_TRUE(decide({one}, get("/"), kStart, 0).any());
  one.rule.peer = prefix("10.0.1.0/24");
  EXPECT_FALSE(decide({one}, get("/"), kStart, 0).any());
}

TEST(FaultRules, AShareIsThatShare) {
  Fault some = fault(FaultKind::Abort, 1);
  some.rule.percent = 20;
  base::Random random(7);
  int touched = 0;
  for (int i = 0; i < 10'000; ++i) {
    touched += decide({some}, get("/"), kStart, random.next()).any() ? 1 : 0;
  }
  EXPECT_NEAR(touched, 2000, 200);  // five deviations
}

TEST(FaultRules, SharesOfTwoFaultsDoNotFallTogether) {
  Fault one = fault(FaultKind::Latency, 1);
  Fault two = fault(FaultKind::Abort, 2);
  one.rule.percent = two.rule.percent = 50;
  base::Random random(7);
  int both = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Touch touch = decide({one, two}, get("/"), kStart, random.next());
    both += touch.latency != 0 && touch.stop != 0 ? 1 : 0;
  }
  EXPECT_NEAR(both, 2500, 250);
}

TEST(FaultRules, TheSameNumberIsTheSameAnswerWhileTheFaultLasts) {
  Fault some = fault(FaultKind::Latency, 9);
  some.rule.percent = 50;
  some.rule.jitter = base::millis(50);
  Fault other = fault(FaultKind::Bandwidth, 4);
  base::Random random(7);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t number = random.next();
    const Touch now = decide({some}, get("/"), kStart, number);
    const Touch later = decide({other, some}, get("/"), kStart + base::seconds(3), number);
    EXPECT_EQ(now.latency, later.latency);
    EXPECT_EQ(now.delay, later.delay);
  }
}

TEST(FaultRules, JitterIsAddedUpToItsMost) {
  Fault late = fault(FaultKind::Latency, 1);
  late.rule.jitter = base::millis(50);
  base::Random random(7);
  base::Duration least = base::seconds(1);
  base::Duration most{};
  for (int i = 0; i < 1000; ++i) {
    const base::Duration delay = decide({late}, get("/"), kStart, random.next()).delay;
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_GE(least, base::millis(100));
  EXPECT_LT(least, base::millis(102));
  EXPECT_LE(most, base::millis(150));
  EXPECT_GT(most, base::millis(148));
}

TEST(FaultRules, OfEachSortTheOldestActs) {
  Fault older = fault(FaultKind::Latency, 1);
  Fault newer = fault(FaultKind::Latency, 2);
  newer.rule.delay = base::seconds(9);
  const FaultSet all{older, newer, fault(FaultKind::Bandwidth, 3), fault(FaultKind::Reset, 4),
                     fault(FaultKind::Abort, 5)};
  const Touch touch = decide(all, get("/"), kStart, 0);
  EXPECT_EQ(touch.latency, 1U);
  EXPECT_EQ(touch.delay, base::millis(100));
  EXPECT_EQ(touch.bandwidth, 3U);
  EXPECT_EQ(touch.stop, 4U);
  EXPECT_EQ(touch.how, FaultKind::Reset);
}

TEST(FaultRules, BytesTakeTheirTime) {
  EXPECT_EQ(time_of(500, 1000), base::millis(500));
  EXPECT_EQ(time_of(0, 1000), base::Duration{});
  EXPECT_EQ(time_of(16'384, 1), base::seconds(16'384));
}

TEST(FaultRules, KindsHaveNames) {
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const auto kind = static_cast<FaultKind>(i);
    EXPECT_EQ(fault_kind(name(kind)), kind);
  }
  EXPECT_EQ(fault_kind("blackhole"), std::nullopt);
}

}  // namespace
}  // namespace sidecar
