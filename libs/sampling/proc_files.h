// The files of /proc that say what processes, the network and the machine did, as values. Pure:
// text in, figures out, nothing allocated. Source: proc(5); fs/proc/array.c, fs/proc/base.c and
// net/core/net-procfs.c of the kernel.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace sampling {

/// /proc/PID/stat. The name of a program may hold spaces, brackets and line ends: what counts is
/// the last bracket of the file.
struct ProcessStat {
  std::int32_t pid = 0;
  std::string_view comm;  // of the text that was parsed
  char state = '?';
  std::int32_t parent = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t children_user_ticks = 0;  // of children that ended and were waited for
  std::uint64_t children_system_ticks = 0;
  std::uint64_t start_ticks = 0;  // since boot: with the pid, who this is
  std::uint64_t resident_pages = 0;
};
/// Errors: DataLoss with file and line; so do all below.
base::Result<ProcessStat> parse_process_stat(std::string_view text);

/// /proc/PID/statm: pages in memory, and those of them that are of files or shared memory.
struct ProcessMemory {
  std::uint64_t resident_pages = 0;
  std::uint64_t shared_pages = 0;
  bool operator==(const ProcessMemory&) const = default;
};
base::Result<ProcessMemory> parse_process_memory(std::string_view text);

/// /proc/PID/io: bytes that reached a disk, not those that a cache answered.
struct ProcessIo {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  bool operator==(const ProcessIo&) const = default;
};
base::Result<ProcessIo> parse_process_io(std::string_view text);

/// /proc/net/dev: all interfaces of the network namespace but `lo`.
struct NetworkCounters {
  std::uint64_t received_bytes = 0;
  std::uint64_t received_packets = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t sent_packets = 0;
  bool operator==(const NetworkCounters&) const = default;
};
base::Result<NetworkCounters> parse_net_dev(std::string_view text);

/// /proc/stat as far as its processors go; what follows them is not read.
struct MachineStat {
  int cores = 0;
  std::uint64_t busy_ticks = 0;
  std::uint64_t idle_ticks = 0;
  bool operator==(const MachineStat&) const = default;
};
base::Result<MachineStat> parse_machine_stat(std::string_view text);

/// /proc/meminfo.
struct MachineMemory {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;  // MemAvailable
  std::uint64_t swap_total_bytes = 0;
  std::uint64_t swap_free_bytes = 0;
  bool operator==(const MachineMemory&) const = default;
};
base::Result<MachineMemory> parse_meminfo(std::string_view text);

/// /proc/uptime in hundredths of a second, which are the ticks of ProcessStat::start_ticks.
base::Result<std::uint64_t> parse_uptime(std::string_view text);

/// Every Linux reports times of processes in this unit, whatever its own ticks are (USER_HZ).
inline constexpr std::uint64_t kTicksPerSecond = 100;

}  // namespace sampling
