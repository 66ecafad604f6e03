// What a driver is besides, whose effect goes on when whoever began it is gone, as a command in a
// container does. Who undoes in the place of one that died waits for its end, and undoes once more.
#pragma once

#include "api/node.h"
#include "base/time.h"

namespace targets {

class Outliving {
 public:
  virtual ~Outliving() = default;
  /// For how long it may go on, from its begin on.
  virtual base::Duration outlives(const api::Node& params) const = 0;
};

}  // namespace targets
