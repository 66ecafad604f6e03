#include "alert/severity.h"

#include <limits>

#include <gtest/gtest.h>

namespace alert {
namespace {

TEST(Severity, OfADurationFollowsItsRatioToTheThreshold) {
  struct Case {
    double value;
    std::optional<Severity> severity;
  };
  const Case cases[] = {{0, std::nullopt},           {100, std::nullopt},
                        {100.1, Severity::Low},      {200, Severity::Low},
                        {200.1, Severity::Medium},   {300, Severity::Medium},
                        {300.1, Severity::High},     {500, Severity::High},
                        {500.1, Severity::Critical}, {1e300, Severity::Critical}};
  for (const Case& test : cases) {
    SCOPED_TRACE(test.value);
    EXPECT_EQ(severity_by_ratio(test.value, 100), test.severity);
  }
}

TEST(Severity, OfWhatCannotBeComparedIsNone) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(severity_by_ratio(nan, 100));
  EXPECT_FALSE(severity_by_ratio(infinite, 100));
  EXPECT_FALSE(severity_by_ratio(100, nan));
  EXPECT_FALSE(severity_by_ratio(100, 0));
  EXPECT_FALSE(severity_by_ratio(100, -1));
}

TEST(Severity, IsOrderedWorstLast) {
  EXPECT_LT(Severity::Low, Severity::Medium);
  EXPECT_LT(Severity::Medium, Severity::Warning);
  EXPECT_LT(Severity::Warning, Severity::High);
  EXPECT_LT(Severity::High, Severity::Critical);
  EXPECT_STREQ(name(Severity::High), "high");
}

}  // namespace
}  // namespace alert
