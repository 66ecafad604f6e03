// Whole drills in virtual time, with every bad day at every moment. A failure prints its seed;
// `make sim SEED=n` shows that drill event by event.
#include "sim/drill_world.h"

#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include "plan_shapes.h"
#include "seed.h"

namespace sim {
namespace {

using drill::Ending;

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "; ";
  return out;
}

std::vector<Shape> read_shapes(const std::string& folder) {
  PlanShapes read = plan_shapes(MUSTER_SOURCE_DIR "/" + folder);
  EXPECT_EQ(read.error, "");
  return std::move(read.shapes);
}

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> all = [] {
    std::vector<Shape> out = read_shapes("dr-drills");
    for (Shape& shape : read_shapes("tests/sim/plans")) out.push_back(std::move(shape));
    return out;
  }();
  return all;
}

const Shape& shape(const std::string& name) {
  for (const Shape& one : shapes()) {
    if (one.name == name) return one;
  }
  ADD_FAILURE() << "no plan " << name;
  return shapes().front();
}

/// Runs and, where a promise is broken, says which drill it was and how it went.
WorldResult checked(WorldOptions options) {
  WorldResult result = run_drill(options);
  if (!result.violations.empty()) {
    options.transcript = true;
    ADD_FAILURE() << options.shape->name << ", " << name(options.day) << ", seed " << options.seed
                  << ": " << all(result.violations) << "\n"
                  << run_drill(options).transcript;
  }
  return result;
}

bool promotes(const Shape& shape) {
  return concerns(BadDay::PromotionFails, shape);
}

WorldResult on(const Shape& shape, BadDay day = BadDay::None) {
  WorldOptions options;
  options.shape = &shape;
  options.day = day;
  return checked(options);
}

TEST(SimDrill, EveryPlanRunsToTheEndAndIsWhole) {
  for (const Shape& one : shapes()) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(one.wrong, "");
    const auto result = on(one);
    EXPECT_EQ(result.finish.ending, Ending::Completed);
    EXPECT_TRUE(result.finish.whole && result.whole && result.injected);
    EXPECT_EQ(result.finish.promoted == drill::Seen::Yes, promotes(one));
  }
}

TEST(SimDrill, PlansThatPromoteNothingEndAsTheyBegan) {
  std::size_t found = 0;
  for (const Shape& one : shapes()) {
    if (promotes(one)) {
      EXPECT_FALSE(one.last == one.first) << one.name;
      continue;
    }
    ++found;
    EXPECT_TRUE(one.last == one.first) << one.name;
  }
  EXPECT_GE(found, 1U);
}

TEST(SimDrill, ShapesOfEveryKindAreAmongThePlans) {
  const auto& patroni = shape("database-failover-patroni");
  EXPECT_TRUE(patroni.layout.automatic);
  const auto& partition = shape("database-partition");
  EXPECT_EQ(partition.faults.front().deed.verb, Verb::Cut);
  const auto& restore = shape("database-restore");
  EXPECT_EQ(restore.faults.back().deed.verb, Verb::Destroy);
  EXPECT_FALSE(restore.first.instances[1].data);
  EXPECT_FALSE(promotes(shape("application-shape")));
  EXPECT_EQ(shape("site-shape").faults.size(), 3U);
}

TEST(SimDrill, FailedPromotionRestoresTheOldPrimary) {
  for (const Shape& one : shapes()) {
    if (!concerns(BadDay::PromotionFails, one)) continue;
    const auto result = on(one, BadDay::PromotionFails);
    EXPECT_EQ(result.finish.ending, Ending::NotRecovered) << one.name;
    EXPECT_TRUE(result.whole) << one.name;
  }
}

TEST(SimDrill, ReplicaThatNeverCatchesUpIsReportedAsNotWhole) {
  const auto result = on(shape("database-failover"), BadDay::NeverCatchesUp);
  EXPECT_EQ(result.finish.ending, Ending::NotWhole);
  EXPECT_FALSE(result.whole);
  EXPECT_NE(all(result.finish.problems).find("caught-up"), std::string::npos);
}

TEST(SimDrill, DeadProxyIsNotRecovered) {
  const auto result = on(shape("database-failover"), BadDay::ProxyDies);
  EXPECT_EQ(result.finish.ending, Ending::NotWhole);
  EXPECT_FALSE(result.finish.whole);
}

TEST(SimDrill, FullDiskStopsTheDrillBeforeTheDeed) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    WorldOptions options;
    options.shape = &shapes()[seed % shapes().size()];
    options.day = BadDay::DiskFull;
    options.seed = seed;
    const auto result = checked(options);
    EXPECT_TRUE(result.whole) << seed;
    EXPECT_NE(result.finish.cause, Ending::Completed) << seed;
  }
}

TEST(SimDrill, UnknownRolesTouchNoPrimary) {
  const auto result = on(shape("database-failover"), BadDay::RolesUnknown);
  EXPECT_EQ(result.finish.ending, Ending::NotWhole);
}

TEST(SimDrill, ClockJumpsEndInAnyCase) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    WorldOptions options;
    options.shape = &shapes()[seed % shapes().size()];
    options.day = BadDay::ClockJumps;
    options.seed = seed;
    EXPECT_TRUE(checked(options).whole) << seed;
  }
}

/// Dies at each action, before and after it was begun, then at each write in four places.
TEST(SimDrill, CrashAtEveryActionAndEveryWriteIsUndone) {
  std::uint32_t crashes = 0;
  for (std::size_t i = 0; i < shapes().size() * kBadDayCount; ++i) {
    WorldOptions options;
    options.shape = &shapes()[i / kBadDayCount];
    options.day = static_cast<BadDay>(i % kBadDayCount);
    if (!concerns(options.day, *options.shape)) continue;
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
  EXPECT_GT(crashes, 400U * shapes().size());
}

TEST(SimDrill, TenThousandSampledCrashPointsLeaveNothingBroken) {
  std::uint32_t crashes = 0, injected = 0, honest = 0;
  std::map<std::string, std::uint32_t> crashes_of;
  for (std::uint64_t seed = 1; seed <= 10'000; ++seed) {
    const WorldOptions options = sampled(shapes(), seed);
    const auto result = checked(options);
    crashes += result.crashes;
    crashes_of[options.shape->name] += result.crashes;
    injected += result.injected ? 1 : 0;
    honest += result.whole ? 0 : 1;
    if (testing::Test::HasFailure()) return;
  }
  // The sample would prove nothing if hardly any drill got as far as breaking something.
  EXPECT_GT(injected, 5'000U);
  EXPECT_GT(crashes, 3'000U);
  for (const Shape& one : shapes()) EXPECT_GT(crashes_of[one.name], 200U) << one.name;
  std::printf("10000 drills: %u with a fault, %u crashes, %u honestly reported as not whole\n",
              injected, crashes, honest);
}

TEST(SimDrill, TheSameSeedGivesTheSameTranscript) {
  for (const std::uint64_t seed : {3ULL, 17ULL, 4711ULL}) {
    WorldOptions options = sampled(shapes(), seed);
    options.transcript = true;
    EXPECT_EQ(run_drill(options).transcript, run_drill(options).transcript);
  }
}

TEST(SimDrill, Seed) {
  WorldOptions options = sampled(shapes(), asked_seed().value_or(1));
  options.transcript = true;
  const auto result = run_drill(options);
  EXPECT_TRUE(result.violations.empty()) << all(result.violations);
  if (!asked_seed()) return;
  std::printf("seed %llu: %s, %s, trouble %.2f\n%s", static_cast<unsigned long long>(options.seed),
              options.shape->name.c_str(), name(options.day), options.trouble,
              result.transcript.c_str());
  std::printf("crashes %u, recoveries %u, the target is %s\n", result.crashes, result.recoveries,
              result.whole ? "whole" : "not whole");
}

}  // namespace
}  // namespace sim
