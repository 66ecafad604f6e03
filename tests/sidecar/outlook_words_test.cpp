// What is fed to the series under watch and what they say, in virtual time.
#include "sidecar/outlook_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parsed.h"
#include "traffic/requests.h"

namespace sidecar {
namespace {

using alert::Series;
using testing::HasSubstr;
using testing::Not;

TEST(SeriesValues, AreInTheUnitsOfTheSeries) {
  sampling::Sample sample;
  sample.set(sampling::Figure::CpuRatio, 0.5);
  sample.set(sampling::Figure::DiskRatio, 0.25);
  traffic::WindowFigures slice;
  slice.count = 20;
  slice.per_second = 4;
  slice.error_rate = 0.1;
  slice.p95 = base::millis(250);
  const alert::SeriesValues values = series_values(sample, slice);
  EXPECT_EQ(values[index(Series::Cpu)], 50.0);
  EXPECT_EQ(values[index(Series::Memory)], std::nullopt);
  EXPECT_EQ(values[index(Series::Disk)], 25.0);
  EXPECT_EQ(values[index(Series::ResponseP95)], 250.0);
  EXPECT_EQ(values[index(Series::ErrorRate)], 10.0);
  EXPECT_EQ(values[index(Series::RequestRate)], 4.0);
}

TEST(SeriesValues, OfFewRequestsAreTheirRateOnly) {
  traffic::WindowFigures slice;
  slice.count = 19;
  slice.per_second = 3.8;
  slice.error_rate = 0.1;
  slice.p95 = base::millis(250);
  const alert::SeriesValues values = series_values(std::nullopt, slice);
  EXPECT_EQ(values[index(Series::ResponseP95)], std::nullopt);
  EXPECT_EQ(values[index(Series::ErrorRate)], std::nullopt);
  EXPECT_EQ(values[index(Series::RequestRate)], 3.8);
}

/// Five seconds of traffic after another, as Watch sees it.
class OutlookWordsTest : public testing::Test {
 protected:
  OutlookWordsTest() { history.sample(totals, now); }

  void traffic_of(base::Duration response, int count = 25) {
    now += traffic::kSlice;
    for (int i = 0; i < count; ++i) {
      requests.shard(0).begin();
      requests.shard(0).end(traffic::Method::Get, traffic::EndpointId{},
                            {.status = 200, .duration = response, .trace = {}});
    }
    totals.clear();
    requests.add_up(totals);
    history.sample(totals, now);
    outlook.step(series_values(std::nullopt, history.window(traffic::kSlice, now)), now);
  }
  void quiet_minutes() {
    for (int i = 0; i < 60; ++i) traffic_of(base::millis(i % 3 * 10 + 90));
  }

  traffic::Requests requests{1, 10};
  traffic::SeriesSum totals;
  traffic::History history;
  base::TimePoint now{base::seconds(1000)};
  alert::Outlook outlook;
};

TEST_F(OutlookWordsTest, QuietTrafficIsNoAnomaly) {
  quiet_minutes();
  EXPECT_TRUE(active_node(outlook).items().empty());
  EXPECT_EQ(outlook.state(Series::ResponseP95).anomaly.phase(), alert::Phase::Quiet);
  const std::string text = outlook_exposition(outlook);
  EXPECT_THAT(text,
              HasSubstr("muster_anomaly_active{series=\"response_p95\",severity=\"warning\"} 0\n"));
  EXPECT_THAT(
      text, HasSubstr("muster_anomaly_alerts_total{series=\"response_p95\",kind=\"anomaly\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("muster_anomaly_score{series=\"response_p95\"} "));
  EXPECT_THAT(text, Not(HasSubstr("muster_anomaly_score{series=\"cpu\"}"))) << "not measured";
}

TEST_F(OutlookWordsTest, AJumpInLatencyIsSeenInItsFirstFiveSeconds) {
  quiet_minutes();
  traffic_of(base::millis(400));
  const api::Node active = active_node(outlook);
  ASSERT_EQ(active.items().size(), 1U) << api::to_json(active);
  const api::Node& one = active.items()[0];
  EXPECT_EQ(one["name"].as_string(), "response_p95");
  EXPECT_EQ(one["kind"].as_string(), "anomaly");
  EXPECT_EQ(one["severity"].as_string(), "critical");
  EXPECT_EQ(one["unit"].as_string(), "ms");
  EXPECT_NEAR(one["value"].as_double(), 400, 8);
  EXPECT_GT(one["score"].as_double(), 4);
  const std::string text = outlook_exposition(outlook);
  EXPECT_THAT(
      text, HasSubstr("muster_anomaly_active{series=\"response_p95\",severity=\"critical\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("muster_anomaly_active{series=\"response_p95\",severity=\"warning\"} 0\n"));
  EXPECT_THAT(
      text, HasSubstr("muster_anomaly_alerts_total{series=\"response_p95\",kind=\"anomaly\"} 1\n"));
  traffic_of(base::millis(90));
  EXPECT_TRUE(active_node(outlook).items().empty());
}

TEST_F(OutlookWordsTest, TrafficThatStopsIsOne) {
  for (int i = 0; i < 60; ++i) traffic_of(base::millis(50), 50 + i % 4);
  traffic_of(base::millis(50), 0);
  const api::Node active = active_node(outlook);
  ASSERT_EQ(active.items().size(), 1U) << api::to_json(active);
  EXPECT_EQ(active.items()[0]["name"].as_string(), "request_rate");
  EXPECT_LT(active.items()[0]["score"].as_double(), -4);
}

TEST_F(OutlookWordsTest, LatencyThatTurnsUpwardIsATrend) {
  for (int i = 0; i < 50; ++i) {
    traffic_of(base::millis(i < 34 ? 100 + i % 2 : 100 + (i - 33) * 15));
  }
  const api::Node said = outlook_node(outlook);
  const auto& p95 = said.items().front();
  EXPECT_EQ(p95["name"].as_string(), "response_p95");
  EXPECT_EQ(p95["forecast"]["alert"].as_string(), "firing") << api::to_json(said);
  ASSERT_EQ(p95["forecast"]["next"].items().size(), 3U);
  EXPECT_GT(p95["forecast"]["predictedSlope"].as_double(),
            1.5 * p95["forecast"]["currentSlope"].as_double());
  EXPECT_THAT(outlook_exposition(outlook),
              HasSubstr("muster_anomaly_trend_active{series=\"response_p95\"} 1\n"));
}

TEST_F(OutlookWordsTest, OffItSaysNothing) {
  alert::OutlookSettings settings;
  settings.on = false;
  outlook = alert::Outlook(settings);
  quiet_minutes();
  traffic_of(base::seconds(4));
  EXPECT_TRUE(active_node(outlook).items().empty());
  EXPECT_TRUE(outlook_node(outlook).items().empty());
  EXPECT_EQ(outlook_exposition(outlook), "");
}

TEST(OutlookFlags, AreSettings) {
  const alert::OutlookSettings wanted{false, 2.5, 6, {5, 2.25}};
  const auto flags =
      parsed({"--no-anomalies", "--anomaly-warning-score=2.5", "--anomaly-critical-score=6",
              "--forecast-steps=5", "--forecast-ratio=2.25"});
  ASSERT_TRUE(flags.settings) << flags.err;
  EXPECT_EQ(flags.settings->outlook, wanted);
  const auto file = parsed({},
                           "{anomalies: false, anomalyWarningScore: 2.5, "
                           "anomalyCriticalScore: 6, forecastSteps: 5, forecastRatio: 2.25}");
  ASSERT_TRUE(file.settings) << file.err;
  EXPECT_EQ(file.settings->outlook, wanted);
  EXPECT_EQ(parsed({}).settings->outlook, alert::OutlookSettings{});
}

TEST(OutlookFlags, OutOfRangeAreRefused) {
  EXPECT_THAT(parsed({"--anomaly-warning-score=0"}).err, HasSubstr("score of a warning"));
  EXPECT_THAT(parsed({"--anomaly-critical-score=2"}).err, HasSubstr("critical score"));
  EXPECT_THAT(parsed({"--forecast-steps=0"}).err, HasSubstr("steps"));
  EXPECT_THAT(parsed({}, "{forecastRatio: often}").err, HasSubstr("a number"));
}

}  // namespace
}  // namespace sidecar
