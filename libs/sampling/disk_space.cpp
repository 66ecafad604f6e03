#include "sampling/disk_space.h"

#include <algorithm>
#include <dirent.h>
#include <memory>
#include <string_view>
#include <sys/statvfs.h>
#include <unistd.h>

namespace sampling {
namespace {

constexpr std::string_view kAnyProcess = "/*/";

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

/// Used is what is not free for root, free is what is free for anyone.
std::optional<DiskSpace> space_at(const std::string& path) {
  struct statvfs found = {};
  if (::statvfs(path.c_str(), &found) != 0 || found.f_blocks == 0) return std::nullopt;
  const std::uint64_t block = found.f_frsize;
  const std::uint64_t free = found.f_bfree < found.f_blocks ? found.f_bfree : found.f_blocks;
  return DiskSpace{found.f_blocks * block, (found.f_blocks - free) * block, found.f_bavail * block};
}

bool is_number(std::string_view name) {
  return name.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<DiskSpace> space_of(const std::string& path) {
  const std::size_t at = path.find(kAnyProcess);
  if (at == std::string::npos) return space_at(path);
  const std::string before = path.substr(0, at + 1);
  const std::string behind = path.substr(at + kAnyProcess.size() - 1);
  const std::string own = std::to_string(::getpid());
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(before.c_str()));
  std::optional<DiskSpace> fullest;
  std::size_t left = kDiskProcessesMax;
  while (folder && left > 0) {
    const dirent* const entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (!is_number(name) || name == own) continue;
    --left;
    const auto space = space_at(before + std::string(name) + behind);
    if (space && (!fullest || fullness(*space) > fullness(*fullest))) fullest = space;
  }
  return fullest;
}

double fullness(const DiskSpace& disk) {
  const auto used = static_cast<double>(disk.used_bytes);
  const double whole = used + static_cast<double>(disk.free_bytes);
  return whole > 0 ? used / whole : 0;
}

}  // namespace sampling
