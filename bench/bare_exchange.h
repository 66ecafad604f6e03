// The floor under the prober's cost: a bare epoll loop that exchanges the same few bytes with the
// same responder at the same rate, with nothing recorded, parsed or scheduled. What it costs is the
// kernel's and the machine's share; the prober's own is what it costs more.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "net/connection.h"

namespace bench {

struct BareCost {
  std::uint64_t exchanges = 0;
  double cpu_seconds = 0;
  double elapsed_seconds = 0;
};

/// Exchanges "ping" once per `interval` over one open connection for `length`, on this thread.
/// exchanges is 0 when the connection cannot be made.
BareCost bare_exchange(const net::Address& address, base::Duration interval, base::Duration length);

}  // namespace bench
