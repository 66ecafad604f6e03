// One question over a Unix stream socket, as the admin sockets of HAProxy and of our relays take
// it: connect, write, read until the peer closes or a line is complete.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "base/time.h"

namespace targets {

enum class AnswerEnd {
  Line,   // the first line, without its end
  Close,  // everything until the peer closes
};

/// Errors: Unavailable where nobody listens, DeadlineExceeded, ResourceExhausted over 1 MiB.
/// Cancellation: Cancelled.
aio::Task<base::Result<std::string>> ask_socket(aio::Clock& clock, std::string path,
                                                std::string question, AnswerEnd end,
                                                base::Duration limit, std::stop_token stop);

}  // namespace targets
