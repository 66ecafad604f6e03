#include "sidecar/watch_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sidecar {
namespace {

using testing::HasSubstr;

TEST(WatchWords, ARangeHasAUnitAndABound) {
  EXPECT_EQ(*range_of(""), base::seconds(900));
  EXPECT_EQ(*range_of("range=30s"), base::seconds(30));
  EXPECT_EQ(*range_of("&range=2h&"), base::seconds(7200));
  for (const char* wrong : {"range=", "range=5", "range=m", "range=-1m", "range=0s", "range=25h",
                            "range=9223372036854775807h", "range=1.5m", "range=1mm"}) {
    const auto range = range_of(wrong);
    ASSERT_FALSE(range.has_value()) << wrong;
    EXPECT_THAT(range.error().message, HasSubstr("24h at most"));
  }
}

TEST(WatchWords, WhatIsAskedBesideARangeIsTold) {
  for (const char* wrong : {"rang=1h", "range=1h&step=5s", "range=1h&range=2h"}) {
    const auto range = range_of(wrong);
    ASSERT_FALSE(range.has_value()) << wrong;
    EXPECT_THAT(range.error().message, HasSubstr(": range, once"));
  }
}

TEST(WatchWords, ATimelineHasSixtyStepsAtMostOfWholeSamples) {
  EXPECT_EQ(timeline_step(base::seconds(30)), base::seconds(5));
  EXPECT_EQ(timeline_step(base::seconds(300)), base::seconds(5));
  EXPECT_EQ(timeline_step(base::seconds(900)), base::seconds(15));
  EXPECT_EQ(timeline_step(base::seconds(24 * 3600)), base::seconds(1440));
}

TEST(WatchWords, WhatIsMissingIsNotThere) {
  sampling::Sample sample;
  sample.set(sampling::Figure::CpuRatio, 0.5);
  const api::Node node = sample_node(sample, base::WallTime(base::seconds(0)));
  EXPECT_EQ(node[sampling::name(sampling::Figure::CpuRatio)].as_double(), 0.5);
  EXPECT_FALSE(node.has(sampling::name(sampling::Figure::MemoryRatio)));
  EXPECT_THAT(node["time"].as_string(), HasSubstr("1970-01-01T00:00:00"));
  EXPECT_FALSE(window_node({}).has("p95Millis"));
}

TEST(WatchWords, AVerdictNamesItsIssues) {
  alert::Samples samples;
  samples[alert::index(alert::Measure::Cpu)] = 99;
  const api::Node node = health_node(alert::judge_health(alert::default_thresholds(), samples));
  EXPECT_EQ(node["status"].as_string(), "degraded");
  EXPECT_EQ(node["issues"].items().front()["name"].as_string(), "cpu");
  EXPECT_EQ(node["issues"].items().front()["threshold"].as_double(), 80);
  EXPECT_EQ(node["unmeasured"].items().size(), alert::kMeasures - 1);
}

}  // namespace
}  // namespace sidecar
