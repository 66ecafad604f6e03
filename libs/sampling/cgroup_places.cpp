#include "sampling/cgroup_places.h"

#include "sampling/lines.h"

namespace sampling {

namespace {
bool lists(std::string_view controllers, std::string_view one) {
  while (!controllers.empty()) {
    const std::size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == one) return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
  return false;
}

/// Spaces, tabs, line ends and backslashes of a path are "\040" and so on in mountinfo.
std::string unescaped(std::string_view word) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (word[at] == '\\' && at + 3 < word.size() && word[at + 1] >= '0' && word[at + 1] <= '3' &&
        octal(word[at + 2]) && octal(word[at + 3])) {
      out.push_back(static_cast<char>((word[at + 1] - '0') * 64 + (word[at + 2] - '0') * 8 +
                                      (word[at + 3] - '0')));
      at += 3;
    } else {
      out.push_back(word[at]);
    }
  }
  return out;
}

/// A line of mountinfo; nothing: it mounts something else.
base::Result<std::optional<CgroupMount>> take_mount(Lines& lines) {
  CgroupMount out;
  for (int field = 1; field <= 3; ++field) lines.word();  // ids, device
  out.root = unescaped(lines.word());
  out.point = unescaped(lines.word());
  lines.word();  // options
  std::string_view word = lines.word();
  while (!word.empty() && word != "-") word = lines.word();
  if (word.empty()) return lines.broken("-", "the separator is missing");
  const std::string_view kind = lines.word();
  if (kind != "cgroup" && kind != "cgroup2") return std::nullopt;
  lines.word();  // source
  out.unified = kind == "cgroup2";
  out.controllers = lines.word();
  if (!out.root.starts_with('/') || !out.point.starts_with('/')) {
    return lines.broken(out.point, "no mount of a cgroup");
  }
  return out;
}

/// Where `path` is below a mount; nothing: it is beyond what the mount shows.
std::optional<std::string> below(const CgroupMount& mount, std::string_view path) {
  if (path.find("/../") != std::string_view::npos || path.ends_with("/..")) return std::nullopt;
  std::string_view rest = path;
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return std::nullopt;
    rest.remove_prefix(mount.root.size());
    if (!rest.empty() && rest.front() != '/') return std::nullopt;
  }
  if (rest == "/") rest = {};
  return mount.point + std::string(rest);
}

std::optional<std::string> folder_of(const std::vector<CgroupMount>& mounts,
                                     std::string_view controller,
                                     std::optional<std::string_view> path) {
  if (!path) return std::nullopt;
  for (const CgroupMount& mount : mounts) {
    const bool right =
        controller.empty() ? mount.unified : !mount.unified && lists(mount.controllers, controller);
    if (!right) continue;
    if (auto found = below(mount, *path)) return found;
  }
  return std::nullopt;
}
}  // namespace

std::string_view CgroupPaths::container() const {
  if (memory) return *memory;
  if (cpu) return *cpu;
  return unified.value_or("");
}

base::Result<CgroupPaths> parse_cgroup_paths(std::string_view text) {
  Lines lines("cgroup", text);
  CgroupPaths out;
  while (lines.next()) {
    const std::string_view line = lines.rest_of_line();
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) return lines.broken(line, "not id:controllers:path");
    TRY(const std::uint64_t hierarchy, lines.number_of(line.substr(0, first)));
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (!path.starts_with('/')) return lines.broken(path, "no path");
    if (hierarchy == 0 && controllers.empty()) out.unified = path;
    if (lists(controllers, "cpu")) out.cpu = path;
    if (lists(controllers, "cpuacct")) out.cpuacct = path;
    if (lists(controllers, "memory")) out.memory = path;
    if (lists(controllers, "blkio")) out.blkio = path;
  }
  return out;
}

base::Result<std::vector<CgroupMount>> parse_cgroup_mounts(std::string_view text) {
  Lines lines("mountinfo", text);
  std::vector<CgroupMount> out;
  while (lines.next()) {
    TRY(auto mount, take_mount(lines));
    if (mount) out.push_back(*std::move(mount));
  }
  return out;
}

CgroupFolders cgroup_folders(const CgroupPaths& paths, const std::vector<CgroupMount>& mounts) {
  CgroupFolders out;
  out.unified = folder_of(mounts, "", paths.unified);
  out.cpu = folder_of(mounts, "cpu", paths.cpu);
  out.cpuacct = folder_of(mounts, "cpuacct", paths.cpuacct);
  out.memory = folder_of(mounts, "memory", paths.memory);
  out.blkio = folder_of(mounts, "blkio", paths.blkio);
  for (const CgroupMount& mount : mounts) {
    if (!mount.unified || !out.unified || !out.unified->starts_with(mount.point)) continue;
    const std::size_t end = mount.point.size();
    if (out.unified->size() == end || (*out.unified)[end] == '/') out.unified_mount = mount.point;
  }
  return out;
}

}  // namespace sampling
