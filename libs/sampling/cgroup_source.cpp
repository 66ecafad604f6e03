// A cgroup's files, kept open: of v2, of v1, or of a hybrid, controller by controller.
#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

#include "sampling/cgroup_v1.h"
#include "sampling/parse_file.h"
#include "sampling/source.h"

namespace sampling {

namespace {
constexpr int kLevelsMax = 8;  // of a v2 hierarchy on the way up, whose limits hold as well

using OptionalBytes = std::optional<std::uint64_t>;

template <class T>
void take_least(std::optional<T>& least, const std::optional<T>& other) {
  if (other && (!least || *other < *least)) least = other;
}

/// The files of one controller in v2, and of the limits above it.
class LimitsAbove {
 public:
  LimitsAbove(const CgroupFolders& folders, const char* name) {
    std::string folder = *folders.unified;
    for (int level = 0; level < kLevelsMax && folder.size() > folders.unified_mount.size();
         ++level) {
      files_.emplace_back(folder + "/" + name);
      folder.erase(folder.rfind('/'));
    }
    // Of a cgroup namespace: the mount's own folder has limits where it is not the true root.
    if (files_.empty()) files_.emplace_back(folder + "/" + name);
  }

  template <class T, class Parse>
  void take_least_of(std::optional<T>& least, Reader& reader, Parse parse) {
    for (KeptFile& file : files_) {
      const auto limit = figure_of(file, reader, parse);
      if (limit) take_least(least, *limit);
    }
  }
  void reopen() {
    for (KeptFile& file : files_) file.reopen();
  }

 private:
  std::vector<KeptFile> files_;
};

auto bytes(const char* file) {
  return [file](std::string_view text) { return parse_bytes(file, text); };
}
auto bytes_max(const char* file) {
  return [file](std::string_view text) { return parse_bytes_max(file, text); };
}

/// As the kubelet has it: never below 0, which two files read one after the other could give.
OptionalBytes working_set(OptionalBytes usage, OptionalBytes inactive_file) {
  if (!usage || !inactive_file) return std::nullopt;
  return *usage - std::min(*usage, *inactive_file);
}

class UnifiedFiles {
 public:
  explicit UnifiedFiles(const CgroupFolders& folders)
      : cpu_max_(folders, "cpu.max"), memory_max_(folders, "memory.max") {
    const std::string at = *folders.unified + "/";
    cpu_stat_ = KeptFile(at + "cpu.stat");
    current_ = KeptFile(at + "memory.current");
    stat_ = KeptFile(at + "memory.stat");
    swap_ = KeptFile(at + "memory.swap.current");
    io_ = KeptFile(at + "io.stat");
    processes_ = KeptFile(at + "cgroup.procs", KeptFile::Shape::Lines);
    cpu_pressure_ = KeptFile(at + "cpu.pressure");
    memory_pressure_ = KeptFile(at + "memory.pressure");
    io_pressure_ = KeptFile(at + "io.pressure");
  }

  void reopen() {
    for (KeptFile* file : {&cpu_stat_, &current_, &stat_, &swap_, &io_, &processes_, &cpu_pressure_,
                           &memory_pressure_, &io_pressure_}) {
      file->reopen();
    }
    cpu_max_.reopen();
    memory_max_.reopen();
  }

  void read_cpu(Member& member, Reader& reader) {
    if (const auto stat = figure_of(cpu_stat_, reader, parse_cpu_stat)) {
      member.cpu_nanoseconds = stat->used_nanoseconds;
      member.throttling = stat->throttling;
    }
  }
  void read_cpu_limit(Limits& limits, Reader& reader) {
    cpu_max_.take_least_of(limits.cpu_cores, reader, parse_cpu_max);
  }
  void read_memory(Member& member, Limits& limits, Reader& reader) {
    member.working_set_bytes = working_set(figure_of(current_, reader, bytes("memory.current")),
                                           figure_of(stat_, reader, parse_inactive_file));
    member.swap_bytes = figure_of(swap_, reader, bytes("memory.swap.current"));
    memory_max_.take_least_of(limits.memory_bytes, reader, bytes_max("memory.max"));
  }
  void read_io(Member& member, Reader& reader) {
    const auto stat = figure_of(io_, reader, parse_io_stat);
    if (!stat) return;
    member.read_bytes = stat->read_bytes;
    member.written_bytes = stat->written_bytes;
    member.reads = stat->reads;
    member.writes = stat->writes;
  }
  void read_pressure(Reading& reading, Reader& reader) {
    const auto read = [&](KeptFile& file, const char* name) {
      return figure_of(file, reader,
                       [name](std::string_view text) { return parse_pressure(name, text); });
    };
    reading.cpu_pressure = read(cpu_pressure_, "cpu.pressure");
    reading.memory_pressure = read(memory_pressure_, "memory.pressure");
    reading.io_pressure = read(io_pressure_, "io.pressure");
  }
  void read_processes(Reading& reading, Reader& reader) {
    ids_.clear();
    const auto parsed = figure_of(processes_, reader, [&](std::string_view text) {
      return parse_processes(text, ids_).map([] { return true; });
    });
    if (parsed) reading.processes = ids_.size();
  }

 private:
  LimitsAbove cpu_max_;
  LimitsAbove memory_max_;
  KeptFile cpu_stat_, current_, stat_, swap_, io_, processes_;
  KeptFile cpu_pressure_, memory_pressure_, io_pressure_;
  std::vector<std::int32_t> ids_;
};

/// The controllers of v1 that there are.
class LegacyFiles {
 public:
  explicit LegacyFiles(const CgroupFolders& folders) {
    if (folders.cpuacct) usage_ = KeptFile(*folders.cpuacct + "/cpuacct.usage");
    if (folders.cpu) {
      quota_ = KeptFile(*folders.cpu + "/cpu.cfs_quota_us");
      period_ = KeptFile(*folders.cpu + "/cpu.cfs_period_us");
      throttling_ = KeptFile(*folders.cpu + "/cpu.stat");
    }
    if (folders.memory) {
      current_ = KeptFile(*folders.memory + "/memory.usage_in_bytes");
      limit_ = KeptFile(*folders.memory + "/memory.limit_in_bytes");
      stat_ = KeptFile(*folders.memory + "/memory.stat");
    }
    if (folders.blkio) {
      const std::string at = *folders.blkio + "/blkio.throttle.";
      bytes_ = KeptFile(at + "io_service_bytes_recursive");
      count_ = KeptFile(at + "io_serviced_recursive");
      bytes_alone_ = KeptFile(at + "io_service_bytes");  // kernels before 4.20 have no other
      count_alone_ = KeptFile(at + "io_serviced");
    }
  }

  void reopen() {
    for (KeptFile* file : {&usage_, &quota_, &period_, &throttling_, &current_, &limit_, &stat_,
                           &bytes_, &count_, &bytes_alone_, &count_alone_}) {
      file->reopen();
    }
  }

  void read_cpu(Member& member, Reader& reader) {
    member.cpu_nanoseconds = figure_of(usage_, reader, parse_cpuacct_usage);
  }
  void read_throttling(Member& member, Limits& limits, Reader& reader) {
    member.throttling = figure_of(throttling_, reader, parse_throttling);
    const auto quota = quota_.read(reader.buffer);
    if (!quota) return;
    // Both texts share one buffer, so the first is kept aside: "-1" or a number.
    char kept[24] = {};
    const std::size_t size = quota->copy(kept, sizeof kept);
    const auto limit = figure_of(period_, reader, [&](std::string_view period) {
      return parse_cfs_limit(std::string_view(kept, size), period);
    });
    if (limit) take_least(limits.cpu_cores, *limit);
  }
  void read_memory(Member& member, Limits& limits, Reader& reader) {
    const auto usage = figure_of(current_, reader, bytes("memory.usage_in_bytes"));
    const auto limit = figure_of(limit_, reader, parse_limit_in_bytes);
    if (limit) take_least(limits.memory_bytes, *limit);
    const auto stat = figure_of(stat_, reader, parse_memory_stat_v1);
    if (!stat) return;
    take_least(limits.memory_bytes, stat->hierarchical_max_bytes);
    member.working_set_bytes = working_set(usage, stat->inactive_file_bytes);
    member.swap_bytes = stat->swap_bytes;
  }
  void read_io(Member& member, Reader& reader) {
    const auto read = [&](KeptFile& whole, KeptFile& alone, const char* name) {
      const auto parse = [name](std::string_view text) { return parse_blkio(name, text); };
      auto found = figure_of(whole, reader, parse);
      return found ? found : figure_of(alone, reader, parse);
    };
    if (const auto sizes = read(bytes_, bytes_alone_, "blkio.throttle.io_service_bytes")) {
      member.read_bytes = sizes->read;
      member.written_bytes = sizes->written;
    }
    if (const auto counts = read(count_, count_alone_, "blkio.throttle.io_serviced")) {
      member.reads = counts->read;
      member.writes = counts->written;
    }
  }

 private:
  KeptFile usage_, quota_, period_, throttling_;
  KeptFile current_, limit_, stat_;
  KeptFile bytes_, count_, bytes_alone_, count_alone_;
};

class CgroupSource final : public Source {
 public:
  explicit CgroupSource(CgroupFolders folders) : folders_(std::move(folders)), legacy_(folders_) {
    if (folders_.unified) unified_.emplace(folders_);
    for (const auto* folder :
         {&folders_.memory, &folders_.cpuacct, &folders_.cpu, &folders_.blkio, &folders_.unified}) {
      if (*folder && name_.empty()) name_ = **folder;
    }
  }

  void read(Reading& reading, Reader& reader) override {
    const std::uint64_t now = folder_number();
    if (now != instance_) reopen();
    instance_ = now;
    if (instance_ == 0) return;
    Member member;
    member.id = {0, instance_};
    read_member(member, reading.limits, reader);
    if (unified_ && !beside_root_) unified_->read_pressure(reading, reader);
    if (unified_ && !beside_root_) unified_->read_processes(reading, reader);
    reading.members.push_back(member);
    reading.groups = 1;
    reading.containers = 1;
  }

  std::string_view container(std::uint32_t group) const override {
    return group == 0 && instance_ != 0 ? std::string_view(name_) : std::string_view();
  }

 private:
  /// The folder's inode; 0: there is no such folder now. A folder made anew has another.
  std::uint64_t folder_number() const {
    struct stat found = {};
    return ::stat(name_.c_str(), &found) == 0 ? static_cast<std::uint64_t>(found.st_ino) : 0;
  }

  void reopen() {
    legacy_.reopen();
    if (unified_) unified_->reopen();
    // Where v1 has the controllers, all processes may be in the root of v2, whose pressure is the
    // whole machine's. Only a root has no cgroup.events.
    struct stat found = {};
    const bool legacy = folders_.cpuacct || folders_.cpu || folders_.memory;
    beside_root_ = legacy && folders_.unified &&
                   ::stat((*folders_.unified + "/cgroup.events").c_str(), &found) != 0;
  }

  void read_member(Member& member, Limits& limits, Reader& reader) {
    if (folders_.cpuacct) {
      legacy_.read_cpu(member, reader);
    } else if (unified_) {
      unified_->read_cpu(member, reader);
    }
    if (folders_.cpu) {
      legacy_.read_throttling(member, limits, reader);
    } else if (unified_) {
      unified_->read_cpu_limit(limits, reader);
    }
    if (folders_.memory) {
      legacy_.read_memory(member, limits, reader);
    } else if (unified_) {
      unified_->read_memory(member, limits, reader);
    }
    if (folders_.blkio) {
      legacy_.read_io(member, reader);
    } else if (unified_) {
      unified_->read_io(member, reader);
    }
  }

  CgroupFolders folders_;
  std::string name_;
  std::uint64_t instance_ = 0;
  bool beside_root_ = false;
  LegacyFiles legacy_;
  std::optional<UnifiedFiles> unified_;
};

base::Result<std::string> whole_file(const std::string& path) {
  KeptFile file(path, KeptFile::Shape::Lines);
  Buffer buffer;
  const auto text = file.read(buffer);
  if (text) return std::string(*text);
  if (file.gone()) return base::fail(base::Code::NotFound, "no file " + path);
  return base::fail_errno(path, file.error());
}
}  // namespace

std::unique_ptr<Source> cgroup_in(CgroupFolders folders) {
  return std::make_unique<CgroupSource>(std::move(folders));
}

base::Result<std::unique_ptr<Source>> cgroup_of_process(std::int32_t pid, const std::string& proc) {
  TRY(const std::string own, whole_file(proc + "/" + std::to_string(pid) + "/cgroup"));
  TRY(const std::string mounted, whole_file(proc + "/self/mountinfo"));
  TRY(const CgroupPaths paths, parse_cgroup_paths(own));
  TRY(const auto mounts, parse_cgroup_mounts(mounted));
  CgroupFolders folders = cgroup_folders(paths, mounts);
  if (!folders.any()) {
    return base::fail(base::Code::NotFound, "no cgroup of process " + std::to_string(pid) +
                                                " can be seen from here: it is '" +
                                                std::string(paths.container()) + "'");
  }
  return cgroup_in(std::move(folders));
}

}  // namespace sampling
