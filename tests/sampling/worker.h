// A child process that does known amounts of work when it is told to, and says what the kernel
// counted for it. It and its test wait for each other by pipes, and for nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace sampling {

class Worker {
 public:
  Worker();
  ~Worker();  // ends it and waits
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  pid_t pid() const { return pid_; }

  /// Uses so much CPU time. Returns: what getrusage says it used in all, in seconds.
  double burn(double seconds);
  /// Has a child use so much CPU time, which stays until end_child().
  void start_child(double seconds);
  void child_burns(double seconds);
  void end_child();
  /// Writes to new private memory.
  void allocate(std::size_t bytes);
  /// Writes to a new file and waits until it is on the disk.
  void write_file(const std::string& path, std::size_t bytes);
  /// What getrusage says it used in all, in seconds.
  double used();

 private:
  struct Order {
    char what = 0;
    double amount = 0;
    char path[256] = {};
  };
  double tell(char what, double amount, const std::string& path = "");
  static void serve(int orders, int answers);
  static void carry_out(const Order& order);

  pid_t pid_ = -1;
  int orders_ = -1;
  int answers_ = -1;
};

/// Units: seconds of user and system time of this process.
double cpu_used();

}  // namespace sampling
