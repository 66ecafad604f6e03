// Whether somebody takes a TCP connection: for a proof that a network is cut, or is not. Nothing is
// said over a connection that was taken; it is closed at once.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "net/connection.h"

namespace net {

struct DialOutcome {
  bool taken = false;
  std::string detail{};  // why not: "connection refused", "no answer"
};

/// Tries all of them at the same time; what is not there in `limit` has no answer. In their order.
/// Errors: Cancelled.
aio::Task<base::Result<std::vector<DialOutcome>>> dial(aio::Clock& clock,
                                                       std::vector<Address> addresses,
                                                       base::Duration limit, std::stop_token stop);

}  // namespace net
