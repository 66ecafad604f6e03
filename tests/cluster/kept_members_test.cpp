#include "cluster/kept_members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cluster {
namespace {

TEST(KeptMembers, WhatTheServerDroppedIsNamed) {
  const std::vector<Member> members = {
      {"phase", "Recovery"}, {"journal", "MUJ1"}, {"slot", api::Node()}};
  EXPECT_TRUE(all_kept(R"({"status":{"phase":"Recovery","journal":"MUJ1"}})", members));
  EXPECT_TRUE(all_kept("{}", members)) << "an answer without a status says nothing";
  const auto dropped = all_kept(R"({"status":{"phase":"Recovery"}})", members);
  ASSERT_FALSE(dropped);
  EXPECT_THAT(dropped.error().message, testing::HasSubstr("status.journal"));
  EXPECT_NE(dropped.error().code, base::Code::FailedPrecondition) << "that says: taken over";
}

}  // namespace
}  // namespace cluster
