// HTTP and HTTPS streams: one request, written once for all operations unless each is signed, and
// what the answer says.
// An operation is one attempt.
//   an answer                          as http_exchange.h judges it
//   nothing sent yet                   Fail: Refused, Unreachable, Tls, ConnectTimeout
//   lost or silent after sending       Info: Reset, Timeout
//   an answer that is no HTTP          Info: Protocol
#pragma once

#include <memory>

#include "probes/http_exchange.h"
#include "probes/prober.h"
#include "probes/servers.h"

namespace probes {

/// Errors: InvalidArgument for a method, path or header that cannot be sent.
base::Result<std::unique_ptr<Operation>> make_http_operation(LinkTarget target,
                                                             HttpExchange exchange,
                                                             Connections connections,
                                                             ServerTable& servers);

}  // namespace probes
