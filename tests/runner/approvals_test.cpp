#include "runner/approvals.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aio/file.h"

namespace runner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kPlan = R"(
spec:
  recovery:
  - {name: look, waitFor: {condition: {}}}
  - {name: check-standby, approval: {message: "?"}}
  failback:
  - {name: go-back, approval: {message: "?"}}
)";

class ApprovalsTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_.path = testing::TempDir() + "muster-approvals-" +
                testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(dir_.path);
    std::filesystem::create_directory(dir_.path);
  }
  void TearDown() override { std::filesystem::remove_all(dir_.path); }
  DrillDir dir_;
};

TEST_F(ApprovalsTest, AStepOfThatKindIsApprovedByAFile) {
  ASSERT_TRUE(aio::write_file_atomic(dir_.plan(), kPlan));
  ASSERT_TRUE(approve(dir_, "check-standby"));
  EXPECT_TRUE(aio::file_exists(dir_.approval("check-standby")));
  EXPECT_FALSE(aio::file_exists(dir_.approval("go-back")));
  ASSERT_TRUE(approve(dir_, "check-standby"));
}

TEST_F(ApprovalsTest, WhatIsNoSuchStepIsRefusedNamingThoseThatAre) {
  ASSERT_TRUE(aio::write_file_atomic(dir_.plan(), kPlan));
  for (const char* step : {"look", "../plan", ""}) {
    const auto done = approve(dir_, step);
    ASSERT_FALSE(done) << step;
    EXPECT_EQ(done.error().code, base::Code::NotFound);
    EXPECT_THAT(done.error().message, HasSubstr("there is check-standby, go-back"));
  }
}

TEST_F(ApprovalsTest, ADrillWithoutAPlanHasNoneToApprove) {
  EXPECT_FALSE(approve(dir_, "x"));
  ASSERT_TRUE(aio::write_file_atomic(dir_.plan(), "spec: {}\n"));
  EXPECT_THAT(approve(dir_, "x").error().message, HasSubstr("there is none"));
}

}  // namespace
}  // namespace runner
