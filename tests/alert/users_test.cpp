#include "alert/users.h"

#include <gtest/gtest.h>

namespace alert {
namespace {

base::TimePoint at(std::int64_t seconds) {
  return base::TimePoint(base::seconds(seconds));
}
UserId user(std::uint64_t id) {
  return UserId(id);
}

void serve(Users& users, UserId who, int times, std::int64_t millis) {
  for (int i = 0; i < times; ++i) {
    ASSERT_TRUE(users.begin(who, at(0)));
    users.end(who, base::millis(millis), at(0));
  }
}

TEST(Users, AreTwelveAtMost) {
  Users users;
  for (std::uint64_t id = 1; id <= 12; ++id) EXPECT_TRUE(users.begin(user(id), at(0)));
  EXPECT_FALSE(users.begin(user(13), at(0)));
  EXPECT_TRUE(users.begin(user(12), at(0))) << "who is in may ask again";
  users.leave(user(5));
  EXPECT_TRUE(users.begin(user(13), at(0)));
  EXPECT_EQ(users.size(), 12u);
}

TEST(Users, GiveUpTheirPlaceWhenItIsNeededAndTheyWereIdle) {
  Users users;
  for (std::uint64_t id = 1; id <= 12; ++id) {
    users.begin(user(id), at(0));
    if (id != 1) users.end(user(id), base::millis(1), at(static_cast<std::int64_t>(id)));
  }
  EXPECT_FALSE(users.begin(user(13), at(301))) << "the idlest has a request in progress";
  users.end(user(1), base::millis(1), at(301));
  EXPECT_FALSE(users.begin(user(13), at(301))) << "idle for 299 s";
  EXPECT_TRUE(users.begin(user(13), at(302)));
  EXPECT_FALSE(users.figures(user(2)));
  EXPECT_TRUE(users.figures(user(3)));
}

TEST(Users, AreGradedByTheirMeanResponse) {
  const std::pair<std::int64_t, char> cases[] = {{100, 'A'},  {101, 'B'},  {500, 'B'},
                                                 {501, 'C'},  {1000, 'C'}, {1001, 'D'},
                                                 {2000, 'D'}, {2001, 'F'}};
  for (const auto& [millis, grade] : cases) {
    Users users;
    serve(users, user(1), 3, millis);
    const UserFiguresNow figures = *users.figures(user(1));
    EXPECT_EQ(figures.mean, base::millis(millis));
    EXPECT_EQ(figures.grade, grade) << millis;
  }
  Users users;
  users.begin(user(1), at(0));
  EXPECT_FALSE(users.figures(user(1))->grade);
  EXPECT_EQ(users.figures(user(1))->in_progress, 1u);
}

TEST(Users, ImpactIsHowMuchSlowerTheOthersAreThanTheyWere) {
  Users users;
  EXPECT_FALSE(users.impact(user(1)));
  serve(users, user(1), 200, 10'000);
  EXPECT_FALSE(users.impact(user(1))) << "there are no others";
  serve(users, user(2), 80, 100);
  serve(users, user(2), 19, 300);
  EXPECT_FALSE(users.impact(user(1))) << "99 are too few";
  serve(users, user(2), 1, 300);
  EXPECT_DOUBLE_EQ(*users.impact(user(1)), 3);
  serve(users, user(3), 100, 50);
  EXPECT_DOUBLE_EQ(*users.impact(user(1)), 2);
}

TEST(Users, ImpactIsHeldAgainstTheBusiestOnly) {
  Users users;
  serve(users, user(2), 80, 100);
  serve(users, user(2), 20, 300);
  users.begin(user(1), at(0));
  const auto busiest = users.judge(user(1), {}, Rank::Normal);
  ASSERT_TRUE(busiest);
  ASSERT_EQ(busiest->violated.size(), 1u);
  EXPECT_EQ(busiest->violated[0], (Violated{Violation::Impact, 3, 2}));
  EXPECT_EQ(busiest->answer.remedy, Remedy::Queue);
  users.begin(user(2), at(0));
  EXPECT_TRUE(users.judge(user(1), {}, Rank::Normal)->violated.empty()) << "as busy as another";
}

TEST(Users, AreJudgedByTheirRequestsInProgressWhateverIsReported) {
  UsersPolicy policy;
  policy.strategy = Strategy::Adaptive;
  Users users(policy);
  EXPECT_FALSE(users.judge(user(1), {}, Rank::Normal));
  for (int i = 0; i < 5; ++i) users.begin(user(1), at(0));
  UserUsage reported;
  reported.concurrent_requests = 100;
  EXPECT_TRUE(users.judge(user(1), reported, Rank::Normal)->violated.empty());
  users.begin(user(1), at(0));
  std::vector<Remedy> seen;
  for (int look = 0; look < 7; ++look) {
    seen.push_back(users.judge(user(1), {}, Rank::Normal)->answer.remedy);
  }
  using enum Remedy;
  EXPECT_EQ(seen,
            (std::vector<Remedy>{Throttle, Throttle, Throttle, Queue, Queue, Queue, Isolate}));
  users.end(user(1), base::millis(1), at(1));
  EXPECT_EQ(users.judge(user(1), {}, Rank::Normal)->answer.remedy, None);
  users.begin(user(1), at(1));
  EXPECT_EQ(users.judge(user(1), {}, Rank::Normal)->answer.remedy, Throttle)
      << "the row was interrupted";
}

TEST(Users, ThatAreNotThereEndNothing) {
  Users users;
  users.end(user(1), base::millis(1), at(0));
  users.leave(user(1));
  EXPECT_EQ(users.size(), 0u);
  users.begin(user(1), at(0));
  users.end(user(1), base::Duration(-1), at(0));
  users.end(user(1), base::millis(1), at(0));
  EXPECT_EQ(users.figures(user(1))->in_progress, 0u);
  EXPECT_EQ(users.figures(user(1))->responses, 1u);
}

TEST(Users, AreJudgedByWhatSomebodyHasSeenWhoLookedMoreOften) {
  Users users;
  users.begin(user(1), at(0));
  EXPECT_TRUE(users.judge(user(1), {}, Rank::Normal, 5)->violated.empty());
  EXPECT_EQ(users.judge(user(1), {}, Rank::Normal, 6)->violated.size(), 1u);
}

TEST(Users, WhoOnlyEnteredMayBeSentOutWhenIdle) {
  Users users({.users_most = 1});
  EXPECT_TRUE(users.enter(user(1), at(0)));
  EXPECT_FALSE(users.enter(user(2), at(299)));
  EXPECT_EQ(users.room_in(at(299)), base::seconds(1));
  users.end_idle(at(299));
  EXPECT_EQ(users.size(), 1u);
  users.end_idle(at(300));
  EXPECT_EQ(users.size(), 0u);
  EXPECT_EQ(users.room_in(at(300)), base::seconds(0));
}

TEST(Users, StayWhenFewerMayBeAndMakeRoomForThose) {
  Users users;
  for (std::uint64_t id = 1; id <= 3; ++id) users.enter(user(id), at(0));
  users.use({.users_most = 2});
  EXPECT_TRUE(users.enter(user(3), at(0)));
  EXPECT_FALSE(users.enter(user(4), at(1)));
  EXPECT_TRUE(users.enter(user(4), at(300)));
  EXPECT_EQ(users.size(), 2u);
}

}  // namespace
}  // namespace alert
