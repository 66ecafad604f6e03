// HTTP and HTTPS streams: one request, written once for all operations, and what the answer says.
// Redirects are not followed (an answer is an answer), and an operation is one attempt.
//   expected status and body           Ok
//   another answer to GET or HEAD      Fail: Unavailable (502, 503, 504) or Rejected
//   another answer to POST             4xx is Fail; else Info, because something may have happened
//   nothing sent yet                   Fail: Refused, Unreachable, Tls, ConnectTimeout
//   lost or silent after sending       Info: Reset, Timeout
//   an answer that is no HTTP          Info: Protocol
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "probes/link.h"
#include "probes/prober.h"
#include "probes/servers.h"

namespace probes {

struct HttpExchange {
  std::string method = "GET";  // GET, HEAD, POST
  std::string path = "/";
  std::string host;  // the Host header; empty: the address
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                // POST
  std::vector<unsigned> statuses;  // empty: 200 to 299
  std::string body_contains;       // empty: not looked at
  std::string server_header;       // names the server that answered; empty: none does
  std::string term_header;         // a number that grows with every failover; empty: none does
  std::string instance;            // pinned streams: the plan's name of the server
  bool reconnect = true;           // open connections: false pins to those opened at first
};

/// Errors: InvalidArgument for a method, path or header that cannot be sent.
base::Result<std::unique_ptr<Operation>> make_http_operation(LinkTarget target,
                                                             HttpExchange exchange,
                                                             Connections connections,
                                                             ServerTable& servers);

}  // namespace probes
