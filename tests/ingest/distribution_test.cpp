#include "ingest/distribution.h"

#include <gtest/gtest.h>

namespace ingest {
namespace {

TEST(Distribution, BoundsAscendAndAValueOnABoundBelongsBelowIt) {
  const auto& bounds = Distribution::bounds();
  for (std::size_t at = 1; at < bounds.size(); ++at) EXPECT_LT(bounds[at - 1], bounds[at]);
  Distribution values;
  values.add(0.001);
  values.add(0.0011);
  EXPECT_EQ(values.at_most(0), 1);
  EXPECT_EQ(values.at_most(1), 2);
}

TEST(Distribution, CountsSumsAndExtremes) {
  Distribution values;
  EXPECT_EQ(values.percentile(50), 0);
  for (const double value : {5.0, -1.0, 9e9}) values.add(value);
  values.add(10, 4);
  EXPECT_EQ(values.count(), 7);
  EXPECT_EQ(values.sum(), 9e9 + 4 + 40);
  EXPECT_EQ(values.min(), -1);
  EXPECT_EQ(values.max(), 9e9);
  EXPECT_EQ(values.at_most(0), 1);
  EXPECT_EQ(values.at_most(Distribution::kBounds - 1), 6);
  EXPECT_EQ(values.at_most(Distribution::kBounds), 7);
}

TEST(Distribution, APercentileIsTheBoundOfItsBucket) {
  Distribution values;
  for (int value = 1; value <= 100; ++value) values.add(value);
  EXPECT_EQ(values.percentile(50), 50);
  EXPECT_EQ(values.percentile(51), 100);
  EXPECT_EQ(values.percentile(0), 1);
  EXPECT_EQ(values.percentile(100), 100);
  Distribution one;
  one.add(120);
  EXPECT_EQ(one.percentile(99), 120) << "never beyond the greatest";
}

}  // namespace
}  // namespace ingest
