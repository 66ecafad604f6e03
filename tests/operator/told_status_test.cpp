#include "operator/told_status.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace op {
namespace {

ToldStatus::Now at(int seconds, const std::string& phase) {
  ToldStatus::Now now;
  now.phase = phase;
  now.state = "Primary";
  now.at = base::TimePoint(base::seconds(1000 + seconds));
  now.wall = base::WallTime(base::seconds(1'800'000'000 + seconds));
  return now;
}

const api::Node* member(const std::vector<cluster::Member>& members, const std::string& name) {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const auto& each) { return each.first == name; });
  return found == members.end() ? nullptr : &found->second;
}

class ToldStatusTest : public testing::Test {
 protected:
  ToldStatusTest() { told_.begin(base::TimePoint(base::seconds(1000)), base::seconds(60)); }

  cluster::DrillObject drill_;
  ToldStatus told_;
};

TEST_F(ToldStatusTest, TheFaultsDeadlineIsSaidUntilItHasLandedWithTheTimesOfWhenItBegan) {
  const auto first = told_.members(at(10, "Injection"), drill_);
  ASSERT_NE(member(first, "faultTime"), nullptr);
  // That write failed: three seconds later the same is said.
  const auto second = told_.members(at(13, "Injection"), drill_);
  for (const char* name : {"faultTime", "faultDeadline"}) {
    ASSERT_NE(member(second, name), nullptr) << name;
    EXPECT_EQ(*member(second, name), *member(first, name)) << name;
  }
  EXPECT_EQ(member(second, "faultDeadline")->as_string(), "2027-01-15T08:01:00.000000Z");
  told_.landed(at(13, "Injection"), drill_);
  const auto third = told_.members(at(16, "Injection"), drill_);
  EXPECT_EQ(member(third, "faultTime"), nullptr);
  EXPECT_EQ(member(third, "faultDeadline"), nullptr);
}

TEST_F(ToldStatusTest, ConditionsAreSaidUntilTheyHaveLanded) {
  ToldStatus::Now now = at(1, "Recovery");
  now.asked["promote"] = "may I?";
  const auto first = told_.members(now, drill_);
  const auto second = told_.members(now, drill_);
  ASSERT_NE(member(second, "conditions"), nullptr);
  EXPECT_NE(cluster::condition_of(*member(second, "conditions"), "AwaitingApproval"), nullptr);
  told_.landed(now, drill_);
  EXPECT_EQ(member(told_.members(now, drill_), "conditions"), nullptr);
  now.asked.clear();
  const auto answered = told_.members(now, drill_);
  ASSERT_NE(member(answered, "conditions"), nullptr);
  const api::Node* said =
      cluster::condition_of(*member(answered, "conditions"), "AwaitingApproval");
  EXPECT_EQ((*said)["status"].as_string(), "False");
}

TEST_F(ToldStatusTest, NewsIsSaidAtOnceAndElseThereIsAHeartbeat) {
  EXPECT_TRUE(told_.is_due(at(0, "Baseline")));
  static_cast<void>(told_.members(at(0, "Baseline"), drill_));
  EXPECT_TRUE(told_.is_due(at(0, "Baseline"))) << "it has not landed";
  told_.landed(at(0, "Baseline"), drill_);
  EXPECT_FALSE(told_.is_due(at(1, "Baseline")));
  EXPECT_TRUE(told_.is_due(at(1, "Injection")));
  EXPECT_TRUE(told_.is_due(at(2, "Baseline")));
}

TEST_F(ToldStatusTest, BeforeTheFaultThereIsNoDeadlineAndAfterTheEndNothingIsSaid) {
  EXPECT_EQ(member(told_.members(at(1, "Baseline"), drill_), "faultTime"), nullptr);
  EXPECT_TRUE(told_.members(at(1, ""), drill_).empty());
  ToldStatus::Now ended = at(9, "Reporting");
  ended.finished = true;
  EXPECT_TRUE(told_.members(ended, drill_).empty());
}

}  // namespace
}  // namespace op
