#include "sampling/kubelet_source.h"

#include <memory>

#include <gtest/gtest.h>

#include "fake_proc.h"
#include "kubelet_figures.h"
#include "sampling/sampler.h"

namespace sampling {
namespace {

using Heard = KubeletSource::Heard;

base::TimePoint at(int second) {
  return base::TimePoint(base::seconds(second));
}

class KubeletSourceTest : public ::testing::Test {
 protected:
  KubeletSourceTest() {
    auto source = std::make_unique<KubeletSource>();
    kubelet_ = source.get();
    network(0);
    sampler_ =
        std::make_unique<Sampler>(std::move(source), SamplerSpec{proc_.folder(), "self", {}, {}});
  }

  void network(int bytes) {
    proc_.write("self/net/dev",
                "a|\nb|\n  eth0: " + std::to_string(bytes) + " 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
  }
  static KubeletStats stats() { return *parse_kubelet_stats(kKubeletFigures, "muster-sidecar"); }
  /// Heard `age` after the kubelet looked.
  Heard hear(base::TimePoint now, int age, KubeletStats said = stats()) {
    const base::WallTime wall = said.at + base::seconds(age);
    return kubelet_->hear(std::move(said), now, wall);
  }
  static KubeletStats later(int seconds) {
    KubeletStats out = stats();
    out.at += base::seconds(seconds);
    return out;
  }

  FakeProc proc_;
  KubeletSource* kubelet_ = nullptr;
  std::unique_ptr<Sampler> sampler_;
};

TEST_F(KubeletSourceTest, WhatTheKubeletSaysIsASample) {
  EXPECT_EQ(hear(at(1), 3), Heard::New);
  const Sample sample = sampler_->sample(at(1));
  EXPECT_DOUBLE_EQ(*sample[Figure::CpuCores], 0.3);
  EXPECT_DOUBLE_EQ(*sample[Figure::CpuRatio], 0.6);
  EXPECT_EQ(sample[Figure::CpuLimitCores], 0.5);
  EXPECT_EQ(sample[Figure::MemoryBytes], 3500);
  EXPECT_EQ(sample[Figure::MemoryRatio], 0.5);
  EXPECT_EQ(sample[Figure::MemoryAvailableBytes], 3500);
  EXPECT_EQ(sample.memory_source, MemorySource::CgroupWorkingSet);
  EXPECT_EQ(sample[Figure::SwapBytes], 15);
  EXPECT_DOUBLE_EQ(*sample[Figure::DiskRatio], 0.9);
  EXPECT_EQ(sample[Figure::Containers], 2);
  const auto pressure = [&](Span span) {
    return sample[pressure_figure(Resource::Cpu, Stalled::Some, span)];
  };
  EXPECT_DOUBLE_EQ(*pressure(Span::Seconds10), 0.2);
  EXPECT_FALSE(pressure(Span::Total));
  EXPECT_EQ(sampler_->containers().size(), 2U);
  EXPECT_EQ(sampler_->containers()[1].name, "cache");
  EXPECT_EQ(sampler_->containers()[1].sample[Figure::MemoryBytes], 500);
}

TEST(KubeletSource, WhatIsOfAnotherPodIsDropped) {
  const KubeletStats said = *parse_kubelet_stats(kKubeletFigures, "muster-sidecar");
  KubeletSource other("another");
  EXPECT_EQ(other.hear(said, at(1), said.at), Heard::Other);
  EXPECT_FALSE(other.waiting());
  EXPECT_FALSE(other.age(at(1)));
  KubeletSource same("1d6f");
  EXPECT_EQ(same.hear(said, at(1), said.at), Heard::New);
  EXPECT_TRUE(same.waiting());
}

TEST_F(KubeletSourceTest, WithoutLimitsTheMachineIsTheMeasure) {
  KubeletStats said = stats();
  said.limits = {};
  hear(at(1), 0, said);
  const Sample sample = sampler_->sample(at(1));
  EXPECT_DOUBLE_EQ(*sample[Figure::CpuRatio], 0.15);  // of two cores
  EXPECT_DOUBLE_EQ(*sample[Figure::MemoryRatio], 3500.0 / (1000 * 1024));
}

TEST_F(KubeletSourceTest, WhatWasSaidOnceIsOneSampleHoweverOftenItIsHeard) {
  EXPECT_EQ(hear(at(1), 0), Heard::New);
  EXPECT_TRUE(kubelet_->waiting());
  EXPECT_TRUE(sampler_->sample(at(1))[Figure::MemoryBytes]);
  EXPECT_EQ(hear(at(11), 10), Heard::Same);
  EXPECT_FALSE(kubelet_->waiting());
  EXPECT_FALSE(sampler_->sample(at(11))[Figure::MemoryBytes]);
  EXPECT_EQ(hear(at(21), 5, later(15)), Heard::New);
  EXPECT_TRUE(sampler_->sample(at(21))[Figure::MemoryBytes]);
}

TEST_F(KubeletSourceTest, TheNetworkIsSeenFromHereInBetweenToo) {
  sampler_->sample(at(0));
  network(500);
  EXPECT_EQ(sampler_->sample(at(5))[Figure::ReceivedBytesPerSecond], 100);
}

TEST_F(KubeletSourceTest, ASumWithoutAPartIsNone) {
  KubeletStats said = stats();
  said.containers[1].cpu_cores.reset();
  hear(at(1), 0, said);
  const Sample sample = sampler_->sample(at(1));
  EXPECT_FALSE(sample[Figure::CpuCores]);
  EXPECT_FALSE(sample[Figure::CpuRatio]);
  EXPECT_TRUE(sample[Figure::MemoryBytes]);
}

TEST_F(KubeletSourceTest, AgesByTheSteadyClockUntilItIsNotFresh) {
  EXPECT_FALSE(kubelet_->age(at(1)));
  EXPECT_FALSE(kubelet_->fresh(at(1)));
  hear(at(1), 20);
  EXPECT_EQ(kubelet_->age(at(1)), base::seconds(20));
  EXPECT_EQ(kubelet_->age(at(31)), base::seconds(50));
  EXPECT_TRUE(kubelet_->fresh(at(41)));
  EXPECT_FALSE(kubelet_->fresh(at(42)));
  // The same again is no younger for having been said again.
  hear(at(42), 61);
  EXPECT_FALSE(kubelet_->fresh(at(42)));
}

TEST_F(KubeletSourceTest, WhatIsOldIsNotTaken) {
  EXPECT_EQ(hear(at(1), 61), Heard::Old);
  EXPECT_FALSE(kubelet_->age(at(1)));
  EXPECT_FALSE(kubelet_->waiting());
  EXPECT_EQ(hear(at(2), 0, later(30)), Heard::New);
  // Of another replica, which had asked before.
  EXPECT_EQ(hear(at(3), 31), Heard::Old);
  EXPECT_EQ(kubelet_->age(at(3)), base::seconds(1));
}

TEST_F(KubeletSourceTest, AClockThatIsSetBackIsFollowed) {
  hear(at(1), 0, later(3600));
  EXPECT_EQ(hear(at(11), 2), Heard::New);
  EXPECT_EQ(kubelet_->age(at(11)), base::seconds(2));
}

TEST_F(KubeletSourceTest, AKubeletThatIsAheadHasLookedJustNow) {
  EXPECT_EQ(hear(at(1), -3), Heard::New);
  EXPECT_EQ(kubelet_->age(at(1)), base::seconds(0));
}

}  // namespace
}  // namespace sampling
