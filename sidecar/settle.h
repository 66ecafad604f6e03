// Gives back the memory that nobody uses while nothing happens: an application that is asked little
// should not pay for a sidecar that was started or was busy once.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"

namespace sidecar {

/// Two seconds after the start and every half minute from then on, where there were fewer than one
/// request a second in between. `served`: how many there have been. Errors: none.
aio::Task<base::Result<>> settle(aio::Clock& clock, std::function<std::uint64_t()> served,
                                 std::stop_token stop);

}  // namespace sidecar
