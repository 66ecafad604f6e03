#include "alert/web_vitals.h"

#include <limits>

#include <gtest/gtest.h>

namespace alert {
namespace {

TEST(WebVitals, AreRatedByThePublishedThresholds) {
  struct Case {
    UserMetric metric;
    double good_most, poor_above;
  };
  const Case cases[] = {{UserMetric::Lcp, 2500, 4000},
                        {UserMetric::Inp, 200, 500},
                        {UserMetric::Cls, 0.1, 0.25},
                        {UserMetric::Fcp, 1800, 3000},
                        {UserMetric::Ttfb, 800, 1800}};
  for (const Case& test : cases) {
    SCOPED_TRACE(name(test.metric));
    EXPECT_EQ(rate(test.metric, 0), Rating::Good);
    EXPECT_EQ(rate(test.metric, test.good_most), Rating::Good);
    EXPECT_EQ(rate(test.metric, test.good_most * 1.001), Rating::NeedsImprovement);
    EXPECT_EQ(rate(test.metric, test.poor_above), Rating::NeedsImprovement);
    EXPECT_EQ(rate(test.metric, test.poor_above * 1.001), Rating::Poor);
    EXPECT_FALSE(slow(test.metric, test.poor_above));
    EXPECT_TRUE(slow(test.metric, test.poor_above * 1.001));
  }
}

TEST(WebVitals, TimingsAreSlowAboveTheirBoundsAndHaveNoRating) {
  const std::pair<UserMetric, double> cases[] = {{UserMetric::ApiCall, 500},
                                                 {UserMetric::Render, 16},
                                                 {UserMetric::Operation, 1000},
                                                 {UserMetric::PageLoad, 3000}};
  for (const auto& [metric, bound] : cases) {
    EXPECT_FALSE(slow(metric, bound)) << name(metric);
    EXPECT_TRUE(slow(metric, bound + 0.1)) << name(metric);
    EXPECT_FALSE(rate(metric, bound)) << name(metric);
  }
}

TEST(WebVitals, HaveNamesThatAreTheirs) {
  for (std::size_t at = 0; at < kUserMetrics; ++at) {
    const auto metric = static_cast<UserMetric>(at);
    EXPECT_EQ(user_metric(name(metric)), metric);
  }
  EXPECT_FALSE(user_metric("LCP"));
  EXPECT_FALSE(user_metric(""));
  EXPECT_STREQ(unit(UserMetric::Cls), "");
  EXPECT_STREQ(unit(UserMetric::Lcp), "ms");
}

TEST(WebVitals, FiguresAreOfTheNewestThousandAndRatedAtTheirP75) {
  WebVitals vitals;
  EXPECT_FALSE(vitals.figures(UserMetric::Cls));
  for (int i = 0; i < 500; ++i) vitals.add(UserMetric::Cls, 9);
  for (int i = 0; i < 750; ++i) vitals.add(UserMetric::Cls, 0.1);
  for (int i = 0; i < 250; ++i) vitals.add(UserMetric::Cls, 0.3);
  const UserFigures figures = *vitals.figures(UserMetric::Cls);
  EXPECT_EQ(figures.values.total, 1500u);
  EXPECT_EQ(figures.values.count, 1000u);
  EXPECT_EQ(figures.values.max, 0.3);
  EXPECT_EQ(figures.rating, Rating::Good) << "exactly the bound is good";
  EXPECT_EQ(figures.slow_total, 750u);
  vitals.add(UserMetric::Cls, 0.2);
  vitals.add(UserMetric::Cls, 0.2);
  EXPECT_EQ(vitals.figures(UserMetric::Cls)->rating, Rating::NeedsImprovement);
  EXPECT_FALSE(vitals.figures(UserMetric::ApiCall));
}

TEST(WebVitals, LeaveOutWhatIsNoMeasurement) {
  WebVitals vitals;
  EXPECT_FALSE(vitals.add(UserMetric::Lcp, -1));
  EXPECT_FALSE(vitals.add(UserMetric::Lcp, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(vitals.figures(UserMetric::Lcp));
}

}  // namespace
}  // namespace alert
