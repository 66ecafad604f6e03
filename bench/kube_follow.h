// Following objects against the clock: what kube_runtime.py measures on a server that plays its
// part (bench/watch_server.py).
#pragma once

#include "kube_objects.h"

namespace bench {

/// From exec to the first reconcile. `launched`: the wall clock just before exec.
aio::Task<base::Result<>> first(Session& with, base::WallTime launched);
/// From the stamp in an object to its reconcile, until an object says that it is the last.
aio::Task<base::Result<>> events(Session& with);
/// Memory with a whole copy, after all updates, and after a forced list.
aio::Task<base::Result<>> churn(Session& with);

}  // namespace bench
