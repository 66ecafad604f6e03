// Whatever a cgroup's file says: figures or a complaint, and figures that make sense. The first
// byte chooses the parser, so that one corpus holds all of them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sampling/cgroup_places.h"
#include "sampling/cgroup_v1.h"
#include "sampling/cgroup_v2.h"

namespace {
using namespace sampling;

void check(const Stall& stall) {
  for (const double ratio : {stall.avg10_ratio, stall.avg60_ratio, stall.avg300_ratio}) {
    CHECK(ratio >= 0 && ratio <= 1);
  }
}

void unified(char parser, std::string_view text) {
  std::vector<std::int32_t> pids;
  switch (parser) {
    case 'a': static_cast<void>(parse_cpu_stat(text)); return;
    case 'b': {
      const auto cores = parse_cpu_max(text);
      CHECK(!cores || !*cores || **cores >= 0);
      return;
    }
    case 'c': static_cast<void>(parse_bytes_max("memory.max", text)); return;
    case 'd': static_cast<void>(parse_inactive_file(text)); return;
    case 'e': static_cast<void>(parse_io_stat(text)); return;
    case 'f': {
      const auto pressure = parse_pressure("io.pressure", text);
      if (!pressure) return;
      check(pressure->some);
      if (pressure->full) check(*pressure->full);
      return;
    }
    case 'g':
      static_cast<void>(parse_processes(text, pids));
      for (const std::int32_t pid : pids) CHECK(pid > 0);
      return;
    default: return;
  }
}

void legacy(char parser, std::string_view text) {
  const std::size_t half = text.size() / 2;
  switch (parser) {
    case 'h': static_cast<void>(parse_cfs_limit(text.substr(0, half), text.substr(half))); return;
    case 'i': static_cast<void>(parse_throttling(text)); return;
    case 'j': static_cast<void>(parse_limit_in_bytes(text)); return;
    case 'k': static_cast<void>(parse_memory_stat_v1(text)); return;
    case 'l': static_cast<void>(parse_blkio("blkio", text)); return;
    default: return;
  }
}

void places(std::string_view text) {
  const std::size_t end = std::min(text.find('\0'), text.size());
  const auto paths = parse_cgroup_paths(text.substr(0, end));
  const auto mounts = parse_cgroup_mounts(text.substr(end == text.size() ? end : end + 1));
  if (!paths || !mounts) return;
  const CgroupFolders folders = cgroup_folders(*paths, *mounts);
  if (!folders.unified) return;
  // The way up ends where the mount is, or is not gone at all.
  CHECK(folders.unified->starts_with(folders.unified_mount));
  CHECK(!folders.unified_mount.empty());
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string_view text = bytes.substr(1);
  unified(bytes[0], text);
  legacy(bytes[0], text);
  if (bytes[0] == 'm') places(text);
  return 0;
}
