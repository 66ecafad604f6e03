// TCP streams: does the port accept (connect only), does what stands behind it answer (send a text,
// expect a text). Accepting alone says little behind a proxy, which accepts for a dead server too:
// say so in the plan's guide, and send something where the service has an answer.
#pragma once

#include <memory>
#include <string>

#include "probes/link.h"
#include "probes/prober.h"

namespace probes {

struct TcpExchange {
  std::string send;       // empty: nothing
  std::string expect;     // empty: connected is enough (new connections only)
  bool reconnect = true;  // open connections: false pins to those that were opened at first
};

/// Errors: InvalidArgument for an open stream that expects nothing.
base::Result<std::unique_ptr<Operation>> make_tcp_operation(LinkTarget target, TcpExchange exchange,
                                                            Connections connections);

}  // namespace probes
