#include "sampling/proc_files.h"

#include <gtest/gtest.h>

namespace sampling {
namespace {

std::string problem(const auto& result) {
  return result ? "" : result.error().message;
}

// Linux 6.18: everything after the name.
constexpr const char* kAfterName =
    " S 17 10777 6684 0 -1 4194304 101 7 0 0 311 42 1200 33 20 0 4 0 1439783 3133440 409 "
    "18446744073709551615 94457581559808 94457581579689 140722737789136 0 0 0 0 0 0 0 0 0 17 1 0 "
    "0 0 0 0 94457581595696 94457581597312 94458615287808 140722737797826 140722737797846 "
    "140722737797846 140722737799147 0\n";

TEST(ProcessStat, NamesMayHoldAnythingAlsoBracketsAndLineEnds) {
  for (const std::string name :
       {"cat", "tmux: server", "(sd-pam)", "a) S 1 2 (b", "x\ny", ")", ""}) {
    SCOPED_TRACE(name);
    const std::string text = "10793 (" + name + ")" + kAfterName;
    const auto stat = parse_process_stat(text);
    ASSERT_TRUE(stat) << stat.error().message;
    EXPECT_EQ(stat->comm, name);
    EXPECT_EQ(stat->pid, 10793);
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent, 17);
    EXPECT_EQ(stat->user_ticks, 311u);
    EXPECT_EQ(stat->system_ticks, 42u);
    EXPECT_EQ(stat->children_user_ticks, 1200u);
    EXPECT_EQ(stat->children_system_ticks, 33u);
    EXPECT_EQ(stat->start_ticks, 1439783u);
    EXPECT_EQ(stat->resident_pages, 409u);
  }
}

TEST(ProcessStat, WhatIsCutOffIsRefused) {
  EXPECT_EQ(problem(parse_process_stat("")), "stat: no name in brackets");
  EXPECT_EQ(problem(parse_process_stat("1 )(")), "stat: no name in brackets");
  EXPECT_EQ(problem(parse_process_stat("1 (a)")), "stat:0: '': no state");
  EXPECT_EQ(problem(parse_process_stat("x (a) S 1")), "stat:1: 'x': no number of 64 bits");
  EXPECT_EQ(problem(parse_process_stat("1 (a) S 0 1 1 0 -1 4 1 0 0 0 5 6\n")),
            "stat:1: '': no number of 64 bits");
  EXPECT_EQ(problem(parse_process_stat("1 (a) S 0 1 1 0\n")), "stat: less than 24 fields");
}

TEST(ProcessMemory, SharedIsNeverMoreThanResident) {
  EXPECT_EQ(*parse_process_memory("765 441 412 5 0 123 0\n"), (ProcessMemory{441, 412}));
  EXPECT_EQ(*parse_process_memory("765 400 412 5 0 123 0\n"), (ProcessMemory{400, 400}));
  EXPECT_EQ(*parse_process_memory("0 0 0 0 0 0 0\n"),
            ProcessMemory{});  // a kernel thread, a zombie
  EXPECT_EQ(problem(parse_process_memory("765 441")), "statm:1: '': no number of 64 bits");
}

TEST(ProcessIo, IsWhatReachedTheDisk) {
  EXPECT_EQ(*parse_process_io("rchar: 6976\nwchar: 55\nsyscr: 10\nsyscw: 2\nread_bytes: 4096\n"
                              "write_bytes: 8192\ncancelled_write_bytes: 1\n"),
            (ProcessIo{4096, 8192}));
  EXPECT_EQ(problem(parse_process_io("rchar: 6976\nread_bytes: 1\n")),
            "io: not read_bytes and write_bytes");
  EXPECT_EQ(problem(parse_process_io("rchar: 6976\nread_bytes: 1k\n")),
            "io:2: '1k': no number of 64 bits");
}

constexpr const char* kHeadings =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
    "fifo colls carrier compressed\n";

TEST(NetDev, AddsUpAllButTheLoopback) {
  const auto counters = parse_net_dev(
      std::string(kHeadings) +
      "    lo: 20608940898 10901425    0    0    0     0          0         0 20608940898 10901425 "
      "   0    0    0     0       0          0\n"
      "  eth0: 564317652   25742    0    0    0     0          0         0  1827952   17227    0   "
      " "
      "0    0     0       0          0\n"
      "  net1:1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n");
  ASSERT_TRUE(counters) << counters.error().message;
  EXPECT_EQ(*counters, (NetworkCounters{564318652, 25752, 1829952, 17247}));
  EXPECT_EQ(*parse_net_dev(kHeadings), NetworkCounters{});
}

TEST(NetDev, RefusesLinesThatAreCutOff) {
  EXPECT_EQ(problem(parse_net_dev("")), "net/dev: not two lines of headings");
  EXPECT_EQ(problem(parse_net_dev(std::string(kHeadings) + "eth0: 1 2 3\n")),
            "net/dev:3: '': no number of 64 bits");
  EXPECT_EQ(problem(parse_net_dev(std::string(kHeadings) + "eth0 1 2 3\n")),
            "net/dev:3: 'eth0 1 2 3': no interface");
}

TEST(MachineStat, CountsProcessorsAndReadsNoFurther) {
  const auto stat = parse_machine_stat(
      "cpu  1357020 450319 285193 733884 5763 0 9952 1018 7 9\n"
      "cpu0 665865 231598 137763 380558 1642 0 3647 500 0 0\n"
      "cpu1 691155 218720 147430 353325 4120 0 6304 518 0 0\n"
      "intr 37900168 0 cut off in the midd");
  ASSERT_TRUE(stat);
  EXPECT_EQ(*stat, (MachineStat{2, 2103502, 739647}));
  EXPECT_FALSE(parse_machine_stat("cpu 1 2 3 4 5 6 7 8\nintr 1\n"));
  EXPECT_FALSE(parse_machine_stat("intr 1\n"));
}

TEST(Meminfo, IsInBytes) {
  const auto memory = parse_meminfo(
      "MemTotal:       24684092 kB\nMemFree:        13052840 kB\nMemAvailable:   17210524 kB\n"
      "Buffers:           41312 kB\nSwapCached:            0 kB\nSwapTotal:       1024 kB\n"
      "SwapFree:              8 kB\nHugePages_Total:       0\n");
  ASSERT_TRUE(memory);
  EXPECT_EQ(*memory, (MachineMemory{25276510208, 17623576576, 1048576, 8192}));
  EXPECT_EQ(problem(parse_meminfo("MemTotal: 1 kB\n")),
            "meminfo: not MemTotal, MemAvailable, SwapTotal and SwapFree");
  EXPECT_EQ(problem(parse_meminfo("MemTotal: 18014398509481984 kB\n")),
            "meminfo:1: 'kB': beyond 64 bits of bytes");
}

TEST(Uptime, IsInTheTicksOfProcesses) {
  EXPECT_EQ(*parse_uptime("14397.83 733.84\n"), 1439783u);
  EXPECT_EQ(*parse_uptime("0.05 0.00\n"), 5u);
  EXPECT_FALSE(parse_uptime("14397 1\n"));
  EXPECT_FALSE(parse_uptime("1.5 1\n"));
  EXPECT_FALSE(parse_uptime("18446744073709551615.00 1\n"));
}

}  // namespace
}  // namespace sampling
