#include "load/arrivals.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

namespace load {
namespace {

using base::Duration;

ArrivalSpec six_users(Process process) {
  ArrivalSpec spec;
  spec.process = process;
  spec.users = 6;
  spec.ramp = constant_rate(120.0 / 60.0);
  spec.mix = {{"read", 70}, {"write", 20}, {"heavy", 10}};
  return spec;
}

Arrivals made(ArrivalSpec spec, std::uint64_t seed) {
  auto arrivals = Arrivals::create(std::move(spec), seed);
  EXPECT_TRUE(arrivals);
  return *arrivals;
}

TEST(Arrivals, ConstantRateGivesEveryUserItsOwnStaggeredSchedule) {
  Arrivals arrivals = made(six_users(Process::Constant), 1);
  std::map<int, std::vector<Duration>> due;
  for (int i = 0; i < 60; ++i) {
    const Arrival arrival = arrivals.next();
    due[arrival.user].push_back(arrival.due);
  }
  ASSERT_EQ(due.size(), 6u);
  for (const auto& [user, times] : due) {
    for (std::size_t k = 0; k < times.size(); ++k) {
      EXPECT_EQ(times[k], base::millis(500 * user) + base::seconds(3) * static_cast<int>(k));
    }
  }
}

TEST(Arrivals, MixIsExactOverEveryDeck) {
  Arrivals arrivals = made(six_users(Process::Poisson), 9);
  for (int deck = 0; deck < 50; ++deck) {
    std::map<int, int> kinds;
    for (int i = 0; i < 10; ++i) ++kinds[arrivals.next().kind];
    EXPECT_EQ(kinds, (std::map<int, int>{{0, 7}, {1, 2}, {2, 1}}));
  }
}

TEST(Arrivals, SameSeedSameLoadAndOtherSeedOther) {
  Arrivals one = made(six_users(Process::Poisson), 42);
  Arrivals same = made(six_users(Process::Poisson), 42);
  Arrivals other = made(six_users(Process::Poisson), 43);
  int differ = 0;
  for (int i = 0; i < 100; ++i) {
    const Arrival arrival = one.next();
    EXPECT_EQ(arrival, same.next());
    if (!(arrival == other.next())) ++differ;
  }
  EXPECT_GT(differ, 90);
}

TEST(Arrivals, PoissonHasTheRateTheVarianceAndEveryUser) {
  ArrivalSpec spec = six_users(Process::Poisson);
  spec.ramp = constant_rate(100);
  Arrivals arrivals = made(spec, 5);
  std::map<int, int> users;
  std::vector<int> per_second(400);
  for (;;) {
    const Arrival arrival = arrivals.next();
    if (arrival.due >= base::seconds(400)) break;
    ++per_second[static_cast<std::size_t>(arrival.due / base::seconds(1))];
    ++users[arrival.user];
  }
  double sum = 0, squares = 0;
  for (const int count : per_second) sum += count;
  const double mean = sum / 400;
  for (const int count : per_second) squares += (count - mean) * (count - mean);
  // 40,000 expected: standard error of the mean 0.5, of variance/mean 0.07; five of each.
  EXPECT_NEAR(mean, 100, 2.5);
  EXPECT_NEAR(squares / 399 / mean, 1.0, 0.35);
  for (int user = 0; user < 6; ++user) EXPECT_NEAR(users[user], sum / 6, 400);
}

TEST(Arrivals, CapacityStreamRisesToOneFifthAboveTheTarget) {
  ArrivalSpec spec;
  spec.process = Process::Constant;
  spec.ramp = capacity_ramp(10, base::seconds(60));
  Arrivals arrivals = made(spec, 1);
  std::vector<int> per_second(120);
  Duration last{0};
  for (;;) {
    const Arrival arrival = arrivals.next();
    EXPECT_GE(arrival.due, last);
    last = arrival.due;
    if (arrival.due >= base::seconds(120)) break;
    ++per_second[static_cast<std::size_t>(arrival.due / base::seconds(1))];
  }
  EXPECT_LE(per_second[0], 2);
  for (int second = 62; second < 119; ++second) {
    EXPECT_EQ(per_second[static_cast<std::size_t>(second)], 12) << second;
  }
}

TEST(Ramp, WhenIsTheInverseOfExpected) {
  const Ramp ramps[] = {constant_rate(3),
                        {1, 12, base::seconds(60)},
                        {12, 1, base::seconds(10)},
                        {0, 5, base::seconds(20)}};
  for (const Ramp& ramp : ramps) {
    for (double count = 0.5; count < 200; count += 3.7) {
      const Duration at = ramp.when(count);
      EXPECT_NEAR(ramp.expected(at), count, 1e-6) << ramp.from << "->" << ramp.to;
    }
  }
  EXPECT_EQ((Ramp{4, 0, base::seconds(10)}).when(21), Duration::max());
  EXPECT_EQ((Ramp{4, 0, base::seconds(10)}).rate(base::seconds(5)), 2.0);
  EXPECT_EQ(constant_rate(5).expected(base::seconds(2)), 10.0);
}

TEST(Arrivals, RefusesALoadThatCannotBe) {
  struct Case {
    const char* name;
    void (*spoil)(ArrivalSpec&);
  };
  const Case cases[] = {
      {"no users", [](ArrivalSpec& spec) { spec.users = 0; }},
      {"no rate", [](ArrivalSpec& spec) { spec.ramp = constant_rate(0); }},
      {"negative share", [](ArrivalSpec& spec) { spec.mix[0].share = -1; }},
      {"all shares 0",
       [](ArrivalSpec& spec) {
         for (auto& kind : spec.mix) kind.share = 0;
       }},
      {"giant deck", [](ArrivalSpec& spec) { spec.mix[0].share = 1'000'000'001; }},
  };
  for (const Case& test : cases) {
    ArrivalSpec spec = six_users(Process::Poisson);
    test.spoil(spec);
    auto result = Arrivals::create(spec, 1);
    ASSERT_FALSE(result) << test.name;
    EXPECT_EQ(result.error().code, base::Code::InvalidArgument);
  }
}

}  // namespace
}  // namespace load
