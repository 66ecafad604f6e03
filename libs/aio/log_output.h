// Where lines of a log go, without ever waiting for who reads them: a log that nobody reads must
// not stop the program that writes it. The file description may be shared with others, who expect
// it to block, so that O_NONBLOCK is not set on it. Instead nothing is written that would wait: a
// pipe or a socket that polls writable takes PIPE_BUF bytes at once. A line that cannot be written
// is lost and counted, and before the next one that can be, stands one that says how many were.
// Regular files and terminals are written as they are: one that nobody reads makes its writer wait.
// Source: pipe(7), poll(2).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace aio {

/// Thread: any; a line is written whole, or not at all, or, where it is longer than PIPE_BUF and
/// the reader stops in the middle of it, in part: that one counts as lost, too.
class LogOutput {
 public:
  /// The line, with its end, that tells of so many lines that were lost.
  using Notice = std::string (*)(std::uint64_t lost);

  LogOutput(int descriptor, Notice notice) : descriptor_(descriptor), notice_(notice) {}
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  /// `line`: with its end.
  void write(std::string_view line);
  /// How many lines were lost since the beginning.
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  std::size_t put(std::string_view text);

  const int descriptor_;
  const Notice notice_;
  std::atomic<std::uint64_t> lost_{0};
  std::mutex mutex_;
  std::uint64_t told_ = 0;  // guarded by mutex_: how many of those are in the log
  bool open_ = false;       // guarded by mutex_: what is in the log has no end
};

}  // namespace aio
