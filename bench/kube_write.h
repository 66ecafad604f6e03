// Writing against the clock: what kube_runtime.py measures on a real API server.
#pragma once

#include <string>

#include "kube_objects.h"

namespace bench {

/// The CPU of server-side applies of the status of Deployments, one after the other. `followed`:
/// with a copy of them that sees each write come back.
aio::Task<base::Result<>> apply(Session& with, int count, bool followed);
/// A candidate for a Lease: says when it waits for another, when it leads and when it has given the
/// Lease back, which it does when it is asked to end.
aio::Task<base::Result<>> elect(Session& with, std::string lease, std::string identity,
                                base::Duration duration);

}  // namespace bench
