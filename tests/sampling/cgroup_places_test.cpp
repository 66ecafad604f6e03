#include "sampling/cgroup_places.h"

#include <gtest/gtest.h>

namespace sampling {
namespace {

// A hybrid: Linux 6.18 with one hierarchy for each controller of v1 and v2 beside them.
constexpr const char* kHybridPaths =
    "9:name=systemd:/\n8:pids:/\n7:blkio:/\n4:memory:/process_api/931e\n3:cpuset:/\n"
    "2:cpuacct:/\n1:cpu:/\n0::/\n";
constexpr const char* kHybridMounts =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime shared:7 - cgroup cgroup rw,blkio\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 master:2 - cgroup2 cgroup2 rw\n"
    "43 42 0:4 net:[4026532177] /run/netns/lan rw shared:2 - nsfs nsfs rw\n";

CgroupFolders folders(const char* paths, const char* mounts) {
  const auto parsed = parse_cgroup_paths(paths);
  const auto mounted = parse_cgroup_mounts(mounts);
  EXPECT_TRUE(parsed);
  EXPECT_TRUE(mounted);
  return cgroup_folders(*parsed, *mounted);
}

TEST(CgroupPlaces, AHybridHasAFolderForEachController) {
  const CgroupFolders found = folders(kHybridPaths, kHybridMounts);
  EXPECT_EQ(found.cpu, "/sys/fs/cgroup/cpu");
  EXPECT_EQ(found.cpuacct, "/sys/fs/cgroup/cpuacct");
  EXPECT_EQ(found.memory, "/sys/fs/cgroup/memory/process_api/931e");
  EXPECT_EQ(found.blkio, "/sys/fs/cgroup/blkio");
  EXPECT_EQ(found.unified, "/sys/fs/cgroup/unified");
  EXPECT_EQ(found.unified_mount, "/sys/fs/cgroup/unified");
}

TEST(CgroupPlaces, AServiceOfV2IsBelowItsMount) {
  const CgroupFolders found =
      folders("0::/system.slice/postgresql@15-main.service\n",
              "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n");
  EXPECT_EQ(found.unified, "/sys/fs/cgroup/system.slice/postgresql@15-main.service");
  EXPECT_EQ(found.unified_mount, "/sys/fs/cgroup");
  EXPECT_FALSE(found.cpu || found.memory || found.blkio || found.cpuacct);
}

TEST(CgroupPlaces, AContainerOfV1SeesItsOwnFolderAtTheMount) {
  // Two controllers in one hierarchy, and the mount's root is the container's cgroup.
  const CgroupFolders found = folders(
      "5:cpu,cpuacct:/kubepods/pod1/abc\n4:memory:/kubepods/pod1/abc\n3:blkio:/kubepods/pod2/xyz\n",
      "900 8 0:30 /kubepods/pod1/abc /sys/fs/cgroup/cpu,cpuacct ro master:11 - cgroup cgroup "
      "rw,cpu,cpuacct\n"
      "901 8 0:31 /kubepods/pod1/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
      "902 8 0:32 /kubepods/pod1 /sys/fs/cgroup/blkio ro - cgroup cgroup rw,blkio\n");
  EXPECT_EQ(found.cpu, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(found.cpuacct, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_FALSE(found.memory) << "/kubepods/pod1/abc is not below /kubepods/pod1/ab";
  EXPECT_FALSE(found.blkio);
}

TEST(CgroupPlaces, WhatLiesBeyondANamespaceCannotBeSeen) {
  const char* const mount = "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n";
  EXPECT_EQ(folders("0::/\n", mount).unified, "/sys/fs/cgroup");
  EXPECT_FALSE(folders("0::/../cri-containerd-1f.scope\n", mount).any());
  EXPECT_FALSE(folders("0::/..\n", mount).any());
}

TEST(CgroupPlaces, MountPointsMayHoldSpaces) {
  const auto mounts = parse_cgroup_mounts("30 23 0:26 / /mnt/a\\040b\\134 ro - cgroup2 none rw\n");
  ASSERT_TRUE(mounts);
  ASSERT_EQ(mounts->size(), 1u);
  EXPECT_EQ(mounts->front().point, "/mnt/a b\\");
}

TEST(CgroupPlaces, TheContainerIsToldByTheHierarchyThatSeparates) {
  EXPECT_EQ(parse_cgroup_paths(kHybridPaths)->container(), "/process_api/931e");
  EXPECT_EQ(parse_cgroup_paths("0::/../cri-1f.scope\n")->container(), "/../cri-1f.scope");
  EXPECT_EQ(parse_cgroup_paths("")->container(), "");
  EXPECT_EQ(parse_cgroup_paths("4:memory:/a:b\n")->container(), "/a:b");
}

TEST(CgroupPlaces, OddLinesAreRefusedByNumber) {
  EXPECT_EQ(parse_cgroup_paths("0::/\n4:memory\n").error().message,
            "cgroup:2: '4:memory': not id:controllers:path");
  EXPECT_EQ(parse_cgroup_paths("4:memory:abc\n").error().message, "cgroup:1: 'abc': no path");
  EXPECT_EQ(parse_cgroup_mounts("1 2 3 / / rw\n").error().message,
            "mountinfo:1: '-': the separator is missing");
}

}  // namespace
}  // namespace sampling
