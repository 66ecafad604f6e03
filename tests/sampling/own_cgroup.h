// A cgroup of a test's own, for tests against the kernel of this machine.
#pragma once

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "sampling/cgroup_places.h"
#include "sampling/kept_file.h"

namespace sampling {

/// A cgroup of the test's own, in every hierarchy in which this process may make one.
class OwnCgroup {
 public:
  explicit OwnCgroup(const std::string& name = "test") {
    const std::string folder_name = "/muster-" + name + "-" + std::to_string(::getpid());
    KeptFile mounted("/proc/self/mountinfo", KeptFile::Shape::Lines);
    KeptFile own("/proc/self/cgroup", KeptFile::Shape::Lines);
    Buffer first;
    Buffer second;
    const auto mounts = parse_cgroup_mounts(mounted.read(first).value_or(""));
    const auto paths = parse_cgroup_paths(own.read(second).value_or(""));
    if (!mounts || !paths) return;
    const CgroupFolders at = cgroup_folders(*paths, *mounts);
    for (const auto* folder : {&at.cpu, &at.cpuacct, &at.memory, &at.blkio, &at.unified}) {
      if (*folder) make(**folder + folder_name);
    }
    if (at.memory) memory = *at.memory + folder_name;
    if (at.cpu) cpu = *at.cpu + folder_name;
  }
  ~OwnCgroup() {
    for (const std::string& folder : made_) ::rmdir(folder.c_str());
  }
  OwnCgroup(const OwnCgroup&) = delete;
  OwnCgroup& operator=(const OwnCgroup&) = delete;

  /// `pid` 0: the caller.
  bool take(pid_t pid) const {
    bool all = !made_.empty();
    for (const std::string& folder : made_) {
      all = put(folder + "/cgroup.procs", std::to_string(pid)) && all;
    }
    return all;
  }
  static bool put(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool done = ::write(file, text.data(), text.size()) > 0;
    ::close(file);
    return done;
  }

  std::string memory;
  std::string cpu;

 private:
  void make(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0755) == 0) made_.push_back(folder);
  }
  std::vector<std::string> made_;
};

}  // namespace sampling
