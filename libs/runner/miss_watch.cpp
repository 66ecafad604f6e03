#include "runner/miss_watch.h"

#include <algorithm>

namespace runner {

std::optional<base::Duration> MissWatch::lower_bound(const probes::StreamStatus& stream,
                                                     base::TimePoint fault_begun,
                                                     base::TimePoint now) {
  Outage& outage = outages_[stream.info.name];
  if (outage.over) return std::nullopt;
  if (stream.bad_since == base::kNever) {
    const bool back = outage.from != base::kNever && stream.good_since != base::kNever;
    outage.over = back && now - stream.good_since >= hold_;
    return std::nullopt;
  }
  // What was bad before the fault has not begun with it: the first operation after it has.
  if (outage.from == base::kNever) {
    outage.from = std::max(stream.bad_since, fault_begun + stream.info.interval);
  }
  // Nothing invoked before this is still open, so the last of those is known to have been bad.
  const base::TimePoint through = now - stream.info.deadline - stream.info.interval;
  if (through < stream.bad_since) return std::nullopt;
  return through - outage.from;
}

std::optional<base::Duration> MissWatch::look(const std::vector<probes::StreamStatus>& streams,
                                              base::TimePoint fault_begun, base::TimePoint now) {
  if (told_ || fault_begun == base::kNever) return std::nullopt;
  for (const probes::StreamStatus& stream : streams) {
    if (!stream.info.decides) continue;
    const auto lower = lower_bound(stream, fault_begun, now);
    if (!lower || *lower <= rto_) continue;
    told_ = true;
    return lower;
  }
  return std::nullopt;
}

}  // namespace runner
