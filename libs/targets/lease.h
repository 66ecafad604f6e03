// What a driver is besides, whose effect ends by itself unless it is renewed: a fault that outlives
// nobody. Between apply() and the first undo of a drill it is kept in force.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "aio/task.h"
#include "api/node.h"
#include "base/result.h"

namespace targets {

struct Context;

class Lease {
 public:
  /// Told of a part that is in force no more while others still are, with what was seen.
  using Lost = std::function<void(const std::string& what)>;

  virtual ~Lease() = default;
  /// From the end of apply() on, with what prepare() returned. Returns when it is told to stop.
  /// Errors: nothing of it is in force any more, with what was seen.
  virtual aio::Task<base::Result<>> sustain(Context& context, api::Node params, api::Node undo,
                                            Lost lost, std::stop_token stop) = 0;
};

}  // namespace targets
