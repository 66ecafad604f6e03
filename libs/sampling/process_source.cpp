// Processes by pid: which of those that /proc lists belong to the application, and what they did.
#include <algorithm>
#include <charconv>
#include <dirent.h>
#include <memory>
#include <unistd.h>

#include "sampling/parse_file.h"
#include "sampling/source.h"

namespace sampling {

namespace {
constexpr std::size_t kProcessesMax = 4096;
// Up to here descriptors stay open, three for each; beyond, files are opened each time, so that the
// sidecar never takes the descriptors that its connections need.
constexpr std::size_t kKeptMax = 128;
constexpr std::size_t kContainersMax = 64;
constexpr std::uint64_t kNanosecondsPerTick = 1'000'000'000 / kTicksPerSecond;

struct Watched {
  std::int32_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint32_t group = 0;
  KeptFile stat, memory, io;
  Member figures;  // of the reading at hand

  void forget_descriptors() {
    for (KeptFile* file : {&stat, &memory, &io}) file->reopen();
  }
};

/// A process that is not the application's, so that it is not looked at again.
struct Foreign {
  std::int32_t pid = 0;
  bool sure = false;
};

/// The containers that have a process: names by number. A number is used again when its container
/// is gone, so that a container that is restarted for ever takes no more of them.
class Containers {
 public:
  /// Nothing: there are too many.
  std::optional<std::uint32_t> number_of(std::string_view name) {
    const auto known = std::ranges::find(names_, name);
    if (known != names_.end()) return index_of(known);
    const auto unused = std::ranges::find_if(names_, &std::string::empty);
    if (unused != names_.end()) {
      *unused = name;
      return index_of(unused);
    }
    if (names_.size() >= kContainersMax) return std::nullopt;
    names_.emplace_back(name);
    return static_cast<std::uint32_t>(names_.size() - 1);
  }
  /// Frees the numbers that no member has; says how many have one.
  std::uint32_t keep_those_of(const std::vector<Member>& members) {
    std::uint32_t used = 0;
    for (std::uint32_t at = 0; at < names_.size(); ++at) {
      const bool alive = std::ranges::find(members, at, &Member::group) != members.end();
      if (!alive) names_[at].clear();
      used += alive ? 1 : 0;
    }
    return used;
  }
  std::string_view name(std::uint32_t number) const {
    return number < names_.size() ? std::string_view(names_[number]) : std::string_view();
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(names_.size()); }

 private:
  std::uint32_t index_of(std::vector<std::string>::iterator at) const {
    return static_cast<std::uint32_t>(at - names_.begin());
  }
  std::vector<std::string> names_;
};

std::optional<std::int32_t> pid_of(const char* name) {
  std::int32_t pid = 0;
  const std::string_view text(name);
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || at != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

class ProcessSource final : public Source {
 public:
  explicit ProcessSource(ProcessSpec spec)
      : spec_(std::move(spec)),
        by_roots_(!spec_.roots.empty()),
        uptime_(spec_.proc + "/uptime"),
        page_bytes_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))) {}

  void read(Reading& reading, Reader& reader) override {
    // Before the processes are listed: whoever began later and is not listed now is new later.
    reading.uptime_ticks = figure_of(uptime_, reader, parse_uptime).value_or(0);
    if (!list_processes(reader)) return;
    forget_the_ended();
    read_watched(reader);
    confirm(reader);
    take_in_newcomers(reader);
    for (Watched& process : watched_) {
      process.figures.group = process.group;
      reading.members.push_back(process.figures);
    }
    reading.containers = containers_.keep_those_of(reading.members);
    reading.groups = containers_.size();
  }

  std::string_view container(std::uint32_t group) const override { return containers_.name(group); }

 private:
  std::string path(std::int32_t pid, const char* file) const {
    return spec_.proc + "/" + std::to_string(pid) + "/" + file;
  }

  bool list_processes(Reader& reader) {
    if (!folder_) folder_.reset(::opendir(spec_.proc.c_str()));
    if (!folder_) {
      reader.problem = base::fail_errno(spec_.proc, errno).value();
      return false;
    }
    ::rewinddir(folder_.get());
    listed_.clear();
    while (const dirent* entry = ::readdir(folder_.get())) {
      if (const auto pid = pid_of(entry->d_name)) listed_.push_back(*pid);
    }
    std::ranges::sort(listed_);
    return true;
  }

  bool is_listed(std::int32_t pid) const { return std::ranges::binary_search(listed_, pid); }

  void forget_the_ended() {
    std::erase_if(foreign_, [&](const Foreign& one) { return !is_listed(one.pid); });
    std::erase_if(watched_, [&](const Watched& one) { return !is_listed(one.pid); });
  }

  void read_watched(Reader& reader) {
    std::erase_if(watched_, [&](Watched& one) { return !read_process(one, reader); });
  }

  /// False: it is gone, or it is another process under the same number.
  bool read_process(Watched& process, Reader& reader) {
    const auto stat = figure_of(process.stat, reader, parse_process_stat);
    if (!stat || stat->start_ticks != process.start_ticks) return false;
    Member& out = process.figures;
    out = Member{};
    out.id = {process.pid, process.start_ticks};
    out.parent = stat->parent;
    out.cpu_nanoseconds = (stat->user_ticks + stat->system_ticks) * kNanosecondsPerTick;
    out.children_cpu_nanoseconds =
        (stat->children_user_ticks + stat->children_system_ticks) * kNanosecondsPerTick;
    if (const auto memory = figure_of(process.memory, reader, parse_process_memory)) {
      out.private_bytes = (memory->resident_pages - memory->shared_pages) * page_bytes_;
      out.shared_bytes = memory->shared_pages * page_bytes_;
    }
    if (const auto io = figure_of(process.io, reader, parse_process_io)) {
      out.read_bytes = io->read_bytes;
      out.written_bytes = io->written_bytes;
    }
    if (watched_.size() > kKeptMax) process.forget_descriptors();
    return true;
  }

  /// A process that was seen once may still have been on its way into its container: a runtime
  /// starts it, moves it, and lets it become the program. So who belongs where is asked twice.
  void confirm(Reader& reader) {
    if (by_roots_) return;
    for (Foreign& one : foreign_) {
      if (one.sure) continue;
      one.sure = true;
      if (group_of(one.pid, reader)) newcomers_.push_back(one.pid);
    }
    std::erase_if(foreign_, [&](const Foreign& one) {
      return std::ranges::find(newcomers_, one.pid) != newcomers_.end();
    });
    for (const std::int32_t pid : unsure_) {
      const auto at = std::ranges::find(watched_, pid, &Watched::pid);
      if (at == watched_.end()) continue;  // it has ended
      if (const auto group = group_of(pid, reader)) {
        at->group = *group;
      } else {
        foreign_.push_back({pid, true});
        watched_.erase(at);
      }
    }
    unsure_.clear();
  }

  void take_in_newcomers(Reader& reader) {
    std::ranges::sort(foreign_, {}, &Foreign::pid);
    for (const std::int32_t pid : listed_) {
      const bool known = std::ranges::binary_search(watched_, pid, {}, &Watched::pid) ||
                         std::ranges::binary_search(foreign_, pid, {}, &Foreign::pid) ||
                         std::ranges::find(newcomers_, pid) != newcomers_.end();
      if (!known) newcomers_.push_back(pid);
    }
    if (newcomers_.empty()) return;
    // A child may have a lower number than its parent: again until nobody else is taken in.
    for (bool grown = true; grown;) {
      const std::size_t before = watched_.size();
      std::erase_if(newcomers_, [&](std::int32_t pid) { return take_in(pid, reader); });
      grown = watched_.size() > before;
    }
    for (const std::int32_t pid : newcomers_) foreign_.push_back({pid, by_roots_});
    newcomers_.clear();
    std::ranges::sort(watched_, {}, &Watched::pid);
  }

  /// True: it is watched now, or gone, and in both cases no newcomer any more.
  bool take_in(std::int32_t pid, Reader& reader) {
    KeptFile file(path(pid, "stat"));
    const auto stat = figure_of(file, reader, parse_process_stat);
    if (!stat) return file.gone();
    const auto group = by_roots_ ? group_below_roots(*stat) : group_of(pid, reader);
    if (!group) return false;
    if (watched_.size() >= kProcessesMax) {
      reader.problem = base::Error{base::Code::ResourceExhausted,
                                   "more than 4096 processes: the others are left out"};
      return false;
    }
    Watched& process = watched_.emplace_back();
    process.pid = pid;
    process.start_ticks = stat->start_ticks;
    process.group = *group;
    process.stat = std::move(file);
    process.memory = KeptFile(path(pid, "statm"));
    process.io = KeptFile(path(pid, "io"));
    if (!read_process(process, reader)) {
      watched_.pop_back();
      return true;
    }
    if (!by_roots_) unsure_.push_back(pid);
    return true;
  }

  std::optional<std::uint32_t> group_below_roots(const ProcessStat& stat) {
    if (stat.pid == spec_.self) return std::nullopt;
    const bool root = std::ranges::find(spec_.roots, stat.pid) != spec_.roots.end();
    const bool child = std::ranges::find(watched_, stat.parent, &Watched::pid) != watched_.end();
    if (!root && !child) return std::nullopt;
    std::erase(spec_.roots, stat.pid);  // who has that number later is somebody else
    return containers_.number_of("processes");
  }

  /// The container of a process of this pod; nothing: it is not the application's.
  std::optional<std::uint32_t> group_of(std::int32_t pid, Reader& reader) {
    if (pid == spec_.self) return std::nullopt;
    KeptFile stat(path(pid, "stat"));
    const auto process = figure_of(stat, reader, parse_process_stat);
    if (!process || is_pause(pid, process->comm)) return std::nullopt;
    const std::string own = container_path(spec_.self, reader);
    const std::string its = container_path(pid, reader);
    if (its.empty() || its == own) return std::nullopt;
    return containers_.number_of(its);
  }

  std::string container_path(std::int32_t pid, Reader& reader) {
    KeptFile file(path(pid, "cgroup"), KeptFile::Shape::Lines);
    const auto paths = figure_of(file, reader, parse_cgroup_paths);
    return paths ? std::string(paths->container()) : std::string();
  }

  ProcessSpec spec_;
  bool by_roots_;
  KeptFile uptime_;
  std::uint64_t page_bytes_;
  std::unique_ptr<DIR, CloseFolder> folder_;
  std::vector<std::int32_t> listed_;
  std::vector<Watched> watched_;
  std::vector<Foreign> foreign_;
  std::vector<std::int32_t> newcomers_;
  std::vector<std::int32_t> unsure_;  // watched, and seen once
  Containers containers_;
};
}  // namespace

bool is_pause(std::int32_t pid, std::string_view comm) {
  return pid == 1 && (comm == "pause" || comm == "catatonit");
}

std::unique_ptr<Source> processes_of(ProcessSpec spec) {
  return std::make_unique<ProcessSource>(std::move(spec));
}

}  // namespace sampling
