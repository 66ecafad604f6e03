// What one sample of a pod costs: a cgroup of its own with all its files, the network and the disk;
// and the same pod as twelve processes. Figure to reach: 100 us, better 40. Beside each, in turns
// in the same run, a peer that opens, reads and closes the same files and understands none of them.
// CPU time, so that a busy machine tells as well; the best of the rounds, and their median.
//   sample_pod [ROUNDS [SAMPLES]]
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <functional>
#include <new>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "process_cost.h"
#include "sampling/history.h"
#include "sampling/sampler.h"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

/// A process that waits to be ended.
pid_t sleeper() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  return pid;
}

std::string whole(const char* path) {
  sampling::KeptFile file(path, sampling::KeptFile::Shape::Lines);
  sampling::Buffer buffer;
  return std::string(file.read(buffer).value_or(""));
}

/// A cgroup of this program's own in every hierarchy; what could not be made stays as it was.
class OwnCgroup {
 public:
  explicit OwnCgroup(pid_t pid) {
    const std::string own = whole("/proc/self/cgroup");
    const auto paths = sampling::parse_cgroup_paths(own);
    const auto mounts = sampling::parse_cgroup_mounts(whole("/proc/self/mountinfo"));
    if (!paths || !mounts) return;
    folders = sampling::cgroup_folders(*paths, *mounts);
    for (auto* folder :
         {&folders.cpu, &folders.cpuacct, &folders.memory, &folders.blkio, &folders.unified}) {
      if (*folder) make(**folder, pid);
    }
  }
  ~OwnCgroup() {
    for (const std::string& folder : made_) ::rmdir(folder.c_str());
  }
  OwnCgroup(const OwnCgroup&) = delete;
  OwnCgroup& operator=(const OwnCgroup&) = delete;

  sampling::CgroupFolders folders;
  std::size_t made() const { return made_.size(); }

 private:
  void make(std::string& folder, pid_t pid) {
    const std::string own = folder + "/muster-bench-" + std::to_string(::getpid());
    if (::mkdir(own.c_str(), 0755) != 0) return;
    made_.push_back(own);
    folder = own;
    const int file = ::open((own + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    const std::string text = std::to_string(pid);
    if (file < 0 || ::write(file, text.data(), text.size()) < 0) std::perror(own.c_str());
    if (file >= 0) ::close(file);
  }
  std::vector<std::string> made_;
};

/// What a cgroup source reads: of v2 where a controller is there, else of v1.
std::vector<std::string> files_of(const sampling::CgroupFolders& at) {
  std::vector<std::string> out;
  const auto add = [&](const std::optional<std::string>& folder,
                       std::initializer_list<const char*> names) {
    if (!folder) return;
    for (const char* name : names) {
      const std::string path = *folder + "/" + name;
      if (::access(path.c_str(), R_OK) == 0) out.push_back(path);
    }
  };
  add(at.cpuacct, {"cpuacct.usage"});
  add(at.cpu, {"cpu.stat", "cpu.cfs_quota_us", "cpu.cfs_period_us"});
  add(at.memory, {"memory.usage_in_bytes", "memory.limit_in_bytes", "memory.stat"});
  add(at.blkio,
      {"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive"});
  add(at.unified, {"cpu.pressure", "memory.pressure", "io.pressure", "cgroup.procs"});
  if (!at.cpuacct) add(at.unified, {"cpu.stat", "cpu.max"});
  if (!at.memory) {
    add(at.unified, {"memory.current", "memory.stat", "memory.max", "memory.swap.current"});
  }
  if (!at.blkio) add(at.unified, {"io.stat"});
  out.emplace_back("/proc/self/net/dev");
  return out;
}

void open_read_close(const std::string& path) {
  static char buffer[1 << 16];
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  while (::read(file, buffer, sizeof buffer) > 0) {
  }
  ::close(file);
}

void peer_of_cgroup(const std::vector<std::string>& files) {
  for (const std::string& file : files) open_read_close(file);
  struct statvfs disk = {};
  ::statvfs("/", &disk);
}

void peer_of_processes(const std::vector<std::int32_t>& pids) {
  if (DIR* folder = ::opendir("/proc")) {
    while (::readdir(folder) != nullptr) {
    }
    ::closedir(folder);
  }
  for (const std::int32_t pid : pids) {
    const std::string at = "/proc/" + std::to_string(pid) + "/";
    for (const char* name : {"stat", "statm", "io"}) open_read_close(at + name);
  }
  for (const char* name : {"/proc/uptime", "/proc/meminfo", "/proc/self/net/dev"}) {
    open_read_close(name);
  }
  struct statvfs disk = {};
  ::statvfs("/", &disk);
}

double microseconds_each(int samples, const std::function<void()>& once) {
  const double before = cpu_seconds();
  for (int sample = 0; sample < samples; ++sample) once();
  return (cpu_seconds() - before) / samples * 1e6;
}

struct Costs {
  std::vector<double> rounds;
  double best() const { return *std::ranges::min_element(rounds); }
  double median() {
    std::ranges::sort(rounds);
    return rounds[rounds.size() / 2];
  }
};

void compare(const char* name, sampling::Sampler& sampler, const std::function<void()>& peer,
             int rounds, int samples) {
  sampling::History history;
  std::int64_t second = 0;
  // Made once: a function made for each round would be an allocation of this program's.
  const std::function<void()> ours = [&] {
    second += 5;
    history.add(sampler.sample(base::TimePoint(base::seconds(second))));
  };
  for (int warm = 0; warm < 100; ++warm) ours();
  Costs own, others;
  own.rounds.reserve(static_cast<std::size_t>(rounds));
  others.rounds.reserve(static_cast<std::size_t>(rounds));
  const std::size_t before = allocations;
  std::size_t by_peer = 0;
  for (int round = 0; round < rounds; ++round) {
    own.rounds.push_back(microseconds_each(samples, ours));
    const std::size_t now = allocations;
    others.rounds.push_back(microseconds_each(samples, peer));
    by_peer += allocations - now;
  }
  const auto each = static_cast<double>(allocations - before - by_peer) / rounds / samples;
  const double best = own.best(), best_peer = others.best();
  std::printf(
      "%-34s %6.1f us (median %6.1f)   peer %6.1f us (median %6.1f)   ratio %.2f   "
      "%.3f allocations\n",
      name, best, own.median(), best_peer, others.median(), best / best_peer, each);
  if (sampler.problem()) std::printf("  problem: %s\n", sampler.problem()->message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 20;
  const int samples = argc > 2 ? std::max(1, std::atoi(argv[2])) : 500;
  std::vector<std::int32_t> pids;
  for (int count = 0; count < 12; ++count) pids.push_back(sleeper());
  {
    const OwnCgroup cgroup(pids.front());
    const auto files = files_of(cgroup.folders);
    std::printf("cgroups made: %zu; files: %zu and statvfs\n", cgroup.made(), files.size());
    sampling::Sampler of_cgroup(sampling::cgroup_in(cgroup.folders), {});
    compare("a cgroup, network, disk", of_cgroup, [&] { peer_of_cgroup(files); }, rounds, samples);
    sampling::Sampler of_processes(sampling::processes_of({"/proc", pids, ::getpid()}), {});
    compare(
        "12 processes of all in /proc", of_processes, [&] { peer_of_processes(pids); }, rounds,
        samples);
    for (const pid_t pid : pids) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
  }
  std::printf("a sample is %zu bytes, the history of %zu of them %zu kB\n",
              sizeof(sampling::Sample), sampling::kSamplesKept,
              sizeof(sampling::Sample) * sampling::kSamplesKept / 1024);
  return 0;
}
