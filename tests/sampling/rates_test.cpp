#include "sampling/rates.h"

#include <gtest/gtest.h>

namespace sampling {
namespace {

using base::seconds;

constexpr std::uint64_t kSecond = 1'000'000'000;

Member process(std::int32_t pid, std::int32_t parent, std::uint64_t start, std::uint64_t cpu,
               std::uint64_t children = 0) {
  Member out;
  out.id = {pid, start};
  out.parent = parent;
  out.cpu_nanoseconds = cpu * kSecond;
  out.children_cpu_nanoseconds = children * kSecond;
  return out;
}

Reading reading(int at_seconds, std::vector<Member> members) {
  Reading out;
  out.at = base::TimePoint(seconds(at_seconds));
  out.uptime_ticks = static_cast<std::uint64_t>(at_seconds) * kTicksPerSecond;
  out.members = std::move(members);
  out.groups = 1;
  out.containers = 1;
  return out;
}

std::optional<double> cpu_seconds(const Reading& before, const Reading& after) {
  const auto used = usage_between(before, after).cpu_nanoseconds;
  return used ? std::optional(*used / 1e9) : std::nullopt;
}

TEST(RateOf, IsMissingWhereItWouldBeAGuess) {
  struct Case {
    const char* name;
    std::optional<std::uint64_t> before, after;
    int seconds;
    std::optional<double> rate;
  };
  for (const Case& test : {
           Case{"grew", 10, 60, 5, 10.0},
           {"stood still", 10, 10, 5, 0.0},
           {"went back", 60, 10, 5, {}},
           {"missing before", {}, 10, 5, {}},
           {"missing after", 10, {}, 5, {}},
           {"no time passed", 10, 60, 0, {}},
           {"time went back", 10, 60, -1, {}},
       }) {
    EXPECT_EQ(rate_of(test.before, test.after, seconds(test.seconds)), test.rate) << test.name;
  }
}

TEST(Usage, OneThatAppearsIsCountedFromThenOnOrWholeWhenItIsNew) {
  const Reading before = reading(100, {process(10, 1, 500, 7)});
  // 11 began after the reading at 100 s: all its use is of this interval. 12 is older: it came
  // under watch, and what it used before is not this interval's.
  const Reading after =
      reading(105, {process(10, 1, 500, 8), process(11, 10, 10'200, 2), process(12, 1, 300, 99)});
  EXPECT_EQ(cpu_seconds(before, after), 3.0);
  const Reading later =
      reading(110, {process(10, 1, 500, 8), process(11, 10, 10'200, 2), process(12, 1, 300, 103)});
  EXPECT_EQ(cpu_seconds(after, later), 4.0);
}

TEST(Usage, WhatAChildUsedBeforeItEndedComesFromItsParentOnce) {
  // The child was seen with 3 s, used 2 s more, ended and was waited for.
  const Reading before = reading(100, {process(10, 1, 500, 7, 1), process(11, 10, 600, 3)});
  const Reading after = reading(105, {process(10, 1, 500, 8, 6)});
  EXPECT_EQ(cpu_seconds(before, after), 1.0 + 2.0);
  // And one that came and went between two readings.
  const Reading later = reading(110, {process(10, 1, 500, 8, 10)});
  EXPECT_EQ(cpu_seconds(after, later), 4.0);
}

TEST(Usage, AGrandchildIsInheritedByTheNearestThatIsLeft) {
  const Reading before =
      reading(100, {process(10, 1, 500, 0), process(11, 10, 600, 3), process(12, 11, 700, 4)});
  // Both ended: 11 waited for 12, then 10 for 11. 12 used 1 s more.
  const Reading after = reading(105, {process(10, 1, 500, 0, 8)});
  EXPECT_EQ(cpu_seconds(before, after), 1.0);
}

TEST(Usage, AnOrphanTakesNothingFromTheOthers) {
  const Reading before = reading(100, {process(10, 1, 500, 7), process(11, 1, 600, 1000)});
  const Reading after = reading(105, {process(10, 1, 500, 9)});
  EXPECT_EQ(cpu_seconds(before, after), 2.0);
}

TEST(Usage, ARestartUnderTheSameNumberGivesNoNegativeRate) {
  const Reading before = reading(100, {process(10, 1, 500, 700)});
  const Reading restarted = reading(105, {process(10, 1, 10'300, 2)});
  EXPECT_EQ(cpu_seconds(before, restarted), 2.0);
  // A cgroup that was made anew has no baseline: missing, and neither negative nor 0.
  Member cgroup;
  cgroup.id = {0, 77};
  cgroup.cpu_nanoseconds = 50 * kSecond;
  Member anew = cgroup;
  anew.id = {0, 78};
  anew.cpu_nanoseconds = 1 * kSecond;
  EXPECT_EQ(cpu_seconds(reading(100, {cgroup}), reading(105, {anew})), std::nullopt);
  // A counter that goes back in the same cgroup: missing for that interval.
  Member back = cgroup;
  back.cpu_nanoseconds = 49 * kSecond;
  EXPECT_EQ(cpu_seconds(reading(100, {cgroup}), reading(105, {back})), std::nullopt);
}

TEST(Usage, AFigureThatOneMemberLacksIsMissingForAll) {
  Reading before = reading(100, {process(10, 1, 500, 0), process(11, 1, 500, 0)});
  Reading after = reading(105, {process(10, 1, 500, 1), process(11, 1, 500, 1)});
  before.members[0].read_bytes = 5;
  after.members[0].read_bytes = 10;
  EXPECT_EQ(usage_between(before, after).read_bytes, std::nullopt);
  before.members[1].read_bytes = 7;
  after.members[1].read_bytes = 8;
  EXPECT_EQ(usage_between(before, after).read_bytes, 6.0);
}

TEST(SampleOf, RatiosAreOfTheLimitElseOfTheMachine) {
  Reading before = reading(100, {process(10, 1, 500, 0)});
  Reading after = reading(105, {process(10, 1, 500, 2)});
  after.members[0].private_bytes = 300;
  after.members[0].shared_bytes = 100;
  after.cores = 4;
  after.machine_memory = MachineMemory{1600, 900, 0, 0};
  const Sample free = sample_of(&before, after);
  EXPECT_EQ(free[Figure::CpuCores], 0.4);
  EXPECT_EQ(free[Figure::CpuRatio], 0.1);
  EXPECT_EQ(free[Figure::CpuLimitCores], std::nullopt);
  EXPECT_EQ(free[Figure::MemoryBytes], 400.0);
  EXPECT_EQ(free[Figure::MemoryRatio], 0.25);
  EXPECT_EQ(free[Figure::MemoryAvailableBytes], 900.0);
  EXPECT_EQ(free[Figure::MemoryLimitBytes], std::nullopt);
  after.limits = {0.5, 500};
  const Sample limited = sample_of(&before, after);
  EXPECT_EQ(limited[Figure::CpuRatio], 0.8);
  EXPECT_EQ(limited[Figure::MemoryRatio], 0.8);
  EXPECT_EQ(limited[Figure::MemoryAvailableBytes], 100.0);
}

TEST(SampleOf, SharedPagesOfAContainerCountOnce) {
  // A database with 1,000 of shared buffers, and two connections that map them.
  Reading now = reading(5, {process(10, 1, 1, 0), process(11, 10, 1, 0), process(12, 10, 1, 0)});
  for (Member& member : now.members) {
    member.private_bytes = 10;
    member.shared_bytes = 1000;
  }
  now.members[2].group = 1;  // of another container
  now.members[2].shared_bytes = 50;
  now.groups = 2;
  const Sample sample = sample_of(nullptr, now);
  EXPECT_EQ(sample[Figure::MemoryBytes], 30.0 + 1000 + 50);
  EXPECT_EQ(sample.memory_source, MemorySource::ProcessPages);
  EXPECT_EQ(sample_of(nullptr, now, 0)[Figure::MemoryBytes], 1020.0);
  EXPECT_EQ(sample_of(nullptr, now, 1)[Figure::MemoryBytes], 60.0);
  EXPECT_EQ(sample_of(nullptr, now, 1)[Figure::Processes], 1.0);
}

TEST(SampleOf, NothingReadMeansNothingSaid) {
  const Sample sample = sample_of(nullptr, Reading{});
  for (std::size_t at = 0; at < kFigures; ++at) {
    EXPECT_EQ(sample[static_cast<Figure>(at)], std::nullopt) << name(static_cast<Figure>(at));
  }
}

TEST(SampleOf, ThrottlingIsAShareOfThePeriodsThatRan) {
  Member member;
  member.id = {0, 5};
  member.throttling = Throttling{100, 10, 0};
  const Reading before = reading(0, {member});
  member.throttling = Throttling{140, 20, 0};
  const Reading after = reading(5, {member});
  EXPECT_EQ(sample_of(&before, after)[Figure::CpuThrottledRatio], 0.25);
  EXPECT_EQ(sample_of(&after, after)[Figure::CpuThrottledRatio], std::nullopt);
}

TEST(SampleOf, DiskIsAsDfHasItAndNetworkIsPerSecond) {
  Reading before = reading(0, {});
  Reading after = reading(5, {});
  after.disk = DiskSpace{1000, 450, 450};  // 100 are for root alone
  before.network = NetworkCounters{0, 100, 10, 1};
  after.network = NetworkCounters{5000, 90, 10, 6};
  const Sample sample = sample_of(&before, after);
  EXPECT_EQ(sample[Figure::DiskRatio], 0.5);
  EXPECT_EQ(sample[Figure::DiskFreeBytes], 450.0);
  EXPECT_EQ(sample[Figure::ReceivedBytesPerSecond], 1000.0);
  EXPECT_EQ(sample[Figure::ReceivedPacketsPerSecond], std::nullopt) << "an interface went away";
  EXPECT_EQ(sample[Figure::SentBytesPerSecond], 0.0);
  EXPECT_EQ(sample[Figure::SentPacketsPerSecond], 1.0);
}

TEST(SampleOf, PressureHasItsFigures) {
  Reading now = reading(0, {});
  now.io_pressure = Pressure{{0.1, 0.2, 0.3, 2'500'000}, {}};
  const Sample sample = sample_of(nullptr, now);
  using enum Span;
  const auto io = [&](Stalled stalled, Span span) {
    return sample[pressure_figure(Resource::Io, stalled, span)];
  };
  EXPECT_EQ(io(Stalled::Some, Seconds10), 0.1);
  EXPECT_EQ(io(Stalled::Some, Seconds300), 0.3);
  EXPECT_EQ(io(Stalled::Some, Total), 2.5);
  EXPECT_EQ(io(Stalled::Full, Seconds10), std::nullopt);
  EXPECT_EQ(sample[pressure_figure(Resource::Cpu, Stalled::Some, Total)], std::nullopt);
}

TEST(Figures, NamesAreUniqueAndFindTheirFigure) {
  for (std::size_t at = 0; at < kFigures; ++at) {
    const auto figure = static_cast<Figure>(at);
    EXPECT_FALSE(name(figure).empty()) << at;
    EXPECT_EQ(figure_named(name(figure)), figure);
  }
  EXPECT_EQ(figure_named("cpu"), std::nullopt);
  EXPECT_EQ(name(pressure_figure(Resource::Memory, Stalled::Full, Span::Seconds60)),
            "memory_pressure_full_avg60_ratio");
  EXPECT_EQ(name(pressure_figure(Resource::Io, Stalled::Full, Span::Total)),
            "io_pressure_full_seconds_total");
}

}  // namespace
}  // namespace sampling
