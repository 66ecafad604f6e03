#include "alert/user_forecast.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/random.h"

namespace alert {
namespace {

// 4 users keep the busiest resource at 40 % and see 100 ms: 60 ms on an idle system.
const UserLoad kNow{4, base::millis(100), 0.4};

TEST(UserForecast, FollowsTheModel) {
  const auto response = [](std::size_t users) { return forecast_users(kNow, users)->response; };
  EXPECT_EQ(response(0), base::millis(60));
  EXPECT_EQ(response(4), base::millis(100)) << "the present is reproduced";
  EXPECT_EQ(response(7), base::millis(200));
  EXPECT_EQ(response(9), base::millis(600));
  EXPECT_DOUBLE_EQ(forecast_users(kNow, 7)->utilisation, 0.7);
  EXPECT_EQ(forecast_users(kNow, 4)->grade, 'A');
  EXPECT_EQ(forecast_users(kNow, 9)->grade, 'C');
}

TEST(UserForecast, GivesNoNumberWhenSaturated) {
  for (const std::size_t users : {std::size_t{10}, std::size_t{1000}, SIZE_MAX}) {
    const auto forecast = forecast_users(kNow, users);
    ASSERT_TRUE(forecast);
    EXPECT_FALSE(forecast->response);
    EXPECT_EQ(forecast->utilisation, 1);
    EXPECT_EQ(forecast->grade, 'F');
  }
}

TEST(UserForecast, SaysWhenItIsFar) {
  EXPECT_FALSE(forecast_users(kNow, 12)->far);
  EXPECT_TRUE(forecast_users(kNow, 13)->far);
}

TEST(UserForecast, NeedsSomethingToStartFrom) {
  EXPECT_FALSE(forecast_users({0, base::millis(100), 0.4}, 4));
  EXPECT_FALSE(forecast_users({4, base::millis(-1), 0.4}, 4));
  EXPECT_FALSE(forecast_users({4, base::millis(100), 1.0}, 4));
  EXPECT_FALSE(forecast_users({4, base::millis(100), -0.1}, 4));
  EXPECT_FALSE(forecast_users({4, base::millis(100), std::numeric_limits<double>::quiet_NaN()}, 4));
  EXPECT_FALSE(users_within({0, base::millis(100), 0.4}, base::seconds(1)));
  EXPECT_FALSE(users_within({4, base::millis(100), 0}, base::seconds(1)));
}

TEST(UserForecast, TellsHowManyUsersSeeAWantedResponse) {
  EXPECT_EQ(users_within(kNow, base::millis(200)), 7u);
  EXPECT_EQ(users_within(kNow, base::millis(199)), 6u);
  EXPECT_EQ(users_within(kNow, base::millis(60)), 0u);
  EXPECT_EQ(users_within(kNow, base::millis(59)), 0u);
  EXPECT_EQ(users_within(kNow, base::Duration(0)), 0u);
}

TEST(UserForecast, TheMostUsersAreTheLastWhoSeeIt) {
  base::Random random(4);
  for (int run = 0; run < 2000; ++run) {
    const UserLoad now{1 + random.below(50), base::Duration(random.between(1, 2'000'000'000)),
                       0.01 + 0.98 * random.unit()};
    const base::Duration wanted(random.between(1, 5'000'000'000));
    const std::size_t most = *users_within(now, wanted);
    const auto beyond = forecast_users(now, most + 1);
    ASSERT_TRUE(!beyond->response || *beyond->response > wanted);
    if (most > 0) ASSERT_LE(*forecast_users(now, most)->response, wanted);
  }
}

}  // namespace
}  // namespace alert
