// A folder that looks like /proc, for what no test can make a real kernel do: containers, a pause
// process, a pid that is used again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace sampling {

class FakeProc {
 public:
  FakeProc() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-proc-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    uptime(100);
    write("meminfo", "MemTotal: 1000 kB\nMemAvailable: 600 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
    write("stat", "cpu 0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n");
  }
  ~FakeProc() { std::filesystem::remove_all(folder_); }
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;

  const std::string& folder() const { return folder_; }

  /// In place, as a kernel does it: who has the file open sees the new text.
  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::trunc) << text;
  }
  void uptime(int seconds) { write("uptime", std::to_string(seconds) + ".00 0.00\n"); }

  struct Process {
    std::int32_t pid = 0;
    std::int32_t parent = 0;
    std::uint64_t start_ticks = 0;
    std::uint64_t cpu_ticks = 0;
    std::string cgroup = "/../app";
    std::string comm = "app";
  };
  void process(const Process& is) {
    const std::string at = std::to_string(is.pid) + "/";
    write(at + "stat", std::to_string(is.pid) + " (" + is.comm + ") S " +
                           std::to_string(is.parent) + " 1 1 0 -1 0 0 0 0 0 " +
                           std::to_string(is.cpu_ticks) + " 0 0 0 20 0 1 0 " +
                           std::to_string(is.start_ticks) + " 1 1 0\n");
    write(at + "statm", "30 20 5 1 0 1 0\n");
    write(at + "io", "read_bytes: 100\nwrite_bytes: 200\n");
    write(at + "cgroup", "0::" + is.cgroup + "\n");
  }
  void end(std::int32_t pid) { std::filesystem::remove_all(folder_ + "/" + std::to_string(pid)); }

 private:
  std::string folder_;
};

}  // namespace sampling
