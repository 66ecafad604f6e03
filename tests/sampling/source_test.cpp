#include "sampling/source.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "fake_proc.h"
#include "sampling/sampler.h"

namespace sampling {
namespace {

base::TimePoint at(int second) {
  return base::TimePoint(base::seconds(second));
}

/// A pod that shares its process namespace: pause, the sidecar (50) and what a test adds.
class PodTest : public ::testing::Test {
 protected:
  PodTest() {
    proc_.process({1, 0, 10, 0, "/../sandbox", "pause"});
    proc_.process({50, 0, 12, 900, "/", "muster-sidecar"});
  }

  std::unique_ptr<Source> pod() { return processes_of({proc_.folder(), {}, 50}); }
  Sampler sampler(std::unique_ptr<Source> source) {
    return Sampler(std::move(source), {proc_.folder(), "self", {}, {}});
  }

  FakeProc proc_;
};

std::vector<std::int32_t> pids(Source& source) {
  Reading reading;
  Reader reader;
  source.read(reading, reader);
  EXPECT_FALSE(reader.problem) << reader.problem->message;
  std::vector<std::int32_t> out;
  for (const Member& member : reading.members) out.push_back(member.id.pid);
  EXPECT_TRUE(std::ranges::is_sorted(out));
  return out;
}

using Pids = std::vector<std::int32_t>;

TEST_F(PodTest, TheApplicationIsEveryContainerButPauseAndTheSidecars) {
  proc_.process({7, 0, 20, 0, "/../app"});
  proc_.process({8, 7, 21, 0, "/../app"});
  proc_.process({20, 0, 22, 0, "/../redis", "redis-server"});
  proc_.process({51, 50, 23, 0, "/", "sh"});  // somebody looks around in the sidecar's container
  const auto source = pod();
  EXPECT_EQ(pids(*source), (Pids{7, 8, 20}));
  std::vector<std::string> names = {std::string(source->container(0)),
                                    std::string(source->container(1))};
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"/../app", "/../redis"}));
}

TEST_F(PodTest, OneThatComesIsTakenInAndOneThatGoesIsDropped) {
  proc_.process({7, 0, 20, 0});
  const auto source = pod();
  EXPECT_EQ(pids(*source), (Pids{7}));
  proc_.process({9, 7, 50, 0});
  EXPECT_EQ(pids(*source), (Pids{7, 9}));
  proc_.end(7);
  EXPECT_EQ(pids(*source), (Pids{9}));
  proc_.end(9);
  EXPECT_EQ(pids(*source), Pids{});
  EXPECT_EQ(source->container(0), "");
}

TEST_F(PodTest, AProcessOnItsWayIntoItsContainerIsAskedTwice) {
  // A runtime starts it in its own place, then moves it.
  proc_.process({7, 0, 20, 0, "/", "runc"});
  proc_.process({8, 0, 20, 0, "/../runtime", "runc"});
  const auto source = pod();
  EXPECT_EQ(pids(*source), (Pids{8}));
  proc_.process({7, 0, 20, 0, "/../app"});
  proc_.process({8, 0, 20, 0, "/"});  // it was an exec into the sidecar
  EXPECT_EQ(pids(*source), (Pids{7}));
  EXPECT_EQ(pids(*source), (Pids{7}));
}

TEST_F(PodTest, AContainerThatRestartsForEverTakesNoMoreNumbers) {
  const auto source = pod();
  for (int restart = 0; restart < 500; ++restart) {
    const std::int32_t pid = 100 + restart;
    proc_.process({pid, 0, 20, 0, "/../app-" + std::to_string(restart)});
    Reading reading;
    Reader reader;
    source->read(reading, reader);
    ASSERT_EQ(reading.members.size(), 1u);
    ASSERT_EQ(reading.containers, 1u);
    ASSERT_LE(reading.groups, 2u);
    proc_.end(pid);
  }
}

TEST_F(PodTest, FiguresOfThePodAndOfEachContainer) {
  proc_.process({7, 0, 20, 100, "/../app"});
  proc_.process({20, 0, 22, 50, "/../redis"});
  Sampler sampler = this->sampler(pod());
  const Sample first = sampler.sample(at(0));
  EXPECT_FALSE(first[Figure::CpuCores]);
  EXPECT_EQ(first[Figure::Containers], 2.0);
  EXPECT_EQ(first[Figure::Processes], 2.0);
  proc_.process({7, 0, 20, 400, "/../app"});
  proc_.process({20, 0, 22, 150, "/../redis"});
  const Sample second = sampler.sample(at(5));
  EXPECT_FALSE(sampler.problem()) << sampler.problem()->message;
  EXPECT_EQ(second[Figure::CpuCores], 0.8);
  EXPECT_EQ(second[Figure::CpuRatio], 0.4);  // of two processors
  EXPECT_EQ(second[Figure::WrittenBytesPerSecond], 0.0);
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  EXPECT_EQ(second[Figure::MemoryBytes], 40 * page);
  EXPECT_FALSE(second[Figure::ReadsPerSecond]);
  EXPECT_FALSE(second[Figure::SwapBytes]);
  auto containers = sampler.containers();
  ASSERT_EQ(containers.size(), 2u);
  std::ranges::sort(containers, {}, &ContainerSample::name);
  EXPECT_EQ(containers[0].name, "/../app");
  EXPECT_EQ(containers[0].sample[Figure::CpuCores], 0.6);
  EXPECT_EQ(containers[1].sample[Figure::CpuCores], 0.2);
  EXPECT_EQ(containers[1].sample[Figure::MemoryBytes], 20 * page);
}

TEST_F(PodTest, RatiosAreOfTheLimitsThatAreGivenElseOfTheMachine) {
  proc_.process({7, 0, 20, 100});
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto second_of = [&](Limits limits) {
    proc_.process({7, 0, 20, 100});
    Sampler sampler(pod(), {proc_.folder(), "self", {}, limits});
    sampler.sample(at(0));
    proc_.process({7, 0, 20, 350});
    return sampler.sample(at(5));
  };
  const Sample given = second_of({.cpu_cores = 0.625, .memory_bytes = 25 * page});
  EXPECT_EQ(given[Figure::CpuRatio], 0.8);
  EXPECT_EQ(given[Figure::CpuLimitCores], 0.625);
  EXPECT_EQ(given[Figure::MemoryRatio], 0.8);
  EXPECT_EQ(given[Figure::MemoryLimitBytes], 25.0 * static_cast<double>(page));
  EXPECT_EQ(given[Figure::MemoryAvailableBytes], 5.0 * static_cast<double>(page));
  const Sample none = second_of({});
  EXPECT_EQ(none[Figure::CpuRatio], 0.25);  // of two processors
  EXPECT_EQ(none[Figure::MemoryRatio], 20.0 * static_cast<double>(page) / 1'024'000);
  EXPECT_FALSE(none[Figure::MemoryLimitBytes]);
}

TEST_F(PodTest, OfAMachineThatIsNotLookedAtNothingIsTold) {
  proc_.process({7, 0, 20, 100});
  proc_.write("self/net/dev",
              "Inter-| Receive | Transmit\n face |bytes packets|bytes packets\n"
              "  eth0: 10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0\n");
  const auto second_of = [&](SamplerSpec spec) {
    Sampler sampler(pod(), std::move(spec));
    sampler.sample(at(0));
    return sampler.sample(at(5));
  };
  const Sample alone = second_of({proc_.folder(), "self", {}, {}, false});
  EXPECT_TRUE(alone[Figure::CpuCores]);
  EXPECT_FALSE(alone[Figure::CpuRatio]);
  EXPECT_FALSE(alone[Figure::MemoryRatio]);
  EXPECT_FALSE(alone[Figure::MemoryAvailableBytes]);
  EXPECT_TRUE(alone[Figure::SentBytesPerSecond]);
  const Sample nobody = second_of({proc_.folder(), "", {}, {}});
  EXPECT_TRUE(nobody[Figure::CpuRatio]);
  EXPECT_FALSE(nobody[Figure::SentBytesPerSecond]) << "it is nobody's network";
}

TEST_F(PodTest, WhatCannotBeReadIsMissingAndWhatIsOddIsAProblem) {
  proc_.process({7, 0, 20, 0});
  std::filesystem::remove(proc_.folder() + "/7/io");
  Sampler sampler = this->sampler(pod());
  sampler.sample(at(0));
  Sample sample = sampler.sample(at(5));
  EXPECT_FALSE(sampler.problem());
  EXPECT_FALSE(sample[Figure::ReadBytesPerSecond]);
  EXPECT_TRUE(sample[Figure::CpuCores]);
  EXPECT_FALSE(sample[Figure::SentBytesPerSecond]) << "there is no net/dev";
  proc_.write("7/statm", "what\n");
  sample = sampler.sample(at(10));
  ASSERT_TRUE(sampler.problem());
  EXPECT_EQ(sampler.problem()->message,
            proc_.folder() + "/7/statm: statm:1: 'what': no number of 64 bits");
  EXPECT_FALSE(sample[Figure::MemoryBytes]);
  EXPECT_TRUE(sample[Figure::CpuCores]);
}

TEST_F(PodTest, RootsHaveTheirDescendantsAndNobodyElse) {
  proc_.process({200, 1, 30, 0, "/"});
  proc_.process({150, 200, 31, 0, "/"});  // a lower number than its parent's
  proc_.process({151, 150, 32, 0, "/"});
  proc_.process({201, 1, 30, 0, "/"});
  const auto source = processes_of({proc_.folder(), {200}, 50});
  EXPECT_EQ(pids(*source), (Pids{150, 151, 200}));
  // An orphan stays: what it does is still the application's.
  proc_.process({151, 1, 32, 0, "/"});
  proc_.end(150);
  EXPECT_EQ(pids(*source), (Pids{151, 200}));
  // Another process under the root's old number is somebody else.
  proc_.end(200);
  EXPECT_EQ(pids(*source), (Pids{151}));
  proc_.process({200, 1, 9000, 0, "/"});
  EXPECT_EQ(pids(*source), (Pids{151}));
}

TEST_F(PodTest, APidThatIsUsedAgainIsAnotherProcess) {
  proc_.process({7, 0, 20, 5000});
  proc_.uptime(100);
  Sampler sampler = this->sampler(pod());
  sampler.sample(at(100));
  proc_.process({7, 0, 10'100, 30});  // began at 101 s
  proc_.uptime(105);
  const Sample sample = sampler.sample(at(105));
  EXPECT_EQ(sample[Figure::CpuCores], 0.06);
}

TEST_F(PodTest, ManyProcessesAreWatchedWithoutHoldingTheirDescriptors) {
  for (std::int32_t pid = 1000; pid < 1400; ++pid) proc_.process({pid, 0, 20, 0});
  const auto open = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = open();
  const auto source = pod();
  EXPECT_EQ(pids(*source).size(), 400u);
  EXPECT_EQ(pids(*source).size(), 400u);
  EXPECT_LE(open() - before, 2 + 3 * 128);
}

TEST(IsPause, IsTheFirstProcessByOneOfItsNames) {
  EXPECT_TRUE(is_pause(1, "pause"));
  EXPECT_FALSE(is_pause(2, "pause"));
  EXPECT_FALSE(is_pause(1, "nginx"));
}

}  // namespace
}  // namespace sampling
