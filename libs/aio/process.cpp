#include "aio/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "aio/deadline.h"
#include "aio/spawn.h"
#include "aio/task_group.h"

namespace aio {

namespace {
using Stream = asio::posix::stream_descriptor;
using boost::system::error_code;

constexpr std::size_t kChunkBytes = 16U << 10U;
constexpr std::size_t kLineBytesMax = 64U << 10U;

struct Output {
  std::string text;
  bool truncated = false;

  void take(const char* bytes, std::size_t count, std::size_t bytes_max) {
    const std::size_t room = bytes_max - std::min(bytes_max, text.size());
    text.append(bytes, std::min(count, room));
    truncated = truncated || count > room;
  }
};

Task<base::Result<>> read_output(Stream& pipe, Output& output, std::size_t bytes_max,
                                 std::stop_token stop) {
  const std::stop_callback wake(stop, [&pipe] { pipe.cancel(); });
  std::vector<char> chunk(kChunkBytes);
  error_code error;
  while (!error && !stop.stop_requested()) {
    const auto got = co_await pipe.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error));
    output.take(chunk.data(), got, bytes_max);
  }
  co_return base::Result<>{};
}

// What the program wrote before it ended is in the pipe; what a daemon that inherited the pipe may
// write later is nobody's output, so that end of file is not waited for.
void drain_output(Stream& pipe, Output& output, std::size_t bytes_max) {
  char chunk[kChunkBytes];
  ssize_t got = 0;
  while ((got = ::read(pipe.native_handle(), chunk, sizeof chunk)) > 0) {
    output.take(chunk, static_cast<std::size_t>(got), bytes_max);
  }
}

Task<base::Result<>> feed_input(Stream& pipe, const std::string& text, std::stop_token stop) {
  const std::stop_callback wake(stop, [&pipe] { pipe.cancel(); });
  error_code error;
  co_await asio::async_write(pipe, asio::buffer(text),
                             asio::redirect_error(asio::use_awaitable, error));
  pipe.close(error);  // a program that does not read its input is no error of ours
  co_return base::Result<>{};
}

/// An event that epoll had ready for the descriptor that had this number before wakes a wait too:
/// Boost.Asio gives its state to the next one.
bool has_ended(Stream& pidfd) {
  pollfd look{pidfd.native_handle(), POLLIN, 0};
  return ::poll(&look, 1, 0) == 1;
}

/// True when the process has ended (not yet reaped), false when stopped first.
Task<bool> wait_exit(Stream& pidfd, std::stop_token stop) {
  const std::stop_callback wake(stop, [&pidfd] { pidfd.cancel(); });
  error_code error;
  while (!error && !stop.stop_requested()) {
    co_await pidfd.async_wait(Stream::wait_read, asio::redirect_error(asio::use_awaitable, error));
    if (!error && has_ended(pidfd)) co_return true;
  }
  co_return false;
}

/// SIGTERM, then SIGKILL to what is left of the group.
Task<void> end_group(Clock& clock, const Spawned& child, Stream& pidfd, base::Duration grace) {
  child.signal(SIGTERM);
  child.signal(SIGCONT);  // a stopped process does not see SIGTERM
  Deadline patience(clock, co_await asio::this_coro::executor, clock.now() + grace, {});
  const bool gone = co_await wait_exit(pidfd, patience.token());
  child.signal(SIGKILL);
  if (!gone) {
    co_await wait_exit(pidfd, {});
  }
}
}  // namespace

std::string ProcessOutcome::summary() const {
  std::string how = timed_out     ? fmt::format("timed out after {}", base::human(took))
                    : signal != 0 ? fmt::format("ended by SIG{}", sigabbrev_np(signal))
                                  : fmt::format("exit code {}", exit_code);
  const std::string& text = err.empty() ? out : err;
  const auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string::npos) {
    return how;
  }
  const auto line_end = text.rfind('\n', end);
  const auto begin = line_end == std::string::npos ? 0 : line_end + 1;
  return how + ": " + text.substr(begin, end - begin + 1);
}

Task<base::Result<ProcessOutcome>> run_process(Clock& clock, Command command,
                                               std::stop_token stop) {
  const auto executor = co_await asio::this_coro::executor;
  const auto began = clock.now();
  if (stop.stop_requested() && !command.argv.empty()) {
    co_return base::fail(base::Code::Cancelled, "stopped before " + command.argv.front());
  }
  CO_TRY(Spawned child, Spawned::start(command, {!command.input.empty(), {}, {}, false}));
  Stream pidfd(executor, child.pidfd.release());
  Stream out_pipe(executor, child.out.release());
  Stream err_pipe(executor, child.err.release());
  Stream in_pipe(executor);
  Output out;
  Output err;
  TaskGroup pumps(executor);
  pumps.spawn(read_output(out_pipe, out, command.output_bytes_max, pumps.token()));
  pumps.spawn(read_output(err_pipe, err, command.output_bytes_max, pumps.token()));
  if (child.input.valid()) {
    in_pipe.assign(child.input.release());
    pumps.spawn(feed_input(in_pipe, command.input, pumps.token()));
  }
  ProcessOutcome outcome;
  {
    Deadline limit(clock, executor, began + command.timeout, stop);
    if (!co_await wait_exit(pidfd, limit.token())) {
      outcome.timed_out = limit.expired();
      co_await end_group(clock, child, pidfd, command.grace);
    }
  }
  pumps.cancel();
  co_await pumps.join();
  drain_output(out_pipe, out, command.output_bytes_max);
  drain_output(err_pipe, err, command.output_bytes_max);
  child.reap(outcome);
  outcome.took = clock.now() - began;
  if (stop.stop_requested() && !outcome.timed_out && outcome.exit_code != 0) {
    co_return base::fail(base::Code::Cancelled, command.argv.front() + " was stopped");
  }
  outcome.truncated = out.truncated || err.truncated;
  outcome.out = std::move(out.text);
  outcome.err = std::move(err.text);
  co_return outcome;
}

struct Child::State {
  State(const Executor& executor, Spawned started)
      : process(std::move(started)), pidfd(executor), out(executor) {
    pidfd.assign(process.pidfd.release());
    if (process.out.valid()) {
      out.assign(process.out.release());
    }
  }
  Spawned process;
  Stream pidfd;
  Stream out;
  std::string unread;
  ProcessOutcome outcome;
};

base::Result<Child> Child::spawn(const Executor& executor, const Command& command, Io io) {
  TRY(Spawned process, Spawned::start(command, {io.lifeline, io.out_file, io.err_file, true}));
  return Child(std::make_unique<State>(executor, std::move(process)));
}

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

pid_t Child::pid() const {
  return state_->process.pid();
}

Task<base::Result<std::string>> Child::read_line(std::stop_token stop) {
  State& state = *state_;
  const std::stop_callback wake(stop, [&state] { state.out.cancel(); });
  std::vector<char> chunk(kChunkBytes);
  while (true) {
    if (const auto end = state.unread.find('\n'); end != std::string::npos) {
      std::string line = state.unread.substr(0, end);
      state.unread.erase(0, end + 1);
      co_return line;
    }
    if (state.unread.size() > kLineBytesMax) {
      co_return base::fail(base::Code::ResourceExhausted, "a line of output is over 64 KiB");
    }
    if (stop.stop_requested()) {
      co_return base::fail(base::Code::Cancelled, "stopped while reading output");
    }
    error_code error;
    const auto got = co_await state.out.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error));
    if (error && !stop.stop_requested()) {
      co_return base::fail(base::Code::Unavailable, "the process closed its output");
    }
    state.unread.append(chunk.data(), got);
  }
}

base::Result<> Child::write_line(std::string_view line) {
  const std::string text = std::string(line) + "\n";
  const auto wrote = ::write(state_->process.input.get(), text.data(), text.size());
  if (wrote != static_cast<ssize_t>(text.size())) {
    return base::fail_errno("cannot write to the process", wrote < 0 ? errno : EAGAIN);
  }
  return {};
}

void Child::signal(int number) {
  state_->process.signal(number);
}

Task<base::Result<ProcessOutcome>> Child::wait(std::stop_token stop) {
  State& state = *state_;
  if (!state.process.reaped()) {
    if (!co_await wait_exit(state.pidfd, stop)) {
      co_return base::fail(base::Code::Cancelled, "stopped while waiting for a process");
    }
    state.process.reap(state.outcome);
  }
  co_return state.outcome;
}

Task<base::Result<ProcessOutcome>> Child::stop(Clock& clock, base::Duration grace) {
  State& state = *state_;
  state.process.input.close();
  if (!state.process.reaped()) {
    co_await end_group(clock, state.process, state.pidfd, grace);
  }
  co_return co_await wait({});
}

std::string own_program() {
  char path[PATH_MAX];
  const auto length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

}  // namespace aio
