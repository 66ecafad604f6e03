// The log of a container, as `kubectl logs` reads it: once, up to a number of bytes, or line by
// line as it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"
#include "kube/client.h"

namespace kube {

struct LogQuery {
  std::string container{};                   // empty: the pod's only one
  std::optional<std::int64_t> tail_lines{};  // the last ones alone
  std::optional<base::WallTime> since{};     // what was written after it
  bool previous = false;                     // of the container that ran before this one
  bool timestamps = false;                   // each line begins with its time
};

struct LogText {
  std::string text;
  bool truncated = false;  // there was more
};

/// The first `bytes_max` bytes of what the query asks for.
/// Errors: NotFound (the pod), InvalidArgument (the container, or it has not started), and as
/// Client::send().
aio::Task<base::Result<LogText>> read_log(Client& client, Key pod, LogQuery query,
                                          std::size_t bytes_max, std::stop_token stop);

/// Each line, without its end, as it comes; `line` says false when it has enough. Ends in order
/// when the container ends. Whoever must miss nothing asks for timestamps and, after an error,
/// goes on `since` the last one.
/// Errors: as read_log(); ResourceExhausted: a line of more than 16 MiB; Unavailable when the
/// connection breaks. Deadlines are the caller's: a log may be silent for days.
aio::Task<base::Result<>> follow_log(Client& client, Key pod, LogQuery query,
                                     std::function<bool(std::string_view)> line,
                                     std::stop_token stop);

}  // namespace kube
