#include "alert/forecast.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}

template <class Function>
std::vector<double> series(int count, Function value) {
  std::vector<double> out;
  for (int x = 0; x < count; ++x) out.push_back(value(x));
  return out;
}

TEST(FitLine, FindsALineAndItsError) {
  // By hand: x 0 1 2 3, y 1 3 2 5. mx 1.5, my 2.75, sum xx 5, sum xy 5.5; residuals 2.7.
  const std::vector<double> points = {1, 3, 2, 5};
  const auto line = fit_line(points);
  ASSERT_TRUE(line);
  EXPECT_DOUBLE_EQ(line->slope, 1.1);
  EXPECT_DOUBLE_EQ(line->intercept, 1.1);
  EXPECT_NEAR(line->slope_error, std::sqrt(2.7 / 2 / 5), 1e-12);
  EXPECT_NEAR(line->at(4), 5.5, 1e-12);
  EXPECT_FALSE(fit_line(std::span(points).first(2)));
}

TEST(FitLine, LeavesTheSmallestSquares) {
  base::Random random(5);
  const auto points = series(20, [&](int x) { return 3 * x + 10 * random.unit(); });
  const auto line = fit_line(points);
  ASSERT_TRUE(line);
  const auto squares = [&](double intercept, double slope) {
    double sum = 0;
    for (std::size_t x = 0; x < points.size(); ++x) {
      const double off = points[x] - intercept - slope * static_cast<double>(x);
      sum += off * off;
    }
    return sum;
  };
  const double best = squares(line->intercept, line->slope);
  for (const double shift : {-0.01, 0.01}) {
    EXPECT_GT(squares(line->intercept + shift, line->slope), best);
    EXPECT_GT(squares(line->intercept, line->slope + shift), best);
  }
}

TEST(Forecast, OfALineIsTheLineThreeStepsAhead) {
  const auto result = forecast(series(50, [](int x) { return 7.0 + 2.0 * x; }));
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->next[0], 107, 1e-9);
  EXPECT_NEAR(result->next[1], 109, 1e-9);
  EXPECT_NEAR(result->next[2], 111, 1e-9);
  EXPECT_NEAR(result->current_slope, 2, 1e-12);
  EXPECT_NEAR(result->predicted_slope, 2, 1e-12);
  EXPECT_FALSE(result->steeper) << "a steady rise is no turn";
}

TEST(Forecast, ReachesAsFarAndIsAsStrictAsItIsAsked) {
  const auto values = series(50, [](int x) { return x * x / 2.0; });  // c = 24.5, p = 41.5
  const auto far = forecast(values, {.steps = 5, .ratio = 1.4});
  ASSERT_EQ(far->next.size(), 5U);
  EXPECT_NEAR(far->next[4] - far->next[3], 24.5, 1e-9);
  EXPECT_TRUE(far->steeper);
  EXPECT_FALSE(forecast(values, {.steps = 3, .ratio = 1.8})->steeper);
}

TEST(Forecast, LooksAtTheNewestFiftyOnly) {
  const auto recent = series(50, [](int x) { return 1.0 * x; });
  std::vector<double> longer(200, 1e6);
  longer.insert(longer.end(), recent.begin(), recent.end());
  EXPECT_NEAR(forecast(longer)->next[2], forecast(recent)->next[2], 1e-9);
}

TEST(Forecast, NeedsThirtyPoints) {
  EXPECT_FALSE(forecast(series(29, [](int x) { return 1.0 * x; })));
  EXPECT_TRUE(forecast(series(30, [](int x) { return 1.0 * x; })));
  EXPECT_FALSE(forecast({}));
}

TEST(Forecast, TellsASeriesThatTurnsUpward) {
  struct Case {
    const char* name;
    std::vector<double> values;
    bool steeper;
  };
  const Case cases[] = {
      {"flat", series(50, [](int) { return 0.1; }), false},
      {"falling", series(50, [](int x) { return 100.0 - x; }), false},
      {"falling ever less steeply", series(50, [](int x) { return 1000 * std::exp(-x / 10.0); }),
       false},
      {"a doubling every ten steps", series(50, [](int x) { return std::exp2(x / 10.0); }), true},
      {"flat, then a rise", series(50, [](int x) { return x < 34 ? 5.0 : 5.0 + (x - 33); }), true},
      {"falling, then a rise", series(50, [](int x) { return std::abs(x - 33.0); }), true},
      {"a rise that ends", series(50, [](int x) { return std::min(x, 30) * 1.0; }), false},
      // Slopes of 1 and then 1.2: the predicted one is 1.2, the current one more than 1.
      {"a little steeper", series(50, [](int x) { return x < 34 ? x : 34 + 1.2 * (x - 34); }),
       false},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    const auto result = forecast(test.values);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->steeper, test.steeper)
        << result->current_slope << " " << result->predicted_slope << " " << result->slope_error;
  }
}

TEST(Forecast, ComparesWithOneAndAHalfTimesTheCurrentSlope) {
  // y = x^2/2 + k x: with n = 50 and the newest 16, c = 24.5 + k and p = 41.5 + k, so that
  // p > 1.5 c where k < 9.5.
  const auto curve = [](double k) {
    return *forecast(series(50, [k](int x) { return x * x / 2.0 + k * x; }));
  };
  EXPECT_NEAR(curve(0).current_slope, 24.5, 1e-9);
  EXPECT_NEAR(curve(0).predicted_slope, 41.5, 1e-9);
  EXPECT_TRUE(curve(0).steeper);
  EXPECT_FALSE(curve(10).steeper);
}

TEST(Forecast, OfWhatIsNoNumberIsNone) {
  auto values = series(50, [](int x) { return 1.0 * x; });
  values[20] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(forecast(values));
  values[20] = std::numeric_limits<double>::max();
  values[21] = std::numeric_limits<double>::lowest();
  EXPECT_FALSE(forecast(values));
}

TEST(Forecast, IsSeldomFooledByNoise) {
  base::Random random(3);
  int fooled = 0;
  for (int run = 0; run < 5000; ++run) {
    const auto noise = series(50, [&](int) {
      double sum = 0;
      for (int i = 0; i < 12; ++i) sum += random.unit();
      return 100 + sum;
    });
    if (forecast(noise)->steeper) ++fooled;
  }
  EXPECT_LE(fooled, 4);  // half a one is expected
}

TEST(TrendWatch, FiresWhenTheSeriesTurnsAndResolvesWhenItIsSteadyAgain) {
  TrendWatch watch;
  int told = 0, ended = 0;
  for (int x = 0; x < 300; ++x) {
    const double value = x < 100 ? 1.0 : x < 120 ? 1.0 + (x - 100) * 3.0 : 58.0;
    const auto notice = watch.step(value, at(5 * x));
    if (notice) (notice->resolved ? ended : told)++;
    if (x == 28) EXPECT_EQ(watch.alert().phase(), Phase::Unknown);
    if (x == 99) EXPECT_EQ(watch.alert().phase(), Phase::Quiet);
    if (x == 118) EXPECT_EQ(watch.alert().phase(), Phase::Firing);
  }
  EXPECT_EQ(told, 1);
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(watch.step(std::nullopt, at(2000)), std::nullopt);
}

}  // namespace
}  // namespace alert
