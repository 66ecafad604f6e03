// The files of a cgroup v2 folder as values. Pure: text in, figures out, nothing allocated.
// Source: Documentation/admin-guide/cgroup-v2.rst and Documentation/accounting/psi.rst of the
// kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sampling {

/// How long a cgroup was held back by its CPU limit; only where the cpu controller is on.
struct Throttling {
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t throttled_nanoseconds = 0;
  bool operator==(const Throttling&) const = default;
};

/// cpu.stat.
struct CpuStat {
  std::uint64_t used_nanoseconds = 0;
  std::optional<Throttling> throttling;
  bool operator==(const CpuStat&) const = default;
};
/// Errors: DataLoss with file and line; so do all below.
base::Result<CpuStat> parse_cpu_stat(std::string_view text);

/// cpu.max: how many cores; nothing: no limit.
base::Result<std::optional<double>> parse_cpu_max(std::string_view text);

/// memory.current, memory.swap.current: one number of bytes. `file` is for complaints.
base::Result<std::uint64_t> parse_bytes(const char* file, std::string_view text);
/// memory.max, memory.swap.max: nothing: no limit.
base::Result<std::optional<std::uint64_t>> parse_bytes_max(const char* file, std::string_view text);

/// memory.stat: the file pages that the kernel would give up first.
base::Result<std::uint64_t> parse_inactive_file(std::string_view text);

/// io.stat, all devices together.
struct IoStat {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  bool operator==(const IoStat&) const = default;
};
base::Result<IoStat> parse_io_stat(std::string_view text);

/// One line of cpu.pressure, memory.pressure or io.pressure: the share of the last 10, 60 and 300
/// seconds in which some, or all, tasks stood still for want of it.
struct Stall {
  double avg10_ratio = 0;
  double avg60_ratio = 0;
  double avg300_ratio = 0;
  std::uint64_t total_microseconds = 0;
  bool operator==(const Stall&) const = default;
};
struct Pressure {
  Stall some;
  std::optional<Stall> full;  // cpu.pressure has none before Linux 5.13
  bool operator==(const Pressure&) const = default;
};
base::Result<Pressure> parse_pressure(const char* file, std::string_view text);

/// cgroup.procs, appended to `out`. 0 stands for a process of another PID namespace and is left
/// out.
base::Result<> parse_processes(std::string_view text, std::vector<std::int32_t>& out);

}  // namespace sampling
