#include "aio/spawn.h"

#include <algorithm>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include "aio/signal.h"

extern char** environ;

namespace aio {

namespace {
// posix_spawn's two C structs, freed on every path.
struct Actions {
  Actions() { posix_spawn_file_actions_init(&value); }
  ~Actions() { posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t value{};
};

struct Attributes {
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    // What we ignore or block (SIGPIPE) must not be inherited by programs of others.
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setsigdefault(&value, &all);
    posix_spawnattr_setpgroup(&value, 0);
    posix_spawnattr_setflags(
        &value,
        static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value{};
};

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(command.env.begin(), command.env.end(),
                                      [&](const auto& added) { return added.first == name; });
    if (!replaced) {
      out.emplace_back(text);
    }
  }
  for (const auto& [name, value] : command.env) {
    out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (auto& text : strings) {
    out.push_back(text.data());
  }
  out.push_back(nullptr);
  return out;
}

base::Result<std::pair<Descriptor, Descriptor>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return base::fail_errno("cannot make a pipe", errno);
  }
  return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

void set_nonblocking(const Descriptor& end) {
  ::fcntl(end.get(), F_SETFL, ::fcntl(end.get(), F_GETFL) | O_NONBLOCK);
}

void add_file(Actions& actions, int target, const std::string& path) {
  posix_spawn_file_actions_addopen(&actions.value, target, path.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, S_IRUSR | S_IWUSR | S_IRGRP);
}
}  // namespace

base::Result<Spawned> Spawned::start(const Command& command, const Streams& streams) {
  if (command.argv.empty()) {
    return base::fail(base::Code::InvalidArgument, "a command needs at least a program");
  }
  ignore_sigpipe();
  Actions actions;
  Spawned child;
  Descriptor theirs[3];
  if (streams.input_pipe) {
    TRY(auto ends, make_pipe());
    theirs[0] = std::move(ends.first);
    child.input = std::move(ends.second);
    set_nonblocking(child.input);
    posix_spawn_file_actions_adddup2(&actions.value, theirs[0].get(), STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  const auto output = [&](int target, const std::string& path, Descriptor& ours) -> base::Result<> {
    if (!path.empty()) {
      add_file(actions, target, path);
      return {};
    }
    TRY(auto ends, make_pipe());
    ours = std::move(ends.first);
    theirs[target] = std::move(ends.second);
    set_nonblocking(ours);
    posix_spawn_file_actions_adddup2(&actions.value, theirs[target].get(), target);
    return {};
  };
  TRY(output(STDOUT_FILENO, streams.out_file, child.out));
  if (!streams.err_ours || !streams.err_file.empty()) {
    TRY(output(STDERR_FILENO, streams.err_file, child.err));
  }
  if (!command.cwd.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions.value, command.cwd.c_str());
  }
  // Asio's sockets are not close-on-exec: a server that is started in the middle of a drill would
  // hold the prober's connections and the listeners of its parent for as long as it lives.
  posix_spawn_file_actions_addclosefrom_np(&actions.value, STDERR_FILENO + 1);
  const Attributes attributes;
  auto arguments = command.argv;
  auto environment = environment_of(command);
  const int error =
      posix_spawnp(&child.pid_, command.argv[0].c_str(), &actions.value, &attributes.value,
                   pointers(arguments).data(), pointers(environment).data());
  if (error != 0) {
    child.pid_ = 0;
    return base::fail_errno(fmt::format("cannot start {}", command.argv[0]), error);
  }
  child.pidfd = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0)));
  if (!child.pidfd.valid()) {
    return base::fail_errno("cannot open a pidfd", errno);  // ~Spawned kills and reaps
  }
  return child;
}

Spawned::Spawned(Spawned&& other) noexcept
    : pidfd(std::move(other.pidfd)),
      input(std::move(other.input)),
      out(std::move(other.out)),
      err(std::move(other.err)),
      pid_(std::exchange(other.pid_, 0)) {}

Spawned& Spawned::operator=(Spawned&& other) noexcept {
  std::swap(pidfd, other.pidfd);
  std::swap(input, other.input);
  std::swap(out, other.out);
  std::swap(err, other.err);
  std::swap(pid_, other.pid_);
  return *this;
}

Spawned::~Spawned() {
  if (!reaped()) {
    signal(SIGKILL);
    ProcessOutcome ignored;
    reap(ignored);
  }
}

void Spawned::signal(int number) const {
  if (!reaped()) {
    ::kill(-pid_, number);
  }
}

void Spawned::reap(ProcessOutcome& outcome) {
  siginfo_t info{};
  int got = 0;
  do {
    got = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
  } while (got != 0 && errno == EINTR);
  pid_ = 0;
  if (got == 0 && info.si_code == CLD_EXITED) {
    outcome.exit_code = info.si_status;
  } else if (got == 0) {
    outcome.signal = info.si_status;
  }
}

}  // namespace aio
