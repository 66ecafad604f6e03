// Killing a process for certain, and only the right one.
//
// A process is named by its pid and its start time (field 22 of /proc/PID/stat): pids are reused,
// pairs are not. A signal goes through a pidfd that was checked against the start time after it was
// opened, so it reaches the process that was meant or nobody.
//
// A tree is found by parent ids, not by sessions or groups: PostgreSQL and Patroni give children
// sessions of their own. Each member is suspended before its children are read, and the reading is
// repeated until it shows no new one: what is suspended cannot fork, so nothing escapes between the
// last reading and the SIGKILL. A zombie counts as gone: it runs nothing and holds nothing.
// What was orphaned before (its parent ended earlier) has left the tree; a system names such
// processes by pid files of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"

namespace targets {

struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot, in clock ticks
  bool operator==(const ProcessId&) const = default;
};

enum class ProcessState { Running, Stopped, Gone };
const char* name(ProcessState state);

/// What /proc/PID/stat says of a process.
struct ProcessStat {
  ProcessId id;
  pid_t parent = 0;
  pid_t session = 0;
  char state = '?';  // R, S, D, T, t, Z, X …
};
/// Reads the text of a /proc/PID/stat, whose program name may hold blanks and parentheses.
std::optional<ProcessStat> parse_stat(std::string_view text);

/// The living process with this pid; nullopt: there is none, or it is a zombie.
std::optional<ProcessId> identify(pid_t pid);
ProcessState state_of(const ProcessId& id);
/// The pid on the first line of a pid file (postmaster.pid has more lines).
/// Errors: NotFound where there is no file, DataLoss where its first line is no pid.
base::Result<pid_t> read_pid_file(const std::string& path);
/// The living descendants by one reading of /proc, parents before children, without the roots.
std::vector<ProcessId> descendants(const std::vector<ProcessId>& roots);

/// The living processes whose environment holds "NAME=VALUE" while that of their session's leader
/// does not: commands that were given it, without the servers that made sessions of their own.
std::vector<ProcessId> commands_with(const std::string& assignment);

/// Sends a signal. True: delivered; false: that process is gone.
/// Errors: PermissionDenied.
base::Result<bool> send_signal(const ProcessId& id, int signal);
/// SIGSTOP to the roots and all descendants, in the order described above; what it suspended or
/// found suspended, the roots first.
base::Result<std::vector<ProcessId>> freeze_tree(const std::vector<ProcessId>& roots);
/// Kills frozen processes and waits until every one is gone.
/// Errors: DeadlineExceeded naming the survivors after `limit`. Cancellation: Cancelled.
aio::Task<base::Result<>> kill_all(aio::Clock& clock, std::vector<ProcessId> processes,
                                   base::Duration limit, std::stop_token stop);

/// "a 1234, 1235": for messages.
std::string list_of(const std::vector<ProcessId>& processes);

}  // namespace targets
