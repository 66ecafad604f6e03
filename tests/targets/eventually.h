// Waiting for what other processes do, in tests: nothing announces that a process has forked or
// that a server listens, so it is looked at every millisecond, and never for more than half a
// minute, so that a test whose event does not come fails instead of hanging.
#pragma once

#include <functional>
#include <poll.h>

#include "aio/clock.h"

namespace targets {

/// True as soon as `holds` does, false when it never did.
inline bool eventually(const std::function<bool()>& holds) {
  const base::TimePoint limit = aio::now() + base::seconds(30);
  while (!holds()) {
    if (aio::now() > limit) {
      return false;
    }
    ::poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace targets
