// What a driver is besides, whose effect ends by itself unless it is renewed: a fault that outlives
// nobody. Between apply() and the first undo of a drill it is kept in force.
#pragma once

#include <stop_token>

#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"

namespace targets {

struct Context;

class Lease {
 public:
  virtual ~Lease() = default;
  /// From the end of apply() on, with what prepare() returned. Returns when it is told to stop.
  /// Errors: it is in force no more, with what was seen.
  virtual aio::Task<base::Result<>> sustain(Context& context, api::Node params, api::Node undo,
                                            std::stop_token stop) = 0;
};

}  // namespace targets
