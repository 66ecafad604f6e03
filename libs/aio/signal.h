// SIGINT and SIGTERM as an await, so that an interrupted drill undoes everything before it exits.
#pragma once

#include <stop_token>
#include <vector>

#include "aio/task.h"
#include "base/result.h"

namespace aio {

/// Waits for one of the signals and returns its number. Cancellation: Cancelled.
Task<base::Result<int>> wait_signal(std::vector<int> numbers, std::stop_token stop);

/// Writes to a peer that is gone give EPIPE instead of ending the process. Called once by main().
void ignore_sigpipe();

}  // namespace aio
