// spec.notifications: what is read, and what is refused where it stands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/plan_parse.h"
#include "documents.h"
#include "test_catalog.h"

namespace api {
namespace {

using ::testing::HasSubstr;

tl::expected<RecoveryPlan, Problems> plan_with(const std::string& notifications) {
  const std::string text = read_file(source_path("dr-drills/database-failover.yaml")) +
                           "\n  notifications:\n" + notifications;
  return parse_plan(document_of(text), "p.yaml", test_catalog());
}

std::string refused(const std::string& notifications) {
  const auto plan = plan_with(notifications);
  return plan ? "" : format(plan.error());
}

TEST(Notifications, ACommandAndAWebhookAreRead) {
  const auto plan = plan_with(
      "    - {name: log, on: [Start, End], command: {argv: [./log.sh, x], timeoutSeconds: 3}}\n"
      "    - {name: hook, on: [Miss], webhook: {url: \"https://a.example/x\", headers: {X-T: "
      "y}}}\n");
  ASSERT_TRUE(plan) << format(plan.error());
  ASSERT_EQ(plan->notifications.size(), 2U);
  EXPECT_EQ(plan->notifications[0].argv, (std::vector<std::string>{"./log.sh", "x"}));
  EXPECT_EQ(plan->notifications[0].timeout_seconds, 3);
  EXPECT_EQ(plan->notifications[1].url, "https://a.example/x");
  EXPECT_EQ(plan->notifications[1].headers.at("X-T"), "y");
  EXPECT_EQ(plan->notifications[1].timeout_seconds, 10);
}

TEST(Notifications, WhatCannotWorkIsRefused) {
  EXPECT_THAT(refused("    - {name: a, on: [Start]}\n"), HasSubstr("webhook"));
  EXPECT_THAT(
      refused("    - {name: a, on: [Start], command: {argv: [x]}, webhook: {url: \"http://a\"}}\n"),
      HasSubstr("webhook"));
  EXPECT_THAT(refused("    - {name: a, on: [], command: {argv: [x]}}\n"), HasSubstr(".on"));
  EXPECT_THAT(refused("    - {name: a, on: [Begin], command: {argv: [x]}}\n"), HasSubstr("Begin"));
  EXPECT_THAT(refused("    - {name: a, on: [End], command: {argv: []}}\n"), HasSubstr("argv"));
  EXPECT_THAT(refused("    - {name: a, on: [End], command: {argv: [x], timeoutSeconds: 0}}\n"),
              HasSubstr("timeoutSeconds"));
  EXPECT_THAT(refused("    - {name: a, on: [End], webhook: {url: \"ftp://a\"}}\n"),
              HasSubstr("no address of http:// or https://"));
  EXPECT_THAT(refused("    - {name: a, on: [End], webhook: {url: \"http://a/\\r\\nX: y\"}}\n"),
              HasSubstr("no address"));
}

TEST(Notifications, AHeaderCannotSmuggleAnother) {
  const auto with_header = [](const std::string& header) {
    return refused("    - {name: a, on: [End], webhook: {url: \"http://a/\", headers: {" + header +
                   "}}}\n");
  };
  EXPECT_THAT(with_header("X-A: \"y\\r\\nHost: b\""), HasSubstr("cannot be a header"));
  EXPECT_THAT(with_header("\"X A\": y"), HasSubstr("cannot be a header"));
  EXPECT_THAT(with_header("Content-Length: \"1\""), HasSubstr("set by the program itself"));
  EXPECT_EQ(with_header("Authorization: \"Bearer x\""), "");
}

}  // namespace
}  // namespace api
