// Which events are told one by one, and that a flood of them is a few entries.
#include "sidecar/audit.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sidecar/families.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::TimePoint kStart{base::seconds(1000)};
constexpr base::WallTime kWall{base::seconds(1'795'000'000)};

class AuditTest : public testing::Test {
 protected:
  void refuse(base::TimePoint now, const std::string& text = "401", std::uint64_t count = 1) {
    audit.tell({.event = AuditEvent::AdminRefused,
                .who = "10.0.0.7",
                .subject = "POST /api/faults",
                .text = text,
                .count = count},
               now, kWall + (now - kStart));
  }
  static base::TimePoint after(double seconds) {
    return kStart + base::millis(static_cast<std::int64_t>(seconds * 1000));
  }
  void look(base::TimePoint now) { audit.look(now, kWall + (now - kStart)); }

  std::vector<store::AuditEntry> wrote;
  Audit audit{[this](store::AuditEntry entry) { wrote.push_back(std::move(entry)); }};
};

TEST_F(AuditTest, AnEventIsWrittenAtOnceWithWhoAndWhat) {
  refuse(kStart);
  ASSERT_EQ(wrote.size(), 1U);
  EXPECT_EQ(wrote[0].event, "AdminRefused");
  EXPECT_EQ(wrote[0].host, "10.0.0.7");
  EXPECT_EQ(wrote[0].subject, "POST /api/faults");
  EXPECT_EQ(wrote[0].text, "401");
  EXPECT_EQ(wrote[0].at, kWall);
}

TEST_F(AuditTest, AFloodIsAFewEntriesAndAnExactCount) {
  constexpr int kMinutes = 10;
  for (int i = 0; i < kMinutes * 60 * 100; ++i) {
    refuse(after(i / 100.0));
    if (i % 100 == 0) look(after(i / 100.0));
  }
  const auto most = static_cast<std::size_t>(Audit::kAtOnce + kMinutes * (Audit::kPerMinute + 1));
  EXPECT_LE(wrote.size(), most);
  EXPECT_GE(wrote.size(), static_cast<std::size_t>(Audit::kAtOnce));
  EXPECT_EQ(audit.told(AuditEvent::AdminRefused), 60'000U);
  audit.finish(after(600), kWall);
  std::uint64_t sum = 0;
  for (const store::AuditEntry& each : wrote) {
    sum += each.text == "401" ? 1 : std::stoull(each.text);
  }
  EXPECT_EQ(sum, 60'000U) << "what was not written one by one is in the sums";
}

TEST_F(AuditTest, WhatIsHeldBackIsSummedUpAfterAMinuteAndNotBefore) {
  for (int i = 0; i < 25; ++i) refuse(kStart, std::to_string(i));
  ASSERT_EQ(wrote.size(), 20U);
  look(after(59.9));
  ASSERT_EQ(wrote.size(), 20U);
  look(after(60));
  ASSERT_EQ(wrote.size(), 21U);
  EXPECT_EQ(wrote[20].text, "5 in 60 s, not written one by one; the last: 24");
  look(after(600));
  EXPECT_EQ(wrote.size(), 21U);
}

TEST_F(AuditTest, AnEventThatStandsForSeveralIsOneEntryAndCountsAsAll) {
  refuse(kStart, "7 requests", 7);
  EXPECT_EQ(wrote.size(), 1U);
  EXPECT_EQ(audit.told(AuditEvent::AdminRefused), 7U);
}

TEST_F(AuditTest, AFloodOfOneEventKeepsNoOtherFromBeingWritten) {
  for (int i = 0; i < 1000; ++i) refuse(kStart);
  audit.tell({.event = AuditEvent::FaultBegun, .who = {}, .subject = "slow", .text = {}}, kStart,
             kWall);
  EXPECT_EQ(wrote.back().event, "FaultBegun");
}

TEST_F(AuditTest, TellsHowManyOfEachEventThereWereAndWhen) {
  refuse(kStart);
  refuse(after(5));
  const api::Node all = audit.node();
  const api::Node& one = all["AdminRefused"];
  EXPECT_EQ(one["count"].as_int(), 2);
  EXPECT_EQ(one["entries"].as_int(), 2);
  EXPECT_EQ(one["last"].as_string(), base::rfc3339(kWall + base::seconds(5)));
  EXPECT_FALSE(all["FaultBegun"].has("last"));
  EXPECT_THAT(audit.exposition(),
              HasSubstr("muster_audit_events_total{event=\"AdminRefused\"} 2\n"));
}

TEST(AuditFigures, AreAHistogramThatAddsUp) {
  store::AuditFigures figures;
  figures.written = 4;
  figures.slow = 1;
  figures.lost = 2;
  figures.total = base::millis(410);
  figures.slowest = base::millis(400);
  figures.buckets[0] = 3;
  figures.buckets[8] = 1;
  bool seen = false;
  for (const MetricFamily& family : read_families(audit_exposition(figures))) {
    if (family.name != "muster_audit_write_duration_seconds") continue;
    seen = true;
    const Buckets& buckets = family.series.at({}).buckets;
    EXPECT_EQ(buckets.count, 4);
    EXPECT_DOUBLE_EQ(buckets.sum, 0.41);
    EXPECT_EQ(buckets.bounds.front(), 0.001);
    EXPECT_EQ(buckets.counts.front(), 3);
  }
  EXPECT_TRUE(seen);
  const api::Node node = audit_node(figures);
  EXPECT_DOUBLE_EQ(node["meanMillis"].as_double(), 102.5);
  EXPECT_DOUBLE_EQ(node["slowestMillis"].as_double(), 400);
  EXPECT_EQ(node["lost"].as_int(), 2);
  EXPECT_EQ(audit_node({})["written"].as_int(), 0);
}

}  // namespace
}  // namespace sidecar
