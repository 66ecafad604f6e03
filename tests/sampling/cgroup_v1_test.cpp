#include "sampling/cgroup_v1.h"

#include <gtest/gtest.h>

namespace sampling {
namespace {

std::string problem(const auto& result) {
  return result ? "" : result.error().message;
}

TEST(CgroupV1, UsageLimitAndThrottling) {
  EXPECT_EQ(*parse_cpuacct_usage("21345197184223\n"), 21345197184223u);
  EXPECT_EQ(*parse_cfs_limit("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(*parse_cfs_limit("25000\n", "100000\n"), 0.25);
  const auto throttling = parse_throttling(
      "nr_periods 811\nnr_throttled 14\nthrottled_time 91204871\nnr_bursts 0\nburst_time 0\n");
  ASSERT_TRUE(throttling);
  EXPECT_EQ(*throttling, (Throttling{811, 14, 91204871}));
  EXPECT_EQ(problem(parse_throttling("nr_periods 1\n")),
            "cpu.stat: not nr_periods, nr_throttled and throttled_time");
  EXPECT_EQ(problem(parse_cfs_limit("-2\n", "100000\n")),
            "cpu.cfs_quota_us:1: '-2': no number of 64 bits");
  EXPECT_EQ(problem(parse_cfs_limit("1\n", "0\n")), "cpu.cfs_period_us: no period");
}

TEST(CgroupV1, NoLimitIsAHugeNumberThatDependsOnThePageSize) {
  EXPECT_EQ(*parse_limit_in_bytes("9223372036854771712\n"), std::nullopt);  // pages of 4 kB
  EXPECT_EQ(*parse_limit_in_bytes("9223372036854710272\n"), std::nullopt);  // pages of 64 kB
  EXPECT_EQ(*parse_limit_in_bytes("268435456\n"), 268435456u);
  EXPECT_EQ(problem(parse_limit_in_bytes("max\n")),
            "memory.limit_in_bytes:1: 'max': no number of 64 bits");
}

// Linux 6.18.
constexpr const char* kMemoryStat =
    "cache 9797632\nrss 10899456\nrss_huge 0\nshmem 9068544\nmapped_file 7643136\ndirty 45056\n"
    "swap 0\ninactive_file 53248\nactive_file 675840\nunevictable 18436096\n"
    "hierarchical_memory_limit 9223372036854771712\n"
    "hierarchical_memsw_limit 9223372036854771712\ntotal_cache 4920766464\n"
    "total_rss 2151825408\ntotal_swap 4096\ntotal_inactive_anon 2766077952\n"
    "total_inactive_file 1650847744\ntotal_active_file 2060136448\ntotal_unevictable 18485248\n";

TEST(CgroupV1, MemoryStatIsOfTheWholeSubtree) {
  const auto stat = parse_memory_stat_v1(kMemoryStat);
  ASSERT_TRUE(stat);
  EXPECT_EQ(*stat, (MemoryStatV1{1650847744, 4096, std::nullopt}));
  const auto limited =
      parse_memory_stat_v1("hierarchical_memory_limit 134217728\ntotal_inactive_file 0\n");
  ASSERT_TRUE(limited);
  EXPECT_EQ(*limited, (MemoryStatV1{0, std::nullopt, 134217728}));
  EXPECT_EQ(problem(parse_memory_stat_v1("inactive_file 5\n")),
            "memory.stat: no total_inactive_file");
  EXPECT_EQ(problem(parse_memory_stat_v1("cache 1\ntotal_inactive_file 5 kB\nrss -\n")),
            "memory.stat:3: '-': no number of 64 bits");
}

TEST(CgroupV1, BlkioAddsUpReadsAndWritesOfDevices) {
  const auto io = parse_blkio(
      "blkio.throttle.io_service_bytes",
      "8:0 Read 3100672\n8:0 Write 12288\n8:0 Sync 3104768\n8:0 Async 8192\n8:0 Discard 0\n"
      "8:0 Total 3112960\n253:1 Read 4096\n253:1 Write 1\nTotal 3117057\n");
  ASSERT_TRUE(io);
  EXPECT_EQ(*io, (ReadWrite{3104768, 12289}));
  EXPECT_EQ(*parse_blkio("blkio.throttle.io_serviced", "Total 0\n"), ReadWrite{});
  EXPECT_EQ(problem(parse_blkio("blkio.throttle.io_serviced", "8:0 Read\n")),
            "blkio.throttle.io_serviced:1: '': no number of 64 bits");
}

}  // namespace
}  // namespace sampling
