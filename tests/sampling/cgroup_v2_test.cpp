#include "sampling/cgroup_v2.h"

#include <gtest/gtest.h>

namespace sampling {
namespace {

std::string problem(const auto& result) {
  return result ? "" : result.error().message;
}

TEST(CgroupV2, CpuStatHasUseAndThrottlingWhereTheControllerIsOn) {
  const auto limited = parse_cpu_stat(
      "usage_usec 418204561\nuser_usec 301112004\nsystem_usec 117092557\nnice_usec 0\n"
      "core_sched.force_idle_usec 0\nnr_periods 120411\nnr_throttled 812\n"
      "throttled_usec 55120093\nnr_bursts 0\nburst_usec 0\n");
  ASSERT_TRUE(limited) << limited.error().message;
  EXPECT_EQ(limited->used_nanoseconds, 418'204'561'000u);
  EXPECT_EQ(limited->throttling, (Throttling{120411, 812, 55'120'093'000u}));
  // Of a hybrid's v2, Linux 6.18: no controller.
  const auto bare = parse_cpu_stat(
      "usage_usec 21040402239\nuser_usec 18085345061\nsystem_usec 2955057177\n"
      "nice_usec 4503197684\n");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->used_nanoseconds, 21'040'402'239'000u);
  EXPECT_FALSE(bare->throttling);
}

TEST(CgroupV2, ErrorsNameTheFileAndTheLine) {
  EXPECT_EQ(problem(parse_cpu_stat("usage_usec 1\nuser_usec x\n")),
            "cpu.stat:2: 'x': no number of 64 bits");
  EXPECT_EQ(problem(parse_cpu_stat("usage_usec 18446744073709551615\n")),
            "cpu.stat:1: 'microseconds': beyond 584 years");
  EXPECT_EQ(problem(parse_cpu_stat("")), "cpu.stat: no usage_usec");
  EXPECT_EQ(problem(parse_cpu_max("100000\n")), "cpu.max:1: '': no number of 64 bits");
  EXPECT_EQ(problem(parse_cpu_max("100000 0\n")), "cpu.max:1: '0': no period");
  EXPECT_EQ(problem(parse_bytes("memory.current", "12a\n")),
            "memory.current:1: '12a': no number of 64 bits");
  EXPECT_EQ(problem(parse_bytes("memory.current", "18446744073709551616\n")),
            "memory.current:1: '18446744073709551616': no number of 64 bits");
  EXPECT_EQ(problem(parse_bytes("memory.current", "-1\n")),
            "memory.current:1: '-1': no number of 64 bits");
  EXPECT_EQ(problem(parse_bytes_max("memory.max", "")), "memory.max: empty");
  EXPECT_EQ(problem(parse_inactive_file("anon 1\nfile\n")),
            "memory.stat:2: '': no number of 64 bits");
  EXPECT_EQ(problem(parse_inactive_file("anon 1\n")), "memory.stat: no inactive_file");
  EXPECT_EQ(problem(parse_io_stat("8:0 rbytes=1\n\n8:16 rbytes=\x01\n")),
            "io.stat:3: '?': no number of 64 bits");
}

TEST(CgroupV2, LimitsAreCoresAndBytesOrNone) {
  struct Case {
    const char* text;
    std::optional<double> cores;
  };
  for (const Case& test : {Case{"max 100000\n", {}},
                           {"150000 100000\n", 1.5},
                           {"50000 100000\n", 0.5},
                           {"1000 1000000\n", 0.001}}) {
    const auto cores = parse_cpu_max(test.text);
    ASSERT_TRUE(cores) << test.text;
    EXPECT_EQ(*cores, test.cores) << test.text;
  }
  EXPECT_EQ(*parse_bytes_max("memory.max", "max\n"), std::nullopt);
  EXPECT_EQ(*parse_bytes_max("memory.max", "536870912\n"), 536870912u);
  EXPECT_EQ(*parse_bytes("memory.current", "73728000\n"), 73728000u);
}

TEST(CgroupV2, TheWorkingSetNeedsInactiveFileAmongManyLines) {
  const auto bytes = parse_inactive_file(
      "anon 33554432\nfile 104857600\nkernel 2445312\nkernel_stack 131072\npagetables 434176\n"
      "sec_pagetables 0\npercpu 1440\nsock 0\nvmalloc 8192\nshmem 0\nzswap 0\nzswapped 0\n"
      "file_mapped 12288\nfile_dirty 0\nfile_writeback 0\nswapcached 0\nanon_thp 0\n"
      "inactive_anon 33550336\nactive_anon 4096\ninactive_file 62914560\nactive_file 41943040\n"
      "unevictable 0\nslab_reclaimable 1234944\nworkingset_refault_anon 0\npgfault 41211\n");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, 62914560u);
}

TEST(CgroupV2, IoStatAddsUpDevicesAndSkipsWhatItDoesNotKnow) {
  const auto stat = parse_io_stat(
      "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n"
      "8:0 rbytes=90430464 wbytes=299008000 rios=8950 wios=1252 dbytes=50331648 dios=3021\n"
      "254:0 \n"
      "253:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0 cost.usage=12 use_delay=0 "
      "depth=max\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(*stat, (IoStat{91889665, 613781506, 9145, 1609}));
  EXPECT_EQ(*parse_io_stat(""), IoStat{});  // nothing was read or written yet
  EXPECT_EQ(problem(parse_io_stat("8:0 rbytes=18446744073709551615\n8:1 rbytes=1\n")),
            "io.stat:2: '1': the sum is beyond 64 bits");
}

TEST(CgroupV2, PressureHasBothLinesOrOldKernelsOne) {
  const auto both = parse_pressure("cpu.pressure",
                                   "some avg10=32.78 avg60=30.75 avg300=20.62 total=6501878017\n"
                                   "full avg10=0.00 avg60=0.50 avg300=100.00 total=12\n");
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_DOUBLE_EQ(both->some.avg10_ratio, 0.3278);
  EXPECT_DOUBLE_EQ(both->some.avg300_ratio, 0.2062);
  EXPECT_EQ(both->some.total_microseconds, 6501878017u);
  ASSERT_TRUE(both->full);
  EXPECT_DOUBLE_EQ(both->full->avg60_ratio, 0.005);
  EXPECT_DOUBLE_EQ(both->full->avg300_ratio, 1);
  const auto one =
      parse_pressure("cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
  ASSERT_TRUE(one);
  EXPECT_FALSE(one->full);
}

TEST(CgroupV2, PressureIsRefusedWhenAnythingOfItIsOdd) {
  struct Case {
    const char* text;
    const char* problem;
  };
  for (const Case& test : {
           Case{"", "io.pressure: no line 'some'"},
           {"some avg10=0.00 avg60=0.00 total=0\n",
            "io.pressure:1: '': not avg10, avg60, avg300 and total"},
           {"some avg10=nan avg60=0.00 avg300=0.00 total=0\n",
            "io.pressure:1: 'nan': no percentage"},
           {"some avg10=-1.00 avg60=0.00 avg300=0.00 total=0\n",
            "io.pressure:1: '-1.00': no percentage"},
           {"some avg10=100.01 avg60=0.00 avg300=0.00 total=0\n",
            "io.pressure:1: '100.01': more than 100 %"},
           {"most avg10=1.00\n", "io.pressure:1: 'most': neither some nor full"},
       }) {
    EXPECT_EQ(problem(parse_pressure("io.pressure", test.text)), test.problem);
  }
}

TEST(CgroupV2, ProcessesOfOtherNamespacesAreLeftOut) {
  std::vector<std::int32_t> pids;
  ASSERT_TRUE(parse_processes("0\n1\n0\n4194303\n", pids));
  EXPECT_EQ(pids, (std::vector<std::int32_t>{1, 4194303}));
  EXPECT_FALSE(parse_processes("4294967296\n", pids));
}

}  // namespace
}  // namespace sampling
