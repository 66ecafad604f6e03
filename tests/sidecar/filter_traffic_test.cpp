#include "sidecar/filter_traffic.h"

#include <gtest/gtest.h>

namespace sidecar {
namespace {

constexpr const char* kSampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(SampledTrace, IsThatOfAValidTraceparent) {
  EXPECT_EQ(sampled_trace(kSampled).text(), "0af7651916cd43dd8448eb211c80319c");
}

TEST(SampledTrace, IsNoneWhereItIsNotSampledOrNotValid) {
  for (const char* text : {"", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                           "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"}) {
    EXPECT_FALSE(sampled_trace(text).valid()) << text;
  }
}

TEST(TrafficFilter, ARequestThatNoFilterSawIsCountedAndNoneStaysUnderWay) {
  auto endpoints = traffic::Endpoints::create({});
  ASSERT_TRUE(endpoints.has_value());
  traffic::Requests requests(1, (*endpoints)->most());
  const auto filter = make_traffic_filter(**endpoints, requests.shard(0));
  Exchange refused;
  Ending ending;
  ending.how = Ended::Refused;
  ending.status = 400;
  filter->on_end(refused, ending);
  Exchange seen;
  filter->on_request(seen, {});
  EXPECT_EQ(requests.in_flight(), 1);
  ending.status = 200;
  filter->on_end(seen, ending);
  EXPECT_EQ(requests.in_flight(), 0);
  traffic::SeriesSum sum;
  requests.add_up(sum);
  EXPECT_EQ(sum.requests(), 2U);
  EXPECT_EQ(sum.errors(400), 1U);
}

}  // namespace
}  // namespace sidecar
