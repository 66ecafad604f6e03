// Programs of others: started without a shell, in a process group of their own, with bounded
// output, a time limit, and nobody left behind. A pidfd tells the end, so that no signal handler
// and no thread is needed and a reused pid is never signalled.
//   run_process   a command that ends: setup scripts, checks, steps
//   Child         a program that stays: relay, responder, anything with a lifeline on stdin
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"

namespace aio {

struct Command {
  std::vector<std::string> argv;                         // argv[0] is looked up in PATH
  std::vector<std::pair<std::string, std::string>> env;  // added to, or replacing, our own
  std::string cwd;                                       // empty: ours
  std::string input;                                     // written to stdin, then closed
  std::size_t output_bytes_max = 64U << 10U;             // of each stream; the first bytes kept
  base::Duration timeout = base::seconds(30);
  base::Duration grace = base::seconds(5);  // between SIGTERM and SIGKILL
};

struct ProcessOutcome {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;      // 0: exited
  bool timed_out = false;
  bool truncated = false;  // more output than output_bytes_max
  std::string out;
  std::string err;
  base::Duration took{};

  bool ok() const { return exit_code == 0 && !timed_out; }
  /// "exit code 3: last line of stderr", for messages.
  std::string summary() const;
};

/// Runs the command to its end; its whole process group gets SIGTERM at the timeout and SIGKILL
/// `grace` later, and what it left running in its group is killed when it ends by timeout or stop.
/// Errors: NotFound … when it cannot be started. A bad exit is an outcome, not an Error.
/// Cancellation: as the timeout, then Cancelled.
Task<base::Result<ProcessOutcome>> run_process(Clock& clock, Command command, std::stop_token stop);

/// A program that stays. Destroying a Child kills its group and reaps it.
class Child {
 public:
  /// What becomes of its stdout and stderr: a file (appended), or a pipe for lines.
  struct Io {
    std::string out_file;  // empty: a pipe, read by read_line()
    std::string err_file;  // empty: ours
    bool lifeline = true;  // stdin is a pipe that closes when we die; false: /dev/null
  };
  static base::Result<Child> spawn(const Executor& executor, const Command& command, Io io);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  pid_t pid() const;
  /// The next line of stdout, without its end.
  /// Errors: Unavailable at end of output, ResourceExhausted over 64 KiB. Cancellation: Cancelled.
  Task<base::Result<std::string>> read_line(std::stop_token stop);
  /// Writes a line to the lifeline.
  base::Result<> write_line(std::string_view line);
  /// To the process group.
  void signal(int number);
  /// Waits for the end. Cancellation: Cancelled.
  Task<base::Result<ProcessOutcome>> wait(std::stop_token stop);
  /// Closes the lifeline, SIGTERM, SIGKILL after `grace`; reaps.
  Task<base::Result<ProcessOutcome>> stop(Clock& clock, base::Duration grace);

 private:
  struct State;
  explicit Child(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Where the running program lies (/proc/self/exe), to start parts of itself.
std::string own_program();

}  // namespace aio
