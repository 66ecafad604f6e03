// Looks every second whether the application takes a connection, for /readyz. An application that
// listens in one family only is found there, and asked there first from then on.
#pragma once

#include <stop_token>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "sidecar/places.h"
#include "sidecar/readiness.h"

namespace sidecar {

/// Until it is stopped. Lifetime: clock and readiness outlive it.
aio::Task<base::Result<>> look_after_upstream(aio::Clock& clock, Places places, Readiness& ready,
                                              std::stop_token stop);

}  // namespace sidecar
