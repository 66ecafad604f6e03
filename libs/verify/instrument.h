// Whether the instrument proved itself (measurement.md §7): known outages inside their bounds, the
// control up, silences, steps of the wall clock.
#pragma once

#include <vector>

#include "verify/outages.h"

namespace verify {

struct KnownOutage {
  const drill::ReferenceOutage* known = nullptr;
  Interval users, service;
  bool contained = false;
};

struct Instrument {
  std::vector<KnownOutage> known;
  bool control_up = true;
  bool healthy = true;
  std::vector<drill::Stall> stalls;  // the prober's own list and the silences, in order
  std::vector<Duration> wall_steps;
};

/// [from, until]: the outage that is judged; kNever: none.
Instrument check_instrument(const drill::Evidence& evidence, const std::vector<Stream>& streams,
                            const std::vector<drill::Stall>& silences, TimePoint from,
                            TimePoint until);

}  // namespace verify
