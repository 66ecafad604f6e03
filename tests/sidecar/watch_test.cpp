// Before anything was watched.
#include "sidecar/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"

namespace sidecar {
namespace {

using testing::HasSubstr;

class WatchTest : public testing::Test {
 protected:
  static std::unique_ptr<Shared> share(const Settings& settings) {
    auto shared = Shared::create(settings, 1, std::string(32, 'k'));
    CHECK(shared.has_value());
    return std::move(*shared);
  }

  aio::SystemClock clock;
  Settings settings;
  std::unique_ptr<Shared> shared = share(settings);
  Watch watch{clock, settings, *shared, nullptr};
};

TEST_F(WatchTest, HealthIsUnknownBeforeTheFirstSample) {
  const net::HttpReply said = watch.health();
  EXPECT_EQ(said.status, 503U);
  EXPECT_THAT(said.body, HasSubstr("\"status\": \"unknown\""));
}

TEST_F(WatchTest, ARangeThatIsNoneIsRefusedByItsText) {
  const net::HttpReply said = watch.metrics({"GET", "/api/monitoring/metrics?range=soon"});
  EXPECT_EQ(said.status, 400U);
  EXPECT_THAT(said.body, HasSubstr("soon"));
  EXPECT_EQ(watch.metrics({"GET", "/api/monitoring/metrics"}).status, 200U);
}

}  // namespace
}  // namespace sidecar
