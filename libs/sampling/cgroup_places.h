// Where the files of a process's cgroup are: /proc/PID/cgroup says which cgroup of each hierarchy
// it is in, /proc/self/mountinfo where we see those hierarchies. Pure. A machine has v2 alone, or
// one hierarchy for each controller of v1, or both (a hybrid: v1 for the controllers, v2 for the
// rest). In a container both files are cut to what its namespaces show: a cgroup beyond them is
// "/../name", which tells it apart from others but lies below no mount. Source: proc_pid_cgroup(5),
// proc_pid_mountinfo(5), cgroup_namespaces(7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sampling {

/// /proc/PID/cgroup: the path in each hierarchy that has figures for us; nothing: not mounted.
/// Lifetime: of the text.
struct CgroupPaths {
  std::optional<std::string_view> unified;  // v2
  std::optional<std::string_view> cpu;
  std::optional<std::string_view> cpuacct;
  std::optional<std::string_view> memory;
  std::optional<std::string_view> blkio;

  /// What tells one container from another: the path of v1's memory or cpu hierarchy where they
  /// are, since a hybrid may leave all processes in one v2 cgroup; else that of v2.
  std::string_view container() const;
};
/// Errors: DataLoss with file and line.
base::Result<CgroupPaths> parse_cgroup_paths(std::string_view text);

/// A line of mountinfo that mounts a hierarchy.
struct CgroupMount {
  bool unified = false;
  std::string controllers;  // v1: its options, "rw,cpu,cpuacct"
  std::string root;         // which of its cgroups is at `point`
  std::string point;
};
/// Errors: DataLoss with file and line.
base::Result<std::vector<CgroupMount>> parse_cgroup_mounts(std::string_view text);

/// The folders with the files of one process's cgroup; nothing: we cannot see it.
struct CgroupFolders {
  std::optional<std::string> unified;
  std::optional<std::string> cpu;
  std::optional<std::string> cpuacct;
  std::optional<std::string> memory;
  std::optional<std::string> blkio;
  std::string unified_mount;  // where the way up from `unified` ends

  bool any() const { return unified || cpu || cpuacct || memory || blkio; }
};
CgroupFolders cgroup_folders(const CgroupPaths& paths, const std::vector<CgroupMount>& mounts);

}  // namespace sampling
