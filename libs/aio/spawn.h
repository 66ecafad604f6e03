// The part of aio/process that talks to the kernel: pipes, posix_spawn, pidfd, reaping. No
// coroutine in here.
#pragma once

#include <string>
#include <sys/types.h>

#include "aio/descriptor.h"
#include "aio/process.h"

namespace aio {

/// A process that was started and not yet reaped. Destroying it kills its group and reaps it.
class Spawned {
 public:
  /// What the program gets as its standard streams; the other ends of pipes are non-blocking.
  struct Streams {
    bool input_pipe = false;  // else /dev/null
    std::string out_file;     // empty: a pipe
    std::string err_file;     // empty: see err_ours
    bool err_ours = false;    // true: our stderr; false: a pipe
  };
  static base::Result<Spawned> start(const Command& command, const Streams& streams);

  Spawned() = default;
  Spawned(Spawned&& other) noexcept;
  Spawned& operator=(Spawned&& other) noexcept;
  ~Spawned();

  pid_t pid() const { return pid_; }
  /// To the whole group, while the leader is not reaped: its number cannot be anyone else's.
  void signal(int number) const;
  /// Waits (blocking) for the end that the pidfd has announced, and fills exit code or signal.
  void reap(ProcessOutcome& outcome);
  bool reaped() const { return pid_ <= 0; }

  Descriptor pidfd;
  Descriptor input;
  Descriptor out;
  Descriptor err;

 private:
  pid_t pid_ = 0;
};

}  // namespace aio
