#include "alert/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

TEST(Statistics, OfNothingAreNone) {
  EXPECT_FALSE(Statistics().figures());
}

TEST(Statistics, AreThoseOfTheValues) {
  Statistics statistics;
  for (int value = 100; value >= 1; --value) statistics.add(value);
  const Figures figures = *statistics.figures();
  EXPECT_EQ(figures.total, 100u);
  EXPECT_EQ(figures.count, 100u);
  EXPECT_DOUBLE_EQ(figures.mean, 50.5);
  EXPECT_EQ(figures.min, 1);
  EXPECT_EQ(figures.max, 100);
  EXPECT_EQ(figures.p75, 75);
  EXPECT_EQ(figures.p95, 95);
  EXPECT_EQ(figures.p99, 99);
  EXPECT_EQ(statistics.within(42), 42u);
}

TEST(Statistics, OfOneValueAreThatValue) {
  Statistics statistics;
  statistics.add(0.1);
  EXPECT_EQ(*statistics.figures(), (Figures{1, 1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}));
}

TEST(Statistics, LeaveOutWhatIsNoMeasurement) {
  Statistics statistics;
  EXPECT_FALSE(statistics.add(-1));
  EXPECT_FALSE(statistics.add(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(statistics.add(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(statistics.figures());
  EXPECT_TRUE(statistics.add(0));
}

TEST(Statistics, AreOfTheNewestThousandAndExact) {
  base::Random random(11);
  Statistics statistics;
  std::vector<double> all;
  for (int i = 0; i < 3456; ++i) {
    all.push_back(random.exponential(20));
    statistics.add(all.back());
  }
  std::vector<double> newest(all.end() - 1000, all.end());
  std::sort(newest.begin(), newest.end());
  const Figures figures = *statistics.figures();
  EXPECT_EQ(figures.total, 3456u);
  EXPECT_EQ(figures.count, 1000u);
  EXPECT_EQ(figures.min, newest.front());
  EXPECT_EQ(figures.max, newest.back());
  EXPECT_EQ(figures.p95, newest[949]);
  EXPECT_EQ(figures.p99, newest[989]);
}

}  // namespace
}  // namespace alert
