#include "sidecar/reloads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

constexpr base::WallTime kStart{base::seconds(1'000)};

TEST(Reloads, WhatIsInForceIsNoNews) {
  Reloads reloads("a", kStart);
  EXPECT_FALSE(reloads.is_news("a", false));
  EXPECT_FALSE(reloads.is_news("a", true));
}

TEST(Reloads, AnotherTextIsNewsWhenItWasSeenTwice) {
  Reloads reloads("a", kStart);
  EXPECT_FALSE(reloads.is_news("b", false));
  EXPECT_TRUE(reloads.is_news("b", false));
  EXPECT_FALSE(reloads.is_news("b", false));  // judged already
}

TEST(Reloads, WhatIsBeingWrittenIsNotJudged) {
  Reloads reloads("a", kStart);
  EXPECT_FALSE(reloads.is_news("b", false));
  EXPECT_FALSE(reloads.is_news("bc", false));
  EXPECT_FALSE(reloads.is_news("bcd", false));
  EXPECT_TRUE(reloads.is_news("bcd", false));
}

TEST(Reloads, WhoAsksForItDoesNotWait) {
  Reloads reloads("a", kStart);
  EXPECT_TRUE(reloads.is_news("b", true));
  EXPECT_FALSE(reloads.is_news("b", true));
  EXPECT_FALSE(reloads.is_news("b", false));
}

TEST(Reloads, ATextThatComesBackIsNews) {
  Reloads reloads("a", kStart);
  EXPECT_TRUE(reloads.is_news("bad", true));
  EXPECT_FALSE(reloads.is_news("a", false));
  EXPECT_TRUE(reloads.is_news("a", false));
  Reloads blink("a", kStart);
  EXPECT_FALSE(blink.is_news("b", false));
  EXPECT_FALSE(blink.is_news("a", false));  // it never left
  EXPECT_FALSE(blink.is_news("a", false));
}

TEST(Reloads, TellsWhatBecameOfThem) {
  Reloads reloads("a", kStart);
  EXPECT_THAT(reloads.exposition("config"),
              HasSubstr("muster_sidecar_config_last_reload_successful 1\n"));
  reloads.failed();
  EXPECT_THAT(reloads.exposition("config"),
              HasSubstr("muster_sidecar_config_last_reload_successful 0\n"));
  EXPECT_THAT(reloads.exposition("config"),
              HasSubstr("muster_sidecar_config_last_reload_success_timestamp_seconds 1000\n"));
  reloads.succeeded(kStart + base::seconds(60));
  const std::string told = reloads.exposition("config");
  EXPECT_THAT(told, HasSubstr("muster_sidecar_config_last_reload_successful 1\n"));
  EXPECT_THAT(told, HasSubstr("success_timestamp_seconds 1060\n"));
  EXPECT_THAT(told, HasSubstr("muster_sidecar_config_reloads_total{result=\"success\"} 1\n"));
  EXPECT_THAT(told, HasSubstr("muster_sidecar_config_reloads_total{result=\"failure\"} 1\n"));
}

}  // namespace
}  // namespace sidecar
