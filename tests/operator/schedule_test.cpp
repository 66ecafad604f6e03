#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operator/drill_decide.h"
#include "operator/schedule_controller.h"

namespace op {
namespace {

using api::Node;
using testing::HasSubstr;

/// As the API server gives one that was applied by kubectl.
Node schedule(const std::string& spec) {
  return *api::parse_json(R"({"apiVersion":"muster.dev/v1alpha1","kind":"DrillSchedule",
      "metadata":{"name":"nightly","namespace":"shop","uid":"u","resourceVersion":"3",
      "generation":2,"creationTimestamp":"2026-11-26T08:00:00Z","managedFields":[{}],"annotations":
      {"kubectl.kubernetes.io/last-applied-configuration":"{\"kind\":\"x\"}\n"}},
      "status":{"state":"{}"},"spec":)" +
                          spec + "}");
}

constexpr const char* kGood =
    R"({"schedule":"0 3 * * *","timeZone":"Europe/Berlin","drill":{"planRef":{"name":"p"},"profile":"quick"}})";

scheduling::Instant at(std::int64_t seconds) {
  return scheduling::Instant(scheduling::Seconds(seconds));
}

TEST(Schedule, TheClusterFormIsTheOneOfFilesWithAPlanForAFile) {
  const auto spec = schedule_of(schedule(kGood));
  ASSERT_TRUE(spec.has_value()) << api::format(spec.error());
  EXPECT_EQ(spec->name, "nightly");
  EXPECT_EQ(spec->drill.plan, "p");
  EXPECT_EQ(spec->drill.profile, "quick");
}

TEST(Schedule, WhatIsWrongIsNamed) {
  const auto spec =
      schedule_of(schedule(R"({"schedule":"0 25 * * *","drill":{"planRef":{"name":"p"}}})"));
  ASSERT_FALSE(spec.has_value());
  EXPECT_THAT(text_of(spec.error()), HasSubstr("spec.schedule: "));
}

TEST(Schedule, ASlotHasOneDrillByItsName) {
  EXPECT_EQ(drill_name("nightly", at(1'750'000'020)), "nightly-29166667");
  EXPECT_EQ(drill_name("nightly", at(1'750'000'079)), "nightly-29166667");
  EXPECT_NE(drill_name("nightly", at(1'750'000'080)), "nightly-29166667");
  EXPECT_EQ(drill_name(std::string(253, 'x'), at(0)).size(), 253U);
}

TEST(Schedule, TheDrillGoesWithItsSchedule) {
  const Node drill = drill_of(schedule(kGood), at(1'750'000'020));
  const Node& owner = drill["metadata"]["ownerReferences"].items().front();
  EXPECT_EQ(owner["kind"].as_string(), "DrillSchedule");
  EXPECT_EQ(owner["uid"].as_string(), "u");
  EXPECT_EQ(drill["spec"]["planRef"]["name"].as_string(), "p");
  EXPECT_EQ(drill["spec"]["profile"].as_string(), "quick");
  const auto read = cluster::parse_drill(api::to_json(drill));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->schedule_uid, "u");
  EXPECT_EQ(read->slot, "2025-06-15T15:07:00Z");
}

}  // namespace
}  // namespace op
