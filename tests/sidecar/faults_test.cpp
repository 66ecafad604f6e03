#include "sidecar/faults.h"

#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::TimePoint kStart{base::seconds(1000)};

FaultRule rule(const std::string& id, FaultKind kind = FaultKind::Abort) {
  FaultRule out;
  out.id = id;
  out.owner = "drill-7";
  out.kind = kind;
  out.lease = base::seconds(5);
  out.status = 503;
  out.delay = base::millis(100);
  return out;
}

base::TimePoint after(int seconds) {
  return kStart + base::seconds(seconds);
}

TEST(Faults, EndByThemselvesWhenNobodyRenewsThem) {
  Faults faults;
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  EXPECT_NE(faults.version(), 0U);
  EXPECT_TRUE(faults.sweep(after(4)).empty());
  EXPECT_EQ(faults.renew("a", "drill-7", base::seconds(5), after(4))->ends, after(9));
  EXPECT_TRUE(faults.sweep(after(8)).empty());
  const FaultSet ended = faults.sweep(after(9));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].rule.id, "a");
  EXPECT_EQ(faults.version(), 0U);
}

TEST(Faults, OneThatHasEndedIsNotRenewedThoughNobodyHasSweptIt) {
  Faults faults;
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  const auto late = faults.renew("a", "drill-7", base::seconds(5), after(5));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, base::Code::NotFound);
  const auto again = faults.begin(rule("a"), after(6));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->serial, 2U);  // what stood in the first does not stand in the second
}

TEST(Faults, WhoAsksTwiceRenews) {
  Faults faults;
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  const auto again = faults.begin(rule("a"), after(3));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->serial, 1U);
  EXPECT_EQ(again->ends, after(8));
  FaultRule other = rule("a");
  other.status = 500;
  const auto refused = faults.begin(other, after(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::Code::AlreadyExists);
  EXPECT_THAT(refused.error().message, HasSubstr("'a'"));
}

TEST(Faults, AreEndedByTheirOwner) {
  Faults faults;
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  EXPECT_EQ(faults.end("a", "drill-8", kStart).error().code, base::Code::PermissionDenied);
  EXPECT_EQ(faults.renew("a", "drill-8", base::seconds(5), kStart).error().code,
            base::Code::PermissionDenied);
  EXPECT_TRUE(faults.end("a", "drill-7", kStart));
  EXPECT_EQ(faults.end("a", "drill-7", kStart).error().code, base::Code::NotFound);
  EXPECT_EQ(faults.version(), 0U);
  ASSERT_TRUE(faults.begin(rule("b"), kStart));
  EXPECT_TRUE(faults.end("b", "", kStart));  // by a person
}

TEST(Faults, AreNeverMoreThanTheirMost) {
  Faults faults;
  for (std::size_t i = 0; i < Faults::kMost; ++i) {
    ASSERT_TRUE(faults.begin(rule(std::to_string(i)), kStart));
  }
  EXPECT_EQ(faults.begin(rule("x"), after(4)).error().code, base::Code::ResourceExhausted);
  EXPECT_TRUE(faults.begin(rule("x"), after(5)));  // those before have ended
  EXPECT_EQ(faults.set()->size(), 1U);
}

TEST(Faults, EndWithTheSidecar) {
  Faults faults;
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  faults.drain();
  EXPECT_EQ(faults.version(), 0U);
  EXPECT_EQ(faults.begin(rule("b"), kStart).error().code, base::Code::Unavailable);
}

TEST(CoreFaults, SeeEveryChange) {
  Faults faults;
  FaultFigures figures;
  CoreFaults core(faults, figures, 1);
  EXPECT_FALSE(core.any());
  EXPECT_FALSE(core.decide({}, kStart, 0).any());
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  EXPECT_TRUE(core.any());
  EXPECT_EQ(core.decide({}, kStart, 0).stop, 1U);
  EXPECT_TRUE(core.in_force(1, kStart));
  ASSERT_TRUE(faults.begin(rule("b", FaultKind::Latency), kStart));
  EXPECT_EQ(core.decide({}, kStart, 0).latency, 2U);
  ASSERT_TRUE(faults.renew("a", "drill-7", base::seconds(5), after(4)));
  EXPECT_TRUE(core.in_force(1, after(8)));
  EXPECT_FALSE(core.in_force(2, after(5)));
  ASSERT_TRUE(faults.end("a", "", after(8)));
  EXPECT_FALSE(core.in_force(1, after(8)));
}

TEST(CoreFaults, CountWhatTheyTouchOnce) {
  Faults faults;
  FaultFigures figures;
  CoreFaults core(faults, figures, 1);
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  const Touch first = core.decide({}, kStart, 5);
  ASSERT_TRUE(faults.begin(rule("b", FaultKind::Latency), kStart));
  core.decide({}, kStart, 5, first);
  const std::string text = fault_exposition(faults, {&figures, &figures}, kStart);
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_fault_requests_total{kind=\"abort\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_fault_requests_total{kind=\"latency\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_faults_active{kind=\"abort\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_sidecar_faults_active{kind=\"reset\"} 0\n"));
  EXPECT_THAT(fault_exposition(faults, {}, after(5)),
              HasSubstr("\nmuster_sidecar_faults_active{kind=\"abort\"} 0\n"));
}

/// "begun a by 10.0.0.7"
class ToldFaults : public testing::Test {
 protected:
  ToldFaults() {
    faults.on_change([this](FaultChange change, const Fault& fault, const std::string& by) {
      constexpr std::array<const char*, 4> kWords{"begun", "ended", "expired", "drained"};
      told.push_back(kWords[static_cast<std::size_t>(change)] + (" " + fault.rule.id) +
                     (by.empty() ? "" : " by " + by));
    });
  }
  Faults faults;
  std::vector<std::string> told;
};

TEST_F(ToldFaults, EachBeginAndEndIsToldOnce) {
  ASSERT_TRUE(faults.begin(rule("a"), kStart, "10.0.0.7"));
  ASSERT_TRUE(faults.begin(rule("a"), after(1), "10.0.0.7"));  // renewed
  ASSERT_TRUE(faults.renew("a", "drill-7", base::seconds(5), after(2)));
  EXPECT_FALSE(faults.end("b", "", after(2), "10.0.0.8"));
  ASSERT_TRUE(faults.end("a", "", after(2), "10.0.0.8"));
  EXPECT_THAT(told, testing::ElementsAre("begun a by 10.0.0.7", "ended a by 10.0.0.8"));
}

TEST_F(ToldFaults, OneThatExpiresIsToldHoweverItIsFound) {
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  ASSERT_TRUE(faults.begin(rule("a"), after(6)));  // the first had expired and was not swept
  faults.sweep(after(11));
  faults.sweep(after(12));
  EXPECT_THAT(told, testing::ElementsAre("begun a", "expired a", "begun a", "expired a"));
}

TEST_F(ToldFaults, AtTheEndAllThatAreInForceAreTold) {
  ASSERT_TRUE(faults.begin(rule("a"), kStart));
  ASSERT_TRUE(faults.begin(rule("b"), kStart));
  faults.drain();
  EXPECT_THAT(told, testing::ElementsAre("begun a", "begun b", "drained a", "drained b"));
}

}  // namespace
}  // namespace sidecar
