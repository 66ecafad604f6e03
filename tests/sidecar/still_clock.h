// A clock that stands where the test put it.
#pragma once

#include "aio/clock.h"

namespace sidecar {

class StillClock final : public aio::Clock {
 public:
  base::TimePoint now() const override { return at; }
  base::WallTime wall_now() const override { return {}; }
  std::unique_ptr<aio::Alarm> alarm(const aio::Executor& /*executor*/) override { return nullptr; }

  base::TimePoint at{base::seconds(1000)};
};

}  // namespace sidecar
