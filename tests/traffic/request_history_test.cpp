// What requests did by method and endpoint over a range, under a clock of the test's own.
#include "traffic/request_history.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr base::TimePoint kStart{base::seconds(100'000)};

base::TimePoint at(std::int64_t seconds) {
  return kStart + base::seconds(seconds);
}

class RequestHistoryTest : public testing::Test {
 protected:
  void serve(int times, int status, base::Duration took, EndpointId endpoint = 1,
             Method method = Method::Get) {
    for (int i = 0; i < times; ++i) {
      RequestShard& shard = requests.shard(static_cast<std::size_t>(i) % 2);
      shard.begin();
      Ended ended;
      ended.status = status;
      ended.duration = took;
      shard.end(method, endpoint, ended);
    }
  }
  RequestRange look(std::int64_t range, std::int64_t now, const RequestFilter& filter = {}) const {
    return history.look(base::seconds(range), filter, at(now));
  }

  Requests requests{2, 300};
  RequestHistory history;
};

TEST_F(RequestHistoryTest, KnowsNothingBeforeTwoLooks) {
  serve(5, 200, base::millis(1));
  EXPECT_TRUE(history.sample(requests, at(0)));
  const RequestRange range = look(900, 0);
  EXPECT_EQ(range.covered.count(), 0);
  EXPECT_EQ(range.total.count, 0U);
  EXPECT_FALSE(range.total.p95);
  EXPECT_TRUE(range.series.empty());
  EXPECT_TRUE(range.timeline.empty());
}

TEST_F(RequestHistoryTest, TellsEachMethodAndEndpointByStatus) {
  serve(1000, 500, base::millis(1));  // before counting began
  history.sample(requests, at(0));
  serve(90, 200, base::millis(10));
  serve(6, 404, base::millis(20));
  serve(4, 503, base::millis(100));
  serve(50, 201, base::millis(40), 2, Method::Post);
  history.sample(requests, at(10));
  const RequestRange range = look(900, 10);
  EXPECT_EQ(range.covered, base::seconds(10));
  EXPECT_EQ(range.total.count, 150U);
  ASSERT_EQ(range.series.size(), 2U);
  const auto& get = range.series[0];
  EXPECT_EQ(get.method, Method::Get);
  EXPECT_EQ(get.endpoint, 1);
  EXPECT_EQ(get.figures.count, 100U);
  EXPECT_EQ(get.figures.errors, 10U);
  EXPECT_EQ(get.figures.server_errors, 4U);
  EXPECT_THAT(get.figures.statuses, ElementsAre(Pair(200, 90), Pair(404, 6), Pair(503, 4)));
  EXPECT_EQ(*get.figures.mean, base::Duration(14'200'000));  // exact
  EXPECT_NEAR(base::to_millis(*get.figures.p50), 10, 0.1);
  EXPECT_NEAR(base::to_millis(*get.figures.p95), 20, 0.2);
  EXPECT_NEAR(base::to_millis(*get.figures.p99), 100, 1);
  EXPECT_EQ(range.series[1].method, Method::Post);
  EXPECT_THAT(range.series[1].figures.statuses, ElementsAre(Pair(201, 50)));
}

TEST_F(RequestHistoryTest, TheTimelineHasRequestsErrorsAndMeanOfEachStep) {
  history.sample(requests, at(0));
  serve(10, 200, base::millis(10));
  history.sample(requests, at(10));
  serve(10, 200, base::millis(10));
  serve(10, 500, base::millis(30));
  history.sample(requests, at(20));
  history.sample(requests, at(30));
  const RequestRange range = look(60, 30);
  EXPECT_EQ(range.step, base::seconds(10));
  ASSERT_EQ(range.timeline.size(), 3U);
  EXPECT_EQ(range.timeline[0].from, at(0));
  EXPECT_EQ(range.timeline[0].to, at(10));
  EXPECT_EQ(range.timeline[0].count, 10U);
  EXPECT_EQ(range.timeline[1].count, 20U);
  EXPECT_EQ(range.timeline[1].errors, 10U);
  EXPECT_EQ(range.timeline[1].server_errors, 10U);
  EXPECT_EQ(*range.timeline[1].mean, base::millis(20));
  EXPECT_EQ(range.timeline[2].count, 0U);
  EXPECT_FALSE(range.timeline[2].mean);
}

TEST_F(RequestHistoryTest, WhatLiesBeforeTheRangeIsNotInIt) {
  history.sample(requests, at(0));
  for (int i = 1; i <= 30; ++i) {
    serve(1, 200, base::millis(i));
    history.sample(requests, at(i * 10));
  }
  EXPECT_EQ(look(100, 300).total.count, 10U);
  EXPECT_EQ(look(104, 300).total.count, 10U) << "less than half of a slice";
  EXPECT_EQ(look(106, 300).total.count, 11U) << "more than half of it";
  EXPECT_EQ(look(1, 300).total.count, 1U) << "the newest ended inside";
  EXPECT_EQ(look(100, 500).total.count, 0U);
}

TEST_F(RequestHistoryTest, AFilterIsOfTheSeriesTheTotalAndTheTimeline) {
  history.sample(requests, at(0));
  serve(5, 200, base::millis(1), 1);
  serve(7, 200, base::millis(1), 2);
  serve(9, 200, base::millis(1), 2, Method::Put);
  history.sample(requests, at(10));
  EXPECT_EQ(look(900, 10).total.count, 21U);
  EXPECT_EQ(look(900, 10, {.method = {}, .endpoint = 2}).timeline[0].count, 16U);
  EXPECT_EQ(look(900, 10, {.method = Method::Get, .endpoint = {}}).series.size(), 2U);
  const RequestRange one = look(900, 10, {.method = Method::Put, .endpoint = 2});
  ASSERT_EQ(one.series.size(), 1U);
  EXPECT_EQ(one.total.count, 9U);
  EXPECT_TRUE(look(900, 10, {.method = Method::Head, .endpoint = {}}).series.empty());
}

TEST_F(RequestHistoryTest, ALookThatComesTooEarlyIsNone) {
  history.sample(requests, at(0));
  serve(5, 200, base::millis(1));
  EXPECT_FALSE(history.sample(requests, at(8)));
  EXPECT_FALSE(history.sample(requests, at(9)));
  EXPECT_TRUE(history.sample(requests, at(10)));
  EXPECT_EQ(look(900, 10).covered, base::seconds(10));
}

/// A day, of which each ten seconds have another number of requests; held against what was served.
TEST_F(RequestHistoryTest, ADayIsKeptInSlicesOfFiveMinutes) {
  history.sample(requests, at(0));
  constexpr int kSlices = 24 * 360;
  std::vector<int> served;
  for (int i = 0; i < kSlices + 360; ++i) {
    const int times = 1 + i % 7;
    served.push_back(times);
    serve(times, i % 5 == 0 ? 500 : 200, base::millis(1 + i % 50), static_cast<EndpointId>(i % 3));
    history.sample(requests, at((i + 1) * 10));
  }
  const std::int64_t now = static_cast<std::int64_t>(served.size()) * 10;
  for (const int hours : {1, 6, 24}) {
    const RequestRange range = look(hours * 3600, now);
    EXPECT_EQ(range.covered, base::seconds(hours * 3600));
    std::uint64_t expected = 0;
    for (std::size_t i = served.size() - static_cast<std::size_t>(hours) * 360; i < served.size();
         ++i) {
      expected += static_cast<std::uint64_t>(served[i]);
    }
    EXPECT_EQ(range.total.count, expected) << hours;
    EXPECT_LE(range.timeline.size(), 61U);
    std::uint64_t steps = 0;
    for (const auto& step : range.timeline) steps += step.count;
    EXPECT_EQ(steps, expected);
    EXPECT_EQ(range.series.size(), 3U);
  }
  EXPECT_EQ(look(900, now).timeline.size(), 45U);
  EXPECT_EQ(look(900, now).step, base::seconds(20));
}

TEST_F(RequestHistoryTest, ATickThatIsALittleLateStillMakesSlicesOfTenSeconds) {
  const auto tick = [](int i) { return at(0) + i * base::millis(1001); };
  history.sample(requests, tick(0));
  for (int i = 1; i <= 930; ++i) history.sample(requests, tick(i));
  EXPECT_GE(history.look(base::seconds(900), {}, tick(930)).covered, base::seconds(890));
}

TEST_F(RequestHistoryTest, NeitherLevelStarvesTheOther) {
  constexpr std::size_t kMost = 200'000;
  RequestHistory small(kMost);
  base::Random random(7);
  small.sample(requests, at(0));
  for (int i = 1; i <= 360; ++i) {
    for (int each = 0; each < 200; ++each) {
      serve(1, 200, base::Duration(static_cast<std::int64_t>(random.below(1'000'000'000))),
            static_cast<EndpointId>(random.below(250)));
    }
    small.sample(requests, at(i * 10));
    ASSERT_LE(small.bytes(), kMost);
  }
  EXPECT_GE(small.look(base::seconds(3600), {}, at(3600)).covered,
            small.look(base::seconds(900), {}, at(3600)).covered);
}

TEST_F(RequestHistoryTest, MemoryIsBoundedAndTheOldestGoesFirst) {
  constexpr std::size_t kMost = 200'000;
  RequestHistory small(kMost);
  base::Random random(7);
  small.sample(requests, at(0));
  for (int i = 1; i <= 120; ++i) {
    for (int each = 0; each < 200; ++each) {
      serve(1, 200, base::Duration(static_cast<std::int64_t>(random.below(1'000'000'000))),
            static_cast<EndpointId>(random.below(250)));
    }
    small.sample(requests, at(i * 10));
    ASSERT_LE(small.bytes(), kMost);
  }
  const RequestRange range = small.look(base::seconds(900), {}, at(1200));
  EXPECT_GT(range.covered, base::seconds(0));
  EXPECT_LT(range.covered, base::seconds(900));
  EXPECT_EQ(range.total.count,
            200U * static_cast<std::uint64_t>(range.covered / base::seconds(10)));
}

TEST_F(RequestHistoryTest, QuantilesOfARangeAreThoseOfAllItsRequestsWithinOnePercent) {
  base::Random random(9);
  std::vector<double> all;
  history.sample(requests, at(0));
  for (int i = 1; i <= 20; ++i) {
    for (int each = 0; each < 100; ++each) {
      const auto nanos = static_cast<std::int64_t>(std::exp(10 + 10 * random.unit()));
      all.push_back(static_cast<double>(nanos));
      serve(1, 200, base::Duration(nanos));
    }
    history.sample(requests, at(i * 10));
  }
  std::ranges::sort(all);
  const RequestFigures figures = look(900, 200).total;
  const auto exact = [&](double share) {
    return all[static_cast<std::size_t>(std::ceil(share * static_cast<double>(all.size()))) - 1];
  };
  for (const auto& [share, seen] :
       {std::pair(0.5, figures.p50), std::pair(0.95, figures.p95), std::pair(0.99, figures.p99)}) {
    EXPECT_NEAR(static_cast<double>(seen->count()), exact(share), exact(share) / 100) << share;
  }
}

}  // namespace
}  // namespace traffic
