// Waiting for what other processes do, in tests: nothing announces that a process has forked or
// that a server listens, so it is looked at every millisecond, and never for more than half a
// minute, so that a test whose event does not come fails instead of hanging.
#pragma once

#include <functional>

#include <boost/asio/io_context.hpp>

#include "aio/clock.h"
#include "aio/task.h"

namespace targets {

/// True as soon as `holds` does, false when it never did.
inline bool eventually(const std::function<bool()>& holds) {
  boost::asio::io_context context;
  aio::SystemClock clock;
  const base::TimePoint limit = clock.now() + base::seconds(30);
  while (!holds()) {
    if (clock.now() > limit) {
      return false;
    }
    (void)aio::run(context, aio::wait_for(clock, base::millis(1), {}));
  }
  return true;
}

}  // namespace targets
