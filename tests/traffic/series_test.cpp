#include "traffic/series.h"

#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

Ended answered(int status, int millis = 10) {
  Ended ended;
  ended.status = status;
  ended.duration = base::millis(millis);
  return ended;
}

TEST(Series, CountsByStatusWithBytes) {
  Series series;
  Ended ended = answered(200);
  ended.bytes_in = 100;
  ended.bytes_out = 5000;
  series.add(ended);
  series.add(ended);
  series.add(answered(404));
  series.add(answered(503));
  SeriesSum sum;
  sum.add(series);
  EXPECT_EQ(sum.with_status(200), 2u);
  EXPECT_EQ(sum.with_status(404), 1u);
  EXPECT_EQ(sum.requests(), 4u);
  EXPECT_EQ(sum.durations().count(), 4u);
  EXPECT_EQ(sum.bytes_in(), 200u);
  EXPECT_EQ(sum.bytes_out(), 10'000u);
  EXPECT_DOUBLE_EQ(*sum.error_rate(400), 0.5);
  EXPECT_DOUBLE_EQ(*sum.error_rate(500), 0.25);
}

TEST(Series, WithoutRequestsHasNoErrorRate) {
  SeriesSum sum;
  EXPECT_FALSE(sum.error_rate(400));
  EXPECT_EQ(sum.requests(), 0u);
}

TEST(Series, BeyondSixteenStatusesCountsByClassAndErrorRatesStayExact) {
  Series series;
  for (int status = 200; status < 216; ++status) series.add(answered(status));
  for (const int status : {404, 404, 500, 302, 100}) series.add(answered(status));
  series.add(answered(200));
  SeriesSum sum;
  sum.add(series);
  EXPECT_EQ(sum.with_status(200), 2u);
  EXPECT_EQ(sum.with_status(404), 0u);
  EXPECT_EQ(sum.beyond(4), 2u);
  EXPECT_EQ(sum.beyond(5), 1u);
  EXPECT_EQ(sum.beyond(3), 1u);
  EXPECT_EQ(sum.beyond(1), 1u);
  EXPECT_EQ(sum.requests(), 22u);
  EXPECT_EQ(sum.errors(400), 3u);
  EXPECT_EQ(sum.errors(500), 1u);
}

TEST(Series, AStatusThatIsNoneIsNoError) {
  Series series;
  for (const int status : {0, -1, 99, 600, 70'000}) series.add(answered(status));
  SeriesSum sum;
  sum.add(series);
  EXPECT_EQ(sum.beyond(0), 5u);
  EXPECT_EQ(sum.requests(), 5u);
  EXPECT_EQ(sum.errors(400), 0u);
}

TEST(Series, OfSeveralCoresAddUp) {
  base::Random random(9);
  Series shards[3];
  std::map<int, std::uint64_t> truth;
  for (int i = 0; i < 3000; ++i) {
    const int status =
        static_cast<int>(random.between(1, 5)) * 100 + static_cast<int>(random.below(3));
    ++truth[status];
    shards[random.below(3)].add(answered(status, static_cast<int>(random.between(1, 900))));
  }
  SeriesSum sum, twice;
  for (const Series& shard : shards) sum.add(shard);
  for (const auto& [status, count] : truth) EXPECT_EQ(sum.with_status(status), count) << status;
  twice.add(sum);
  twice.add(sum);
  EXPECT_EQ(twice.requests(), 6000u);
  EXPECT_EQ(twice.durations().count(), 6000u);
  EXPECT_EQ(twice.errors(400), 2 * sum.errors(400));
  twice.clear();
  EXPECT_EQ(twice.requests(), 0u);
  EXPECT_EQ(twice.durations().count(), 0u);
}

TEST(Series, KeepsTheNewestTraceOfEachBucket) {
  Series shards[2];
  Ended ended = answered(200, 30);
  ended.trace = {1, 1};
  ended.at = base::WallTime(base::seconds(100));
  shards[0].add(ended);
  ended.trace = {2, 2};
  ended.at = base::WallTime(base::seconds(101));
  shards[1].add(ended);
  shards[1].add(answered(200, 300));
  SeriesSum sum;
  sum.add(shards[1]);
  sum.add(shards[0]);
  const std::size_t bucket = duration_bucket(base::millis(30));
  ASSERT_TRUE(sum.exemplar(bucket));
  EXPECT_EQ(sum.exemplar(bucket)->trace, (TraceId{2, 2}));
  EXPECT_FALSE(sum.exemplar(duration_bucket(base::millis(300))));
}

TEST(Series, ADurationIsInTheFirstBucketWhoseBoundItDoesNotExceed) {
  EXPECT_EQ(duration_bucket(base::Duration(0)), 0u);
  EXPECT_EQ(duration_bucket(base::millis(1)), 0u);
  EXPECT_EQ(duration_bucket(base::Duration(1'000'001)), 1u);
  EXPECT_EQ(duration_bucket(base::seconds(10)), 12u);
  EXPECT_EQ(duration_bucket(base::seconds(11)), 13u);
}

}  // namespace
}  // namespace traffic
