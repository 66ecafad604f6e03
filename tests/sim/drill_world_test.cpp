// Whole drills in virtual time, with every bad day at every moment. A failure prints its seed;
// `make sim SEED=n` shows that drill event by event.
#include "sim/drill_world.h"

#include <cstdio>

#include <gtest/gtest.h>

#include "seed.h"

namespace sim {
namespace {

using drill::Ending;

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "; ";
  return out;
}

/// Runs and, where a promise is broken, says which drill it was and how it went.
WorldResult checked(WorldOptions options) {
  WorldResult result = run_drill(options);
  if (!result.violations.empty()) {
    options.transcript = true;
    ADD_FAILURE() << "scenario " << name(options.scenario) << ", seed " << options.seed << ": "
                  << all(result.violations) << "\n"
                  << run_drill(options).transcript;
  }
  return result;
}

WorldResult calm(Scenario scenario) {
  WorldOptions options;
  options.scenario = scenario;
  return checked(options);
}

TEST(SimDrill, FailoverRunsToTheEndAndIsWhole) {
  const auto result = calm(Scenario::Failover);
  EXPECT_EQ(result.finish.ending, Ending::Completed);
  EXPECT_EQ(result.finish.promoted, drill::Seen::Yes);
  EXPECT_TRUE(result.finish.whole && result.whole && result.injected);
}

TEST(SimDrill, ObservedFailoverIsWatchedAndWhole) {
  const auto result = calm(Scenario::Observed);
  EXPECT_EQ(result.finish.ending, Ending::Completed);
  EXPECT_EQ(result.finish.promoted, drill::Seen::Yes);
  EXPECT_TRUE(result.whole);
}

TEST(SimDrill, NetworkAndStopFaultsAreRestored) {
  EXPECT_EQ(calm(Scenario::Network).finish.ending, Ending::Completed);
  EXPECT_EQ(calm(Scenario::Stop).finish.ending, Ending::Completed);
}

TEST(SimDrill, FailedPromotionRestoresTheOldPrimary) {
  const auto result = calm(Scenario::PromotionFails);
  EXPECT_EQ(result.finish.ending, Ending::NotRecovered);
  EXPECT_EQ(result.finish.promoted, drill::Seen::No);
  EXPECT_TRUE(result.whole);
}

TEST(SimDrill, ReplicaThatNeverCatchesUpIsReportedAsNotWhole) {
  const auto result = calm(Scenario::NeverCatchesUp);
  EXPECT_EQ(result.finish.ending, Ending::NotWhole);
  EXPECT_FALSE(result.whole);
  EXPECT_NE(all(result.finish.problems).find("redundancy"), std::string::npos);
}

TEST(SimDrill, DeadProxyIsNotRecovered) {
  const auto result = calm(Scenario::ProxyDies);
  EXPECT_EQ(result.finish.ending, Ending::NotWhole);
  EXPECT_FALSE(result.finish.whole);
}

TEST(SimDrill, FullDiskStopsTheDrillBeforeTheDeed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    WorldOptions options;
    options.scenario = Scenario::DiskFull;
    options.seed = seed;
    const auto result = checked(options);
    EXPECT_TRUE(result.whole) << seed;
    EXPECT_NE(result.finish.cause, Ending::Completed) << seed;
  }
}

TEST(SimDrill, UnknownRolesTouchNoPrimary) {
  const auto result = calm(Scenario::RolesUnknown);
  EXPECT_EQ(result.finish.ending, Ending::NotWhole);
}

TEST(SimDrill, ClockJumpsEndInAnyCase) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    WorldOptions options;
    options.scenario = Scenario::ClockJumps;
    options.seed = seed;
    EXPECT_TRUE(checked(options).whole) << seed;
  }
}

/// Dies at each action, before and after it was begun, then at each write in four places.
TEST(SimDrill, CrashAtEveryActionAndEveryWriteIsUndone) {
  std::uint32_t crashes = 0;
  for (std::size_t i = 0; i < kScenarioCount; ++i) {
    WorldOptions options;
    options.scenario = static_cast<Scenario>(i);
    const auto healthy = checked(options);
    for (const bool write : {false, true}) {
      const std::uint32_t points = write ? healthy.writes * 4 : healthy.actions * 2;
      for (std::uint32_t point = 0; point < points; ++point) {
        options.crash =
            CrashPoint{write ? CrashPoint::Where::Write : CrashPoint::Where::Action, point};
        const auto result = checked(options);
        crashes += result.crashes;
        if (testing::Test::HasFailure()) return;
      }
    }
  }
  EXPECT_GT(crashes, 400U);
}

TEST(SimDrill, TenThousandSampledDrillsLeaveNothingBroken) {
  std::uint32_t crashes = 0, injected = 0, honest = 0;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    const auto result = checked(sampled(seed));
    crashes += result.crashes;
    injected += result.injected ? 1 : 0;
    honest += result.whole ? 0 : 1;
    if (testing::Test::HasFailure()) return;
  }
  // The sample would prove nothing if hardly any drill got as far as breaking something.
  EXPECT_GT(injected, 5'000U);
  EXPECT_GT(crashes, 2'000U);
  std::printf("10000 drills: %u with a fault, %u crashes, %u honestly reported as not whole\n",
              injected, crashes, honest);
}

TEST(SimDrill, TheSameSeedGivesTheSameTranscript) {
  for (const std::uint64_t seed : {3ULL, 17ULL, 4711ULL}) {
    WorldOptions options = sampled(seed);
    options.transcript = true;
    EXPECT_EQ(run_drill(options).transcript, run_drill(options).transcript);
  }
}

TEST(SimDrill, Seed) {
  WorldOptions options = sampled(asked_seed().value_or(1));
  options.transcript = true;
  const auto result = run_drill(options);
  EXPECT_TRUE(result.violations.empty()) << all(result.violations);
  if (!asked_seed()) return;
  std::printf("seed %llu: %s, trouble %.2f\n%s", static_cast<unsigned long long>(options.seed),
              name(options.scenario), options.trouble, result.transcript.c_str());
  std::printf("crashes %u, recoveries %u, the target is %s\n", result.crashes, result.recoveries,
              result.whole ? "whole" : "not whole");
}

}  // namespace
}  // namespace sim
