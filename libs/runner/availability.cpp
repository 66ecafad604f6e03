#include "runner/availability.h"

#include <algorithm>

namespace runner {

Availability availability_of(const std::vector<probes::StreamStatus>& streams,
                             base::TimePoint now) {
  Availability out;
  out.through = now;
  bool any = false;
  bool unknown = false;
  base::TimePoint good_since = base::TimePoint::min();
  base::TimePoint bad_since = base::kNever;
  for (const probes::StreamStatus& stream : streams) {
    if (!stream.info.decides) continue;
    any = true;
    // An operation is bad from its deadline on, so nothing invoked before that is still open.
    out.through = std::min(out.through, now - stream.info.deadline);
    if (stream.bad_since != base::kNever) {
      bad_since = std::min(bad_since, stream.bad_since);
    } else if (stream.good_since != base::kNever) {
      good_since = std::max(good_since, stream.good_since);
    } else {
      unknown = true;
    }
  }
  if (bad_since != base::kNever) {
    out.service = drill::Service::Bad;
    out.since = bad_since;
  } else if (any && !unknown) {
    out.service = drill::Service::Good;
    out.since = good_since;
  }
  return out;
}

bool control_up(const std::vector<probes::StreamStatus>& streams, base::TimePoint now) {
  return std::none_of(streams.begin(), streams.end(), [now](const probes::StreamStatus& stream) {
    if (stream.info.kind != drill::StreamKind::Control) return false;
    if (stream.bad_since == base::kNever) return false;
    return now - stream.bad_since > 2 * stream.info.interval + stream.info.deadline;
  });
}

}  // namespace runner
