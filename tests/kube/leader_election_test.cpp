#include "kube/leader_election.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kube {
namespace {

using testing::HasSubstr;

TEST(LeaseJson, IsReadAsItWasWritten) {
  LeaseRecord record;
  record.holder = "pod_1";
  record.duration = base::seconds(15);
  record.transitions = 7;
  record.acquired = base::WallTime(base::Duration(1'795'000'000'123'456'000));
  record.renewed = record.acquired + base::seconds(3);
  record.version = "42";
  const auto read = parse_lease(lease_json({"ns", "lease"}, record));
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, record);
}

TEST(LeaseJson, OneThatIsNobodysHasNoHolder) {
  LeaseRecord record;
  record.duration = base::seconds(3);
  const std::string json = lease_json({"ns", "lease"}, record);
  EXPECT_THAT(json, HasSubstr(R"("holderIdentity":null)"));
  EXPECT_THAT(json, testing::Not(HasSubstr("resourceVersion")));
  EXPECT_EQ(parse_lease(json)->holder, "");
}

TEST(LeaseJson, WhatOthersWroteIsReadToo) {
  const auto read = parse_lease(R"({"metadata":{"resourceVersion":"1"},"spec":{}})");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->transitions, 0U);
  EXPECT_FALSE(parse_lease(R"({"kind":"Pod"})").has_value());
  EXPECT_FALSE(parse_lease(R"({"spec":{"renewTime":"soon"}})").has_value());
}

}  // namespace
}  // namespace kube
