#include "traffic/history.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

base::TimePoint at(double seconds) {
  return base::TimePoint(base::Duration(static_cast<std::int64_t>(seconds * 1e9)));
}

/// Traffic and the history it is told to.
class Life {
 public:
  void serve(int times, int status, int millis) {
    Ended ended;
    ended.status = status;
    ended.duration = base::millis(millis);
    for (int i = 0; i < times; ++i) series_.add(ended);
  }
  bool sample(double second) {
    SeriesSum sum;
    sum.add(series_);
    return history_.sample(sum, at(second));
  }
  WindowFigures window(std::int64_t length, double now) const {
    return history_.window(base::seconds(length), at(now));
  }

 private:
  Series series_;
  History history_;
};

TEST(History, HasNothingToSayBeforeTwoSamples) {
  Life life;
  EXPECT_FALSE(life.window(10, 0).per_second);
  life.serve(5, 200, 1);
  life.sample(0);
  const WindowFigures figures = life.window(10, 0);
  EXPECT_EQ(figures.covered.count(), 0);
  EXPECT_EQ(figures.count, 0u);
  EXPECT_FALSE(figures.per_second);
  EXPECT_FALSE(figures.error_rate);
  EXPECT_FALSE(figures.p95);
}

TEST(History, CountsWhatCameInsideTheWindow) {
  Life life;
  life.serve(1000, 500, 1);  // before counting began
  life.sample(0);
  life.serve(100, 200, 10);
  life.sample(5);
  life.serve(30, 200, 40);
  life.serve(10, 404, 40);
  life.serve(10, 503, 400);
  life.sample(10);
  life.serve(50, 200, 20);
  life.sample(15);
  const WindowFigures ten = life.window(10, 15);
  EXPECT_EQ(ten.covered, base::seconds(10));
  EXPECT_EQ(ten.count, 100u);
  EXPECT_DOUBLE_EQ(*ten.per_second, 10);
  EXPECT_DOUBLE_EQ(*ten.error_rate, 0.2);
  EXPECT_DOUBLE_EQ(*ten.server_error_rate, 0.1);
  EXPECT_EQ(*ten.mean, base::millis(66));
  EXPECT_NEAR(base::to_millis(*ten.p50), 20, 0.2);
  EXPECT_NEAR(base::to_millis(*ten.p95), 400, 4);
  const WindowFigures minute = life.window(60, 15);
  EXPECT_EQ(minute.covered, base::seconds(15));
  EXPECT_EQ(minute.count, 200u);
}

TEST(History, WithoutRequestsHasARateOfNoneAndNoShares) {
  Life life;
  life.sample(0);
  life.sample(5);
  const WindowFigures figures = life.window(10, 5);
  EXPECT_EQ(figures.per_second, 0.0);
  EXPECT_FALSE(figures.error_rate);
  EXPECT_FALSE(figures.p95);
}

TEST(History, IgnoresSamplesThatComeTooSoon) {
  Life life;
  EXPECT_TRUE(life.sample(0));
  life.serve(7, 200, 1);
  EXPECT_FALSE(life.sample(4.4));
  EXPECT_TRUE(life.sample(4.6));
  EXPECT_EQ(life.window(10, 4.6).count, 7u);
}

TEST(History, TakesTheSlicesOfWhichMoreThanHalfIsInside) {
  Life life;
  for (int slice = 0; slice <= 4; ++slice) {
    life.sample(5.0 * slice);
    life.serve(1 << slice, 200, 1);
  }
  EXPECT_EQ(life.window(10, 20).count, 4u + 8u);
  EXPECT_EQ(life.window(10, 22.4).count, 4u + 8u);
  EXPECT_EQ(life.window(10, 22.6).count, 8u);
}

TEST(History, OfALateSamplerShowsTheNewestSliceAndSaysWhatItCovers) {
  Life life;
  life.sample(0);
  life.serve(100, 200, 1);
  life.sample(100);
  const WindowFigures figures = life.window(10, 105);
  EXPECT_EQ(figures.covered, base::seconds(100));
  EXPECT_DOUBLE_EQ(*figures.per_second, 1);
  EXPECT_FALSE(life.window(10, 110).per_second) << "it ended before the window";
}

TEST(History, KeepsFiveMinutesHoweverLongItRuns) {
  Life life;
  base::Random random(3);
  double now = 0;
  for (int slice = 0; slice < 1000; ++slice) {
    life.sample(now);
    life.serve(10, 200, 1);
    now += 4.9 + 0.2 * random.unit();
  }
  life.sample(now);
  const WindowFigures figures = life.window(100'000, now);
  EXPECT_NEAR(base::to_seconds(figures.covered), 300, 6);
  EXPECT_NEAR(*figures.per_second, 2, 0.05);
}

}  // namespace
}  // namespace traffic
