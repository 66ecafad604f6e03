#include "targets/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <map>
#include <memory>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "aio/file.h"

namespace targets {
namespace {

constexpr auto kPollEvery = base::millis(1);

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

// The n-th blank-separated word, counted from 0.
std::string_view word(std::string_view text, int n) {
  for (; n > 0; --n) {
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) {
      return {};
    }
    text.remove_prefix(blank + 1);
  }
  return text.substr(0, text.find_first_of(" \n"));
}

std::optional<ProcessStat> stat_of(pid_t pid) {
  const Descriptor file(::open(fmt::format("/proc/{}/stat", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return std::nullopt;
  }
  std::array<char, 2048> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  return size <= 0 ? std::nullopt
                   : parse_stat(std::string_view(text.data(), static_cast<std::size_t>(size)));
}

bool is_dead(char state) {
  return state == 'Z' || state == 'X' || state == 'x';
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> all;
  const std::unique_ptr<DIR, CloseDir> proc(::opendir("/proc"));
  while (const dirent* entry = proc ? ::readdir(proc.get()) : nullptr) {
    const auto pid = number_of<pid_t>(std::string_view(entry->d_name));
    if (!pid) {
      continue;
    }
    if (const auto stat = stat_of(*pid); stat && !is_dead(stat->state)) {
      all.push_back(*stat);
    }
  }
  return all;
}

// Unreadable: it belongs to somebody else, or it is gone.
bool has_in_environment(pid_t pid, const std::string& assignment) {
  const auto text = aio::read_file(fmt::format("/proc/{}/environ", pid));
  return text && ('\0' + *text).find('\0' + assignment + '\0') != std::string::npos;
}

bool contains(const std::vector<ProcessId>& all, const ProcessId& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::vector<ProcessId> living(const std::vector<ProcessId>& processes) {
  std::vector<ProcessId> left;
  std::copy_if(processes.begin(), processes.end(), std::back_inserter(left),
               [](const ProcessId& id) { return state_of(id) != ProcessState::Gone; });
  return left;
}

}  // namespace

const char* name(ProcessState state) {
  switch (state) {
    case ProcessState::Running: return "Running";
    case ProcessState::Stopped: return "Stopped";
    case ProcessState::Gone: return "Gone";
  }
  return "Gone";
}

std::optional<ProcessStat> parse_stat(std::string_view text) {
  // "12 (a) b) R 1 …": the name ends at the last parenthesis.
  const auto open = text.find(" (");
  const auto close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return std::nullopt;
  }
  const auto pid = number_of<pid_t>(text.substr(0, open));
  const std::string_view rest = text.substr(close + 2);
  const std::string_view state = word(rest, 0);
  const auto parent = number_of<pid_t>(word(rest, 1));
  const auto start = number_of<std::uint64_t>(word(rest, 19));
  if (!pid || !parent || !start || state.size() != 1) {
    return std::nullopt;
  }
  const auto session = number_of<pid_t>(word(rest, 3));
  return ProcessStat{{*pid, *start}, *parent, session.value_or(0), state.front()};
}

std::optional<ProcessId> identify(pid_t pid) {
  const auto stat = stat_of(pid);
  if (!stat || is_dead(stat->state)) {
    return std::nullopt;
  }
  return stat->id;
}

ProcessState state_of(const ProcessId& id) {
  const auto stat = stat_of(id.pid);
  if (!stat || is_dead(stat->state) || stat->id != id) {
    return ProcessState::Gone;
  }
  return stat->state == 'T' ? ProcessState::Stopped : ProcessState::Running;
}

base::Result<pid_t> read_pid_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    return base::fail_errno(path, errno);
  }
  std::array<char, 64> text{};
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) {
    return base::fail_errno(path, errno);
  }
  std::string_view line(text.data(), static_cast<std::size_t>(size));
  line = line.substr(0, line.find('\n'));
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  const auto pid = number_of<pid_t>(line);
  if (!pid || *pid <= 1) {
    return base::fail(base::Code::DataLoss,
                      fmt::format("pid file {}: its first line '{}' is no process id", path, line));
  }
  return *pid;
}

std::vector<ProcessId> descendants(const std::vector<ProcessId>& roots) {
  std::multimap<pid_t, ProcessId> children;
  for (const ProcessStat& stat : all_processes()) {
    children.emplace(stat.parent, stat.id);
  }
  std::vector<ProcessId> found = living(roots);
  const std::size_t first = found.size();
  for (std::size_t next = 0; next < found.size(); ++next) {
    const auto [begin, end] = children.equal_range(found[next].pid);
    for (auto child = begin; child != end; ++child) {
      if (!contains(found, child->second)) {
        found.push_back(child->second);
      }
    }
  }
  found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(first));
  return found;
}

std::vector<ProcessId> commands_with(const std::string& assignment) {
  std::vector<ProcessId> found;
  for (const ProcessStat& stat : all_processes()) {
    if (stat.id.pid == ::getpid() || !has_in_environment(stat.id.pid, assignment)) continue;
    if (stat.session == stat.id.pid || has_in_environment(stat.session, assignment)) continue;
    found.push_back(stat.id);
  }
  return found;
}

base::Result<bool> send_signal(const ProcessId& id, int signal) {
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0U)));
  if (process.get() < 0) {
    if (errno == ESRCH || errno == EINVAL) {
      return false;
    }
    return base::fail_errno(fmt::format("process {}", id.pid), errno);
  }
  // Checked after the open: from here on the descriptor cannot come to mean another process.
  if (state_of(id) == ProcessState::Gone) {
    return false;
  }
  if (::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0U) == 0) {
    return true;
  }
  if (errno == ESRCH) {
    return false;
  }
  return base::fail_errno(fmt::format("signal {} to process {}", signal, id.pid), errno);
}

base::Result<std::vector<ProcessId>> freeze_tree(const std::vector<ProcessId>& roots) {
  std::vector<ProcessId> frozen;
  std::vector<ProcessId> fresh = living(roots);
  while (!fresh.empty()) {
    for (const ProcessId& id : fresh) {
      TRY(send_signal(id, SIGSTOP));
      frozen.push_back(id);
    }
    fresh = descendants(frozen);
    std::erase_if(fresh, [&](const ProcessId& id) { return contains(frozen, id); });
  }
  return frozen;
}

aio::Task<base::Result<>> kill_all(aio::Clock& clock, std::vector<ProcessId> processes,
                                   base::Duration limit, std::stop_token stop) {
  for (const ProcessId& id : processes) {
    CO_TRY(send_signal(id, SIGKILL));
  }
  const base::TimePoint deadline = clock.now() + limit;
  for (;;) {
    const std::vector<ProcessId> left = living(processes);
    if (left.empty()) {
      co_return base::Result<>{};
    }
    if (clock.now() >= deadline) {
      co_return base::fail(
          base::Code::DeadlineExceeded,
          fmt::format("still there {} after SIGKILL: {}", base::human(limit), list_of(left)));
    }
    if (!co_await aio::wait_for(clock, kPollEvery, stop)) {
      co_return base::fail(base::Code::Cancelled, "waiting for killed processes to end");
    }
  }
}

std::string list_of(const std::vector<ProcessId>& processes) {
  std::string text;
  for (const ProcessId& id : processes) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", id.pid);
  }
  return text;
}

}  // namespace targets
