#include "runner/availability.h"

#include <algorithm>

namespace runner {
namespace {

bool leads_through_service(drill::StreamKind kind) {
  using drill::StreamKind;
  return kind == StreamKind::Ledger || kind == StreamKind::ServiceNew ||
         kind == StreamKind::ServiceOpen || kind == StreamKind::ReadService;
}

/// Whose last operation says how the service is now.
std::vector<const probes::StreamStatus*> judges(const std::vector<probes::StreamStatus>& streams) {
  std::vector<const probes::StreamStatus*> deciding, others;
  for (const probes::StreamStatus& stream : streams) {
    if (!stream.running) continue;
    if (stream.info.decides) deciding.push_back(&stream);
    if (leads_through_service(stream.info.kind)) others.push_back(&stream);
  }
  return deciding.empty() ? others : deciding;
}

}  // namespace

Availability availability_of(const std::vector<probes::StreamStatus>& streams,
                             base::TimePoint now) {
  Availability out;
  out.through = now;
  const auto judging = judges(streams);
  bool unknown = judging.empty();
  base::TimePoint good_since = base::TimePoint::min();
  base::TimePoint bad_since = base::kNever;
  for (const probes::StreamStatus* judge : judging) {
    const probes::StreamStatus& stream = *judge;
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
  } else if (!unknown) {
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
