// A link over a Unix socket of this machine, which nobody but this user can open; and the relay
// that a command in a pod is: what comes on its input goes to the socket, and back, so that whoever
// may run a command there, and nobody else, can talk to what listens.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "runner/link.h"

namespace runner {

/// Errors: Unavailable: nobody listens there; InvalidArgument: a path that is too long.
aio::Task<base::Result<std::unique_ptr<Link>>> connect_unix(std::string path, std::stop_token stop);

/// Called with each connection; when a newer one comes the token of the one before is stopped.
using ServeLink = std::function<aio::Task<>(Link&, std::stop_token)>;
/// Listens at `path`, in whose place a socket of an earlier process may be, until it is stopped.
/// Errors: what the system says of the path.
aio::Task<base::Result<>> serve_unix(std::string path, ServeLink serve, std::stop_token stop);

/// Carries `in` to the socket at `path` and what it answers to `out`, until either side ends.
/// Errors: as connect_unix(); what the system says of the two files.
aio::Task<base::Result<>> relay_unix(std::string path, int in, int out, std::stop_token stop);

}  // namespace runner
