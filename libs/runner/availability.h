// What the live counters of the streams say together, for the engine's decisions (when is
// it steady, when is it back). Verdicts never come from here: they are computed from the records.
// Pure.
#pragma once

#include <vector>

#include "drill/engine_events.h"
#include "probes/prober.h"

namespace runner {

struct Availability {
  drill::Service service = drill::Service::Unknown;
  base::TimePoint since{};    // Good or Bad without interruption since
  base::TimePoint through{};  // outcomes of operations invoked until here are known
};

/// Good when the last operation of every deciding stream was good; Bad when one's was not; Unknown
/// while one has not answered yet. Good holds since the last stream turned good, Bad since the
/// first turned bad. What a stream that was stopped saw last is of the past: when no deciding one
/// runs (the ledgers end with the final read), those that run through the service take their place.
Availability availability_of(const std::vector<probes::StreamStatus>& streams, base::TimePoint now);

/// The targets outside the blast radius answer (measurement.md §8): none has been bad for longer
/// than two operations and a deadline. One whose first answer is not in yet is no failure.
bool control_up(const std::vector<probes::StreamStatus>& streams, base::TimePoint now);

}  // namespace runner
