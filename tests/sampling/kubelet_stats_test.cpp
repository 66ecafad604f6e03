#include "sampling/kubelet_stats.h"

#include <gtest/gtest.h>

#include "kubelet_figures.h"

namespace sampling {
namespace {

using api::Node;

Node& container(Node& said, std::size_t index) {
  return said.find("pod")->find("containers")->items().at(index);
}

/// The same with nothing but what is read.
std::string reduced(const std::string& text) {
  Node said = api::parse_json(text).value_or(Node());
  said.set("pod", what_is_read(said["pod"], "muster-sidecar"));
  return api::to_json(said);
}

void expect_same(const KubeletStats& one, const KubeletStats& other) {
  EXPECT_EQ(one.uid, other.uid);
  EXPECT_EQ(one.at, other.at);
  const auto disk = [](const KubeletStats& from) {
    return from.disk ? std::pair(from.disk->total_bytes, from.disk->free_bytes)
                     : std::pair(0UL, 0UL);
  };
  EXPECT_EQ(disk(one), disk(other));
  EXPECT_EQ(one.cpu_pressure, other.cpu_pressure);
  EXPECT_EQ(one.memory_pressure, other.memory_pressure);
  EXPECT_EQ(one.io_pressure, other.io_pressure);
  EXPECT_EQ(one.limits.memory_bytes, other.limits.memory_bytes);
  ASSERT_EQ(one.containers.size(), other.containers.size());
  for (std::size_t i = 0; i < one.containers.size(); ++i) {
    EXPECT_EQ(one.containers[i].name, other.containers[i].name);
    EXPECT_EQ(one.containers[i].cpu_cores, other.containers[i].cpu_cores);
    EXPECT_EQ(one.containers[i].working_set_bytes, other.containers[i].working_set_bytes);
    EXPECT_EQ(one.containers[i].swap_bytes, other.containers[i].swap_bytes);
  }
}

KubeletStats parsed(const std::string& text) {
  auto out = parse_kubelet_stats(text, "muster-sidecar");
  EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
  const auto of_less = parse_kubelet_stats(reduced(text), "muster-sidecar");
  EXPECT_TRUE(of_less.has_value());
  if (out && of_less) expect_same(*out, *of_less);
  return out.value_or(KubeletStats{});
}

TEST(KubeletStats, AreOfTheApplicationsContainers) {
  const KubeletStats stats = parsed(kKubeletFigures);
  EXPECT_EQ(stats.uid, "1d6f");
  ASSERT_EQ(stats.containers.size(), 2U);
  EXPECT_EQ(stats.containers[0].name, "app");
  EXPECT_EQ(stats.containers[0].cpu_cores, 0.25);
  EXPECT_EQ(stats.containers[0].working_set_bytes, 3000U);
  EXPECT_EQ(stats.containers[0].swap_bytes, 11U);
  EXPECT_EQ(stats.containers[1].name, "cache");
  EXPECT_EQ(stats.containers[1].cpu_cores, 0.05);
  EXPECT_EQ(stats.limits.cpu_cores, 0.5);
  EXPECT_EQ(stats.limits.memory_bytes, 7000U);
}

TEST(KubeletStats, WhatIsNotReadIsNotPassedOn) {
  const std::string said = reduced(kKubeletFigures);
  for (const char* word :
       {"muster-sidecar", "network", "rxBytes", "data", "process_stats", "startTime", "usedBytes",
        "rssBytes", "usageCoreNanoSeconds", "ephemeral-storage", "shop", "web-0"}) {
    EXPECT_EQ(said.find(word), std::string::npos) << word;
  }
  // Nor what a field has in it that is none.
  const auto more = [](Node& pod) {
    container(pod, 0).find("cpu")->set("usageNanoCores", Node::map().set("secret", 1));
  };
  EXPECT_EQ(reduced(kubelet_figures(more)).find("secret"), std::string::npos);
}

TEST(KubeletStats, AreAsOldAsTheNewestLookAtOneOfThem) {
  EXPECT_EQ(parsed(kKubeletFigures).at, *parse_utc("2026-11-27T06:30:05Z"));
}

TEST(KubeletStats, TheDiskIsTheFullestThatTheyAreOn) {
  EXPECT_EQ(parsed(kKubeletFigures).disk->total_bytes, 1000U);
  EXPECT_EQ(parsed(kKubeletFigures).disk->used_bytes, 900U);
  const KubeletStats without =
      parsed(kubelet_figures([](Node& said) { said.find("pod")->erase("volume"); }));
  EXPECT_EQ(without.disk->used_bytes, 400U);
}

TEST(KubeletStats, PressureIsThePods) {
  const KubeletStats stats = parsed(kKubeletFigures);
  ASSERT_TRUE(stats.cpu_pressure && stats.io_pressure);
  EXPECT_DOUBLE_EQ(stats.cpu_pressure->some.avg10_ratio, 0.2);
  EXPECT_DOUBLE_EQ(stats.cpu_pressure->full->avg10_ratio, 0.015);
  EXPECT_FALSE(stats.io_pressure->full);
  EXPECT_FALSE(stats.memory_pressure);
}

TEST(KubeletStats, PressureThatNobodyCountsIsMissing) {
  const KubeletStats stats = parsed(kubelet_figures([](Node& said) {
    for (const char* which : {"some", "full"}) {
      said.find("pod")->find("cpu")->find("psi")->find(which)->set("total", 0);
    }
  }));
  EXPECT_FALSE(stats.cpu_pressure);
  EXPECT_FALSE(stats.io_pressure);
}

TEST(KubeletStats, WhatIsNotThereOrMakesNoSenseIsMissing) {
  const KubeletStats stats = parsed(kubelet_figures([](Node& said) {
    container(said, 0).find("cpu")->erase("usageNanoCores");
    container(said, 0).find("memory")->set("workingSetBytes", -1);
    container(said, 0).find("rootfs")->set("availableBytes", 2000);
    container(said, 2).find("swap")->set("swapUsageBytes", "many");
    said.find("pod")->erase("volume");
    said.set("limits", Node::map().set("cpuCores", 0).set("memoryBytes", 0));
  }));
  EXPECT_FALSE(stats.containers[0].cpu_cores);
  EXPECT_FALSE(stats.containers[0].working_set_bytes);
  EXPECT_FALSE(stats.containers[1].swap_bytes);
  EXPECT_FALSE(stats.disk);
  EXPECT_FALSE(stats.limits.cpu_cores);
  EXPECT_FALSE(stats.limits.memory_bytes);
}

TEST(KubeletStats, WithoutAPodOrATimeThereAreNone) {
  EXPECT_FALSE(parse_kubelet_stats("", "muster-sidecar"));
  EXPECT_FALSE(parse_kubelet_stats("[]", "muster-sidecar"));
  EXPECT_FALSE(parse_kubelet_stats(R"({"pod": {"containers": [{"name": "app"}]}})", "s"));
  // Of the sidecar alone it says nothing of the application.
  EXPECT_FALSE(parse_kubelet_stats(
      R"({"pod": {"containers": [{"name": "s", "cpu": {"time": "2026-11-27T06:30:00Z"}}]}})", "s"));
}

TEST(KubeletStats, ATimeIsOneOfUtc) {
  EXPECT_EQ(*parse_utc("1970-01-01T00:00:01Z"), base::WallTime(base::seconds(1)));
  EXPECT_EQ(*parse_utc("2024-02-29T23:59:59.5Z") - *parse_utc("2024-02-29T23:59:59Z"),
            base::millis(500));
  EXPECT_EQ(*parse_utc("2024-02-29T00:00:00.1234567891Z") - *parse_utc("2024-02-29T00:00:00Z"),
            base::Duration(123456789));
  for (const char* text :
       {"", "2026-11-27", "2026-11-27T06:30:00", "2026-11-27T06:30:00+01:00",
        "2026-02-30T06:30:00Z", "2026-13-01T00:00:00Z", "2026-11-27T24:00:00Z",
        "2026-11-27T06:60:00Z", "2026-11-27T06:30:00.Z", "2026-11-27 06:30:00Z",
        "0001-01-01T00:00:00Z", "2300-01-01T00:00:00Z", "-026-11-27T06:30:00Z"}) {
    EXPECT_FALSE(parse_utc(text)) << text;
  }
}

}  // namespace
}  // namespace sampling
