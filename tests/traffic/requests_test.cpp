#include "traffic/requests.h"

#include <map>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"

namespace traffic {
namespace {

Ended answered(int status) {
  Ended ended;
  ended.status = status;
  ended.duration = base::millis(3);
  return ended;
}

using Counts = std::map<std::tuple<Method, EndpointId>, std::uint64_t>;
Counts counts(const Requests& requests) {
  Counts out;
  SeriesSum sum;
  requests.visit(sum, [&out](Method method, EndpointId endpoint, const SeriesSum& seen) {
    EXPECT_TRUE(out.emplace(std::tuple(method, endpoint), seen.requests()).second);
  });
  return out;
}

TEST(Requests, AreCountedByMethodAndEndpointOverAllCores) {
  Requests requests(3, 10);
  base::Random random(1);
  Counts truth;
  for (int i = 0; i < 2000; ++i) {
    const auto method = static_cast<Method>(random.below(kMethods));
    const auto endpoint = static_cast<EndpointId>(random.below(10));
    RequestShard& shard = requests.shard(random.below(3));
    shard.begin();
    shard.end(method, endpoint, answered(200));
    ++truth[{method, endpoint}];
  }
  EXPECT_EQ(counts(requests), truth);
  SeriesSum all;
  requests.add_up(all);
  EXPECT_EQ(all.requests(), 2000u);
}

TEST(Requests, OfNobodyAreNoSeries) {
  const Requests requests(2, 10);
  EXPECT_TRUE(counts(requests).empty());
  SeriesSum all;
  requests.add_up(all);
  EXPECT_EQ(all.requests(), 0u);
}

TEST(Requests, BeyondTheBoundAreOtherOfTheirMethod) {
  Requests requests(1, 100, 5);
  RequestShard& shard = requests.shard(0);
  for (EndpointId endpoint = 1; endpoint < 100; ++endpoint) {
    shard.end(Method::Get, endpoint, answered(200));
    shard.end(Method::Put, endpoint, answered(200));
  }
  const Counts seen = counts(requests);
  EXPECT_EQ(seen.size(), 5u + 2u);
  EXPECT_EQ((seen.at({Method::Get, kOtherEndpoint})), 99u - 3u);
  EXPECT_EQ((seen.at({Method::Put, kOtherEndpoint})), 99u - 2u);
  EXPECT_EQ((seen.at({Method::Get, 1})), 1u);
  shard.end(Method::Get, 1, answered(500));
  EXPECT_EQ((counts(requests).at({Method::Get, 1})), 2u) << "what has a series keeps it";
}

TEST(Requests, OfAnEndpointThatCannotBeAreOther) {
  Requests requests(1, 10);
  requests.shard(0).end(Method::Get, 10, answered(200));
  requests.shard(0).end(Method::Get, 65535, answered(200));
  EXPECT_EQ(counts(requests), (Counts{{{Method::Get, kOtherEndpoint}, 2}}));
}

TEST(Requests, InFlightAndConnectionsAreSumsOverCores) {
  Requests requests(2, 10);
  requests.shard(0).connection_opened();
  requests.shard(0).connection_opened();
  requests.shard(1).connection_closed();
  requests.shard(0).begin();
  requests.shard(1).begin();
  EXPECT_EQ(requests.connections(), 1);
  EXPECT_EQ(requests.in_flight(), 2);
  requests.shard(1).end(Method::Get, 1, answered(200));
  EXPECT_EQ(requests.in_flight(), 1);
}

}  // namespace
}  // namespace traffic
