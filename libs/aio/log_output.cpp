#include "aio/log_output.h"

#include <cerrno>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

namespace aio {
namespace {

/// A pipe or a socket, which may be full.
bool can_wait(int descriptor) {
  struct stat found{};
  return fstat(descriptor, &found) == 0 && (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode));
}

/// One whose other end is closed is not: nobody would read it, and writing would raise SIGPIPE.
bool is_writable(int descriptor) {
  pollfd asked{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return poll(&asked, 1, 0) == 1 && asked.revents == POLLOUT;
}

}  // namespace

void LogOutput::write(std::string_view line) {
  const std::scoped_lock hold(mutex_);
  const std::uint64_t lost = lost_.load(std::memory_order_relaxed);
  // In one piece: a pipe of a page that is empty may poll full after a byte.
  std::string text = open_ ? "\n" : "";
  if (lost > told_) text += notice_(lost - told_);
  const std::size_t before = text.size();
  text += line;
  const std::size_t done = put(text);
  if (done >= before) told_ = lost;
  if (done < text.size()) lost_.store(lost + 1, std::memory_order_relaxed);
}

/// How much of it could be written.
std::size_t LogOutput::put(std::string_view text) {
  const bool waits = can_wait(descriptor_);
  std::size_t done = 0;
  while (done < text.size()) {
    if (waits && !is_writable(descriptor_)) break;
    const std::string_view piece = text.substr(done, PIPE_BUF);
    const ssize_t count = ::write(descriptor_, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  if (done > 0) open_ = text[done - 1] != '\n';
  return done;
}

}  // namespace aio
