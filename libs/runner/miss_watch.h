// Says while a drill still runs that its RTO is surely missed: when the lower bound of the outage
// that users see (measurement.md §3) is beyond the objective on a stream that decides. It is sure
// and not early: what is not known yet is not counted, and the verdict is computed from the records
// all the same. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "probes/prober.h"

namespace runner {

class MissWatch {
 public:
  MissWatch(base::Duration rto, base::Duration hold) : rto_(rto), hold_(hold) {}

  /// The lower bound when it is beyond the RTO for the first time; after that nothing any more.
  std::optional<base::Duration> look(const std::vector<probes::StreamStatus>& streams,
                                     base::TimePoint fault_begun, base::TimePoint now);

 private:
  struct Outage {
    base::TimePoint from = base::kNever;
    bool over = false;  // good for as long as the plan wants: nothing after it is this outage
  };
  std::optional<base::Duration> lower_bound(const probes::StreamStatus& stream,
                                            base::TimePoint fault_begun, base::TimePoint now);

  base::Duration rto_, hold_;
  std::map<std::string, Outage> outages_;  // by stream
  bool told_ = false;
};

}  // namespace runner
