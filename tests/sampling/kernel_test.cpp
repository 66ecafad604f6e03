// Against the kernel of this machine. The times of two samples are made up, one second apart, so
// that a rate is the amount itself, and no clock has a part in it.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sys/statfs.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "own_cgroup.h"
#include "sampling/sampler.h"
#include "worker.h"

namespace sampling {
namespace {

constexpr double kMiB = 1024 * 1024;
// Two readings of /proc/PID/stat, each of whole ticks of 10 ms for user and system time, and what
// the worker spends on speaking to its test.
constexpr double kCpuTolerance = 0.045;
constexpr double kMemoryTolerance = 2 * kMiB;  // the kernel counts pages for each processor apart

base::TimePoint at(int second) {
  return base::TimePoint(base::seconds(second));
}

Sampler processes(const Worker& worker) {
  return Sampler(processes_of({"/proc", {worker.pid()}, ::getpid()}), {});
}

std::string new_folder() {
  std::string pattern = std::filesystem::temp_directory_path() / "muster-kernel-XXXXXX";
  return ::mkdtemp(pattern.data());
}

TEST(Kernel, CpuOfAProcessIsWhatItsOwnCountSays) {
  Worker worker;
  Sampler sampler = processes(worker);
  const double before = worker.used();
  sampler.sample(at(0));
  const double used = worker.burn(0.25) - before;
  const Sample sample = sampler.sample(at(1));
  ASSERT_FALSE(sampler.problem()) << sampler.problem()->message;
  ASSERT_TRUE(sample[Figure::CpuCores]);
  EXPECT_GE(used, 0.25);
  EXPECT_NEAR(*sample[Figure::CpuCores], used, kCpuTolerance);
  EXPECT_EQ(sample[Figure::Processes], 1.0);
  const auto cores = static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN));
  EXPECT_NEAR(*sample[Figure::CpuRatio], used / cores, kCpuTolerance);
}

TEST(Kernel, CpuOfChildrenIsCountedOnceWhetherTheyLiveOrEnd) {
  constexpr double kTolerance = 0.09;  // and what it costs to make a process, and to end it
  Worker worker;
  Sampler sampler = processes(worker);
  sampler.sample(at(0));
  worker.start_child(0.3);  // it is new: all that it used is of this interval
  const Sample born = sampler.sample(at(1));
  EXPECT_EQ(born[Figure::Processes], 2.0);
  EXPECT_NEAR(*born[Figure::CpuCores], 0.3, kTolerance);
  worker.child_burns(0.2);
  worker.end_child();
  const Sample ended = sampler.sample(at(2));
  EXPECT_EQ(ended[Figure::Processes], 1.0);
  EXPECT_NEAR(*ended[Figure::CpuCores], 0.2, kTolerance);
  worker.start_child(0.25);  // it comes and goes between two samples
  worker.end_child();
  EXPECT_NEAR(*sampler.sample(at(3))[Figure::CpuCores], 0.25, kTolerance);
  EXPECT_NEAR(*sampler.sample(at(4))[Figure::CpuCores], 0, kTolerance);
}

TEST(Kernel, MemoryOfAProcessGrowsByWhatItAllocates) {
  Worker worker;
  Sampler sampler = processes(worker);
  const auto before = sampler.sample(at(0))[Figure::MemoryBytes];
  worker.allocate(static_cast<std::size_t>(32 * kMiB));
  const Sample sample = sampler.sample(at(1));
  ASSERT_TRUE(before && sample[Figure::MemoryBytes]);
  EXPECT_EQ(sample.memory_source, MemorySource::ProcessPages);
  EXPECT_NEAR(*sample[Figure::MemoryBytes] - *before, 32 * kMiB, kMemoryTolerance);
}

TEST(Kernel, WrittenBytesAreThoseThatReachTheDisk) {
  const std::string folder = new_folder();
  struct statfs file_system = {};
  ASSERT_EQ(::statfs(folder.c_str(), &file_system), 0);
  constexpr auto kTmpfs = 0x01021994;
  if (file_system.f_type == kTmpfs) {
    std::filesystem::remove_all(folder);
    GTEST_SKIP() << folder << " is in memory: nothing reaches a disk";
  }
  {
    Worker worker;
    Sampler sampler = processes(worker);
    sampler.sample(at(0));
    worker.write_file(folder + "/file", static_cast<std::size_t>(4 * kMiB));
    const auto written = sampler.sample(at(1))[Figure::WrittenBytesPerSecond];
    ASSERT_TRUE(written);
    EXPECT_GE(*written, 4 * kMiB);
    EXPECT_LE(*written, 4.5 * kMiB);  // and what the file system writes about it
  }
  std::filesystem::remove_all(folder);
}

TEST(Kernel, AProcessThatIsGoneLeavesNoFigures) {
  auto worker = std::make_unique<Worker>();
  Sampler sampler = processes(*worker);
  EXPECT_TRUE(sampler.sample(at(0))[Figure::MemoryBytes]);
  worker.reset();
  const Sample sample = sampler.sample(at(1));
  EXPECT_FALSE(sampler.problem()) << sampler.problem()->message;
  EXPECT_FALSE(sample[Figure::CpuCores]);
  EXPECT_FALSE(sample[Figure::MemoryBytes]);
  EXPECT_FALSE(sample[Figure::Processes]);
}

TEST(Kernel, DiskIsWhatTheFileSystemSays) {
  Sampler sampler(processes_of({"/proc", {::getpid()}, 0}), {});
  const auto space = std::filesystem::space("/");
  const Sample sample = sampler.sample(at(0));
  EXPECT_EQ(sample[Figure::DiskTotalBytes], static_cast<double>(space.capacity));
  // Others write to it meanwhile.
  EXPECT_NEAR(*sample[Figure::DiskFreeBytes], static_cast<double>(space.available), 512 * kMiB);
  EXPECT_NEAR(*sample[Figure::DiskUsedBytes] + static_cast<double>(space.free),
              static_cast<double>(space.capacity), 512 * kMiB);
}

std::uint64_t network_sum(const char* file) {
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net")) {
    std::uint64_t value = 0;
    if (entry.path().filename() == "lo") continue;
    std::ifstream(entry.path() / "statistics" / file) >> value;
    sum += value;
  }
  return sum;
}

/// Whether the file's sum lies between two of the interfaces' own; interfaces of others come and
/// go.
bool network_agrees() {
  const std::uint64_t before = network_sum("rx_bytes");
  KeptFile file("/proc/self/net/dev", KeptFile::Shape::Lines);
  Buffer buffer;
  const auto counters = parse_net_dev(file.read(buffer).value_or(""));
  EXPECT_TRUE(counters) << counters.error().message;
  return counters && before <= counters->received_bytes &&
         counters->received_bytes <= network_sum("rx_bytes");
}

TEST(Kernel, NetworkIsTheSumOfTheInterfacesBesideTheLoopback) {
  bool agrees = false;
  for (int attempt = 0; attempt < 10 && !agrees; ++attempt) agrees = network_agrees();
  EXPECT_TRUE(agrees);
}

TEST(Kernel, ACgroupHasItsUseAndItsLimits) {
  OwnCgroup cgroup;
  Worker worker;
  if (!cgroup.take(worker.pid())) {
    GTEST_SKIP() << "this user may not make a cgroup here, or its controllers are not given to it";
  }
  const bool limited = OwnCgroup::put(cgroup.memory + "/memory.limit_in_bytes", "268435456") &&
                       OwnCgroup::put(cgroup.cpu + "/cpu.cfs_quota_us", "50000");
  auto source = cgroup_of_process(worker.pid());
  ASSERT_TRUE(source) << source.error().message;
  Sampler sampler(*std::move(source), {});
  const double before = worker.used();
  const Sample first = sampler.sample(at(0));
  if (!first[Figure::MemoryBytes]) GTEST_SKIP() << "no memory controller for a cgroup of this user";
  const double used = worker.burn(0.25) - before;
  worker.allocate(static_cast<std::size_t>(32 * kMiB));
  const Sample second = sampler.sample(at(1));
  ASSERT_FALSE(sampler.problem()) << sampler.problem()->message;
  ASSERT_TRUE(second[Figure::CpuCores]);
  EXPECT_NEAR(*second[Figure::CpuCores], used, 0.1);  // and 32 MiB of page faults
  EXPECT_EQ(second.memory_source, MemorySource::CgroupWorkingSet);
  EXPECT_NEAR(*second[Figure::MemoryBytes] - *first[Figure::MemoryBytes], 32 * kMiB,
              kMemoryTolerance);
  const auto waiting = second[pressure_figure(Resource::Cpu, Stalled::Some, Span::Total)];
  EXPECT_TRUE(waiting) << "no pressure of the cgroup";
  if (!limited) return;
  EXPECT_EQ(second[Figure::MemoryLimitBytes], 268435456.0);
  EXPECT_EQ(second[Figure::CpuLimitCores], 0.5);
  EXPECT_NEAR(*second[Figure::CpuRatio], *second[Figure::CpuCores] / 0.5, 1e-9);
  EXPECT_NEAR(*second[Figure::MemoryRatio] * 268435456.0, *second[Figure::MemoryBytes], 1);
  EXPECT_TRUE(second[Figure::CpuThrottledRatio]);
}

TEST(Kernel, ACgroupThatIsRemovedIsMissingAndTakenInAgainWhenItIsBack) {
  auto cgroup = std::make_unique<OwnCgroup>();
  auto worker = std::make_unique<Worker>();
  if (!cgroup->take(worker->pid())) {
    GTEST_SKIP() << "this user may not make a cgroup here, or its controllers are not given to it";
  }
  auto source = cgroup_of_process(worker->pid());
  ASSERT_TRUE(source) << source.error().message;
  Sampler sampler(*std::move(source), {});
  if (!sampler.sample(at(0))[Figure::MemoryBytes]) {
    GTEST_SKIP() << "no memory controller for a cgroup of this user";
  }
  worker.reset();
  cgroup.reset();
  const Sample gone = sampler.sample(at(1));
  EXPECT_FALSE(sampler.problem()) << sampler.problem()->message;
  EXPECT_FALSE(gone[Figure::MemoryBytes]);
  EXPECT_FALSE(gone[Figure::Containers]);
  cgroup = std::make_unique<OwnCgroup>();
  EXPECT_TRUE(sampler.sample(at(2))[Figure::MemoryBytes]);
  EXPECT_EQ(sampler.sample(at(3))[Figure::CpuCores], 0.0) << "nobody is in the new one";
}

TEST(Kernel, AProcessThatDoesNotExistHasNoCgroup) {
  auto worker = std::make_unique<Worker>();
  const pid_t pid = worker->pid();
  worker.reset();
  const auto source = cgroup_of_process(pid);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, base::Code::NotFound);
}

}  // namespace
}  // namespace sampling
