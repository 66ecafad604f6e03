// Cgroups whose files this kernel need not have: folders of v2 and of v1 with texts of real ones.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "sampling/sampler.h"

namespace sampling {
namespace {

base::TimePoint at(int second) {
  return base::TimePoint(base::seconds(second));
}

class CgroupSourceTest : public ::testing::Test {
 protected:
  CgroupSourceTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-cgroup-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~CgroupSourceTest() override { std::filesystem::remove_all(root_); }

  /// `file`: "/pod/cpu.stat", below the test's own folder.
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = root_ + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::trunc) << text;
  }

  void write_unified(const std::string& cgroup, int used_us, int written) const {
    write(cgroup + "/cpu.stat", "usage_usec " + std::to_string(used_us) +
                                    "\nnr_periods 10\nnr_throttled 1\nthrottled_usec 5\n");
    write(cgroup + "/cpu.max", "max 100000\n");
    write(cgroup + "/memory.current", "1000\n");
    write(cgroup + "/memory.stat", "anon 300\ninactive_file 400\n");
    write(cgroup + "/memory.max", "1200\n");
    write(cgroup + "/memory.swap.current", "50\n");
    write(cgroup + "/io.stat",
          "8:0 rbytes=0 wbytes=" + std::to_string(written) + " rios=0 wios=10 dbytes=0 dios=0\n");
    write(cgroup + "/cgroup.procs", "7\n8\n");
    for (const char* file : {"/cpu.pressure", "/memory.pressure", "/io.pressure"}) {
      write(cgroup + file, "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n");
    }
  }

  Sampler unified(const std::string& cgroup) const {
    CgroupFolders folders;
    folders.unified = root_ + cgroup;
    folders.unified_mount = root_;
    return Sampler(cgroup_in(folders), {"/proc", "self", {}, {}});
  }

  std::string root_;
};

TEST_F(CgroupSourceTest, EveryFigureOfV2) {
  write_unified("/pod/app", 1'000'000, 0);
  Sampler sampler = unified("/pod/app");
  sampler.sample(at(0));
  write_unified("/pod/app", 3'000'000, 5000);
  const Sample sample = sampler.sample(at(5));
  ASSERT_FALSE(sampler.problem()) << sampler.problem()->message;
  EXPECT_EQ(sample[Figure::CpuCores], 0.4);
  EXPECT_EQ(sample[Figure::CpuLimitCores], std::nullopt);
  EXPECT_EQ(sample[Figure::MemoryBytes], 600.0);
  EXPECT_EQ(sample[Figure::MemoryLimitBytes], 1200.0);
  EXPECT_EQ(sample[Figure::MemoryRatio], 0.5);
  EXPECT_EQ(sample[Figure::MemoryAvailableBytes], 600.0);
  EXPECT_EQ(sample[Figure::SwapBytes], 50.0);
  EXPECT_EQ(sample[Figure::WrittenBytesPerSecond], 1000.0);
  EXPECT_EQ(sample[Figure::WritesPerSecond], 0.0);
  EXPECT_EQ(sample[Figure::Processes], 2.0);
  EXPECT_EQ(sample[Figure::Containers], 1.0);
  EXPECT_EQ(sample[pressure_figure(Resource::Io, Stalled::Some, Span::Seconds60)], 0.02);
  EXPECT_EQ(sample[pressure_figure(Resource::Io, Stalled::Full, Span::Seconds60)], std::nullopt);
  const auto containers = sampler.containers();
  ASSERT_EQ(containers.size(), 1u);
  EXPECT_EQ(containers[0].name, root_ + "/pod/app");
}

TEST_F(CgroupSourceTest, TheLeastLimitOnTheWayUpHolds) {
  write_unified("/pod/app", 0, 0);
  write("/pod/app/cpu.max", "200000 100000\n");
  write("/pod/cpu.max", "50000 100000\n");
  write("/pod/memory.max", "900\n");
  write("/cpu.max", "1 100000\n");  // of the mount itself: that is not ours
  Sampler sampler = unified("/pod/app");
  const Sample sample = sampler.sample(at(0));
  EXPECT_EQ(sample[Figure::CpuLimitCores], 0.5);
  EXPECT_EQ(sample[Figure::MemoryLimitBytes], 900.0);
}

TEST_F(CgroupSourceTest, ALimitOfTheConfigurationCountsWhereTheCgroupHasNone) {
  write_unified("/pod", 0, 0);
  CgroupFolders folders;
  folders.unified = root_ + "/pod";
  folders.unified_mount = root_;
  Sampler sampler(cgroup_in(folders), {"/proc", "self", {}, {0.25, 700}});
  const Sample sample = sampler.sample(at(0));
  EXPECT_EQ(sample[Figure::CpuLimitCores], 0.25);
  EXPECT_EQ(sample[Figure::MemoryLimitBytes], 1200.0);
}

TEST_F(CgroupSourceTest, MoreInactiveFilePagesThanUseIsNoNegativeWorkingSet) {
  write_unified("/pod", 0, 0);
  write("/pod/memory.stat", "inactive_file 4000\n");
  EXPECT_EQ(unified("/pod").sample(at(0))[Figure::MemoryBytes], 0.0);
}

TEST_F(CgroupSourceTest, AnOddFileCostsItsOwnFiguresOnly) {
  write_unified("/pod", 0, 0);
  write("/pod/io.stat", "8:0 rbytes=x\n");
  Sampler sampler = unified("/pod");
  sampler.sample(at(0));
  const Sample sample = sampler.sample(at(5));
  ASSERT_TRUE(sampler.problem());
  EXPECT_EQ(sampler.problem()->message,
            root_ + "/pod/io.stat: io.stat:1: 'x': no number of 64 bits");
  EXPECT_FALSE(sample[Figure::WrittenBytesPerSecond]);
  EXPECT_EQ(sample[Figure::CpuCores], 0.0);
  EXPECT_EQ(sample[Figure::MemoryBytes], 600.0);
}

TEST_F(CgroupSourceTest, AFolderThatIsMadeAnewHasNoRateOfTheOldOne) {
  write_unified("/pod", 1'000'000, 0);
  Sampler sampler = unified("/pod");
  sampler.sample(at(0));
  std::filesystem::rename(root_ + "/pod", root_ + "/old");
  EXPECT_FALSE(sampler.sample(at(5))[Figure::MemoryBytes]);
  write_unified("/pod", 9'000'000, 0);
  write("/pod/memory.current", "1100\n");
  const Sample back = sampler.sample(at(10));
  EXPECT_FALSE(back[Figure::CpuCores]);
  EXPECT_EQ(back[Figure::MemoryBytes], 700.0) << "of the new folder's files";
  EXPECT_EQ(sampler.sample(at(15))[Figure::CpuCores], 0.0);
}

TEST_F(CgroupSourceTest, EveryFigureOfV1BesideARootOfV2) {
  const auto write_legacy = [&](int used_ns, int read) {
    write("/cpuacct/app/cpuacct.usage", std::to_string(used_ns) + "\n");
    write("/cpu/app/cpu.cfs_quota_us", "25000\n");
    write("/cpu/app/cpu.cfs_period_us", "100000\n");
    write("/cpu/app/cpu.stat", "nr_periods 4\nnr_throttled 2\nthrottled_time 9\n");
    write("/memory/app/memory.usage_in_bytes", "1000\n");
    write("/memory/app/memory.limit_in_bytes", "9223372036854771712\n");
    write("/memory/app/memory.stat",
          "hierarchical_memory_limit 2000\ntotal_swap 3\ntotal_inactive_file 100\n");
    write("/blkio/app/blkio.throttle.io_service_bytes",
          "8:0 Read " + std::to_string(read) + "\n8:0 Write 0\nTotal 0\n");
    write("/blkio/app/blkio.throttle.io_serviced", "8:0 Read 5\n8:0 Write 0\nTotal 5\n");
    write("/unified/cpu.pressure", "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n");
    write("/unified/cgroup.procs", "1\n2\n3\n");
  };
  write_legacy(0, 0);
  CgroupFolders folders;
  folders.cpu = root_ + "/cpu/app";
  folders.cpuacct = root_ + "/cpuacct/app";
  folders.memory = root_ + "/memory/app";
  folders.blkio = root_ + "/blkio/app";
  folders.unified = root_ + "/unified";
  folders.unified_mount = root_ + "/unified";
  Sampler sampler(cgroup_in(folders), {"/proc", "self", {}, {}});
  sampler.sample(at(0));
  write_legacy(500'000'000, 600);
  const Sample sample = sampler.sample(at(5));
  ASSERT_FALSE(sampler.problem()) << sampler.problem()->message;
  EXPECT_EQ(sample[Figure::CpuCores], 0.1);
  EXPECT_EQ(sample[Figure::CpuLimitCores], 0.25);
  EXPECT_EQ(sample[Figure::CpuRatio], 0.4);
  EXPECT_EQ(sample[Figure::MemoryBytes], 900.0);
  EXPECT_EQ(sample[Figure::MemoryLimitBytes], 2000.0);
  EXPECT_EQ(sample[Figure::SwapBytes], 3.0);
  EXPECT_EQ(sample[Figure::ReadBytesPerSecond], 120.0);
  EXPECT_EQ(sample[Figure::ReadsPerSecond], 0.0);
  // All processes of the machine are in the root of v2: its pressure is not the application's.
  EXPECT_FALSE(sample[pressure_figure(Resource::Cpu, Stalled::Some, Span::Seconds10)]);
  EXPECT_FALSE(sample[Figure::Processes]);
}

}  // namespace
}  // namespace sampling
