// How full the file system of a path is. One component of a path may be `*`, any process ID: in a
// pod that shares its process namespace a volume of the application is looked at from beside it,
// at /proc/*/root/PATH, whatever ID its process has today, where the kernel allows it (the same
// user, or SYS_PTRACE). The sidecar's own process is none of them, and of several the fullest
// counts. What cannot be seen is missing, and no error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "sampling/reading.h"

namespace sampling {

/// Processes that are looked at for one path, so that a sample stays short whoever shares them.
inline constexpr std::size_t kDiskProcessesMax = 4096;

/// Thread: blocks for as long as the kernel takes.
std::optional<DiskSpace> space_of(const std::string& path);

/// Of what is not kept for root, as df has it; in [0, 1].
double fullness(const DiskSpace& disk);

}  // namespace sampling
