// The files of cgroup v1 folders, one folder for each controller, as the same values as those of v2
// (cgroup_v2.h). Kernels of today still have them: distributions that boot with v1, and hybrids
// whose controllers are in v1 while the processes are listed in v2. Source:
// Documentation/admin-guide/cgroup-v1/ and Documentation/scheduler/sched-bwc.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "sampling/cgroup_v2.h"

namespace sampling {

/// cpuacct.usage: nanoseconds. Errors: DataLoss with file and line; so do all below.
base::Result<std::uint64_t> parse_cpuacct_usage(std::string_view text);

/// cpu.cfs_quota_us and cpu.cfs_period_us: how many cores; nothing: no limit (-1).
base::Result<std::optional<double>> parse_cfs_limit(std::string_view quota,
                                                    std::string_view period);

/// cpu.stat of v1, which knows throttling only.
base::Result<Throttling> parse_throttling(std::string_view text);

/// memory.limit_in_bytes; "no limit" is the greatest number of whole pages, which differs with the
/// size of a page: whatever is beyond 2^62 bytes is none.
base::Result<std::optional<std::uint64_t>> parse_limit_in_bytes(std::string_view text);

/// memory.stat of v1, of the cgroup and those below it.
struct MemoryStatV1 {
  std::uint64_t inactive_file_bytes = 0;                // total_inactive_file
  std::optional<std::uint64_t> swap_bytes;              // total_swap; where swap is accounted
  std::optional<std::uint64_t> hierarchical_max_bytes;  // the least limit on the way to the root
  bool operator==(const MemoryStatV1&) const = default;
};
base::Result<MemoryStatV1> parse_memory_stat_v1(std::string_view text);

/// What "Read" and "Write" come to over all devices.
struct ReadWrite {
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  bool operator==(const ReadWrite&) const = default;
};
/// blkio.throttle.io_service_bytes or blkio.throttle.io_serviced.
base::Result<ReadWrite> parse_blkio(const char* file, std::string_view text);

}  // namespace sampling
