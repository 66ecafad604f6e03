// The stream of a session probe: sessions that are made before the fault and carried on after it,
// in turn, each operation over a connection of its own. Turn k is of session (k - 1) mod
// `sessions`. A session that is not made yet is made by the login, whose cookies it keeps; one that
// is made is carried on, and never made again.
//   answer to the login                as http_exchange.h judges it; good, but without a cookie:
//                                      Info: Rejected, and the session is not made
//   to carrying on: the wanted one     Ok
//   401, 403, 404, a redirect, or a
//   good status without the text       Fail: Rejected: the server does not know the session
//   any other                          Unavailable: Fail, or Info after a POST that was no 4xx
//   no answer                          as http_stream.h
//   while its login is under way       Fail: Blocked, and nothing is sent
// Every record has the session's number as its value.
#pragma once

#include <memory>

#include "probes/http_exchange.h"
#include "probes/operation.h"

namespace probes {

/// `$session` in path, body and expected text is the session's number, from 0.
struct SessionExchange {
  HttpExchange login;
  HttpExchange carry_on;
  std::uint64_t sessions = 1;
};

/// Errors: InvalidArgument for no sessions, or a request that cannot be sent.
base::Result<std::unique_ptr<Operation>> make_session_operation(LinkTarget target,
                                                                SessionExchange exchange);

}  // namespace probes
