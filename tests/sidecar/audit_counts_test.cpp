// What the cores count becomes entries: once, and all of it.
#include "sidecar/audit_counts.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using crypto::DrillSign;
using testing::HasSubstr;
using testing::StartsWith;

constexpr base::TimePoint kStart{base::seconds(1000)};
constexpr base::WallTime kWall{base::seconds(1'795'000'000)};

class AuditCountsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = Shared::create(Settings{}, 2, "a secret of these tests");
    ASSERT_TRUE(made) << made.error().message;
    shared = std::move(*made);
    ASSERT_EQ(shared->drill_figures.size(), 2U);
    ASSERT_EQ(shared->limits.size(), 2U);
  }
  void forge(std::size_t core, DrillSign sign, const std::string& address) {
    shared->drill_figures[core]->refuse(sign, address);
  }
  void look(int second) {
    const base::Duration since = base::seconds(second);
    counts.look(*shared, audit, kStart + since, kWall + since);
  }

  std::unique_ptr<Shared> shared;
  std::vector<store::AuditEntry> wrote;
  Audit audit{[this](store::AuditEntry entry) { wrote.push_back(std::move(entry)); }};
  AuditCounts counts;
};

TEST_F(AuditCountsTest, ForgedSignaturesAreToldOnceByKindWithWhoWasLast) {
  look(0);
  EXPECT_TRUE(wrote.empty());
  forge(0, DrillSign::Wrong, "10.0.0.1");
  shared->drill_figures[1]->signs[static_cast<std::size_t>(DrillSign::Good)].add();
  look(1);
  look(2);
  ASSERT_EQ(wrote.size(), 1U);
  EXPECT_EQ(wrote[0].event, "DrillRefused");
  EXPECT_EQ(wrote[0].subject, "wrong");
  EXPECT_EQ(wrote[0].host, "10.0.0.1");
  forge(1, DrillSign::Untimely, "10.0.0.2");
  forge(1, DrillSign::Untimely, "10.0.0.3");
  look(3);
  ASSERT_EQ(wrote.size(), 2U);
  EXPECT_EQ(wrote[1].host, "10.0.0.3") << "of the core that has refused since";
  EXPECT_THAT(wrote[1].text, StartsWith("2 requests"));
  EXPECT_EQ(audit.told(AuditEvent::DrillRefused), 3U);
  forge(1, DrillSign::Wrong, "10.0.0.4");
  forge(0, DrillSign::Untimely, "10.0.0.5");
  look(4);
  ASSERT_EQ(wrote.size(), 4U);
  for (std::size_t i = 2; i < 4; ++i) {
    EXPECT_EQ(wrote[i].host, wrote[i].subject == "wrong" ? "10.0.0.4" : "10.0.0.5");
  }
}

TEST_F(AuditCountsTest, RefusedClientsAreToldAtOnceAndThenAMinutesTogether) {
  shared->limits[0]->refused_client.add(3);
  shared->limits[1]->denied.add(2);
  shared->limits[1]->dry_refused.add(100);
  look(1);
  ASSERT_EQ(wrote.size(), 1U);
  EXPECT_THAT(wrote[0].text,
              HasSubstr("3 requests over a limit, 2 from addresses that are denied"));
  EXPECT_EQ(wrote[0].subject, "");
  shared->limits[0]->refused_fingerprint.add(4);
  look(30);
  EXPECT_EQ(wrote.size(), 1U);
  shared->limits[0]->closed.add(1);
  look(61);
  ASSERT_EQ(wrote.size(), 2U);
  EXPECT_THAT(wrote[1].text, HasSubstr("4 requests over a limit, 0 from"));
  EXPECT_THAT(wrote[1].text, HasSubstr("1 that nobody could count"));
  EXPECT_EQ(audit.told(AuditEvent::LimitsRefused), 10U);
}

TEST_F(AuditCountsTest, BotsThatTheLogHasNoRoomForAreSummedUpAndNoneIsCountedTwice) {
  shared->limits[0]->bots_seen.add(5);
  shared->limits[1]->bots_seen.add(4);
  EXPECT_TRUE(counts.take_bot(*shared));  // as the log tells one
  EXPECT_TRUE(counts.take_bot(*shared));
  look(1);
  ASSERT_EQ(wrote.size(), 1U);
  EXPECT_EQ(wrote[0].event, "BotSeen");
  EXPECT_THAT(wrote[0].text, StartsWith("7 more clients"));
  EXPECT_EQ(audit.told(AuditEvent::BotSeen), 7U) << "the other two are told by who took them";
  EXPECT_FALSE(counts.take_bot(*shared)) << "it is in the sum";
  shared->limits[0]->bots_seen.add(3);
  EXPECT_TRUE(counts.take_bot(*shared));
  look(30);
  EXPECT_EQ(wrote.size(), 1U) << "a minute's together";
  look(61);
  ASSERT_EQ(wrote.size(), 2U);
  EXPECT_THAT(wrote[1].text, StartsWith("2 more clients"));
  look(200);
  EXPECT_EQ(wrote.size(), 2U);
}

TEST_F(AuditCountsTest, WhatCameLastIsToldAtTheEnd) {
  shared->limits[0]->refused_client.add(1);
  look(1);
  shared->limits[0]->refused_client.add(6);
  counts.finish(*shared, audit, kStart + base::seconds(2), kWall);
  ASSERT_EQ(wrote.size(), 2U);
  EXPECT_THAT(wrote[1].text, StartsWith("6 requests over a limit"));
}

}  // namespace
}  // namespace sidecar
