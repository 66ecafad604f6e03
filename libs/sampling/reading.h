// What the kernel said at one moment, before it means anything: counters and levels of each thing
// that is watched (a cgroup, or a process), of the network, the disk and the machine. Two readings
// make a Sample (rates.h). Its lists keep their memory from one reading to the next.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "sampling/cgroup_v2.h"
#include "sampling/proc_files.h"
#include "sampling/sample.h"

namespace sampling {

/// Who a member is: a process by pid and start, a cgroup by the number of its folder. A member that
/// went away and came back under its old name is another one, so no rate is made of the two.
struct MemberId {
  std::int32_t pid = 0;        // 0: a cgroup
  std::uint64_t instance = 0;  // ticks at which the process began; the folder's inode
  auto operator<=>(const MemberId&) const = default;
};

/// One watched cgroup or process.
struct Member {
  MemberId id;
  std::int32_t parent = 0;
  std::uint32_t group = 0;  // which container it belongs to
  // Counters.
  std::optional<std::uint64_t> cpu_nanoseconds;
  std::optional<std::uint64_t> children_cpu_nanoseconds;  // of children that were waited for
  std::optional<Throttling> throttling;
  std::optional<std::uint64_t> read_bytes;
  std::optional<std::uint64_t> written_bytes;
  std::optional<std::uint64_t> reads;
  std::optional<std::uint64_t> writes;
  // Levels.
  std::optional<std::uint64_t> working_set_bytes;  // of a cgroup
  std::optional<std::uint64_t> private_bytes;      // of a process
  std::optional<std::uint64_t> shared_bytes;
  std::optional<std::uint64_t> swap_bytes;
};

struct Limits {
  std::optional<double> cpu_cores;
  std::optional<std::uint64_t> memory_bytes;
};

/// A file system as statvfs has it.
struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t free_bytes = 0;  // for anyone but root
};

struct Reading {
  base::TimePoint at{};
  std::uint64_t uptime_ticks = 0;  // when the processes were looked at; 0: unknown
  std::vector<Member> members;     // in the order of their ids
  std::uint32_t groups = 0;        // numbers of groups are below this
  std::uint32_t containers = 0;    // groups with a member
  std::optional<std::uint64_t> processes;
  std::optional<double> cpu_cores;  // used, where somebody else has made a rate of it
  Limits limits;
  std::optional<Pressure> cpu_pressure;
  std::optional<Pressure> memory_pressure;
  std::optional<Pressure> io_pressure;
  bool pressure_has_totals = true;  // the kubelet's are of a unit that kubelets do not agree on
  std::optional<NetworkCounters> network;
  std::optional<DiskSpace> disk;  // the fullest of the watched
  std::uint8_t disk_index = 0;
  int cores = 0;  // of the machine; 0: unknown
  std::optional<MachineMemory> machine_memory;

  /// As new, with the memory of its lists.
  void clear() {
    std::vector<Member> kept = std::move(members);
    kept.clear();
    *this = Reading{};
    members = std::move(kept);
  }
};

}  // namespace sampling
