// The instrument proves itself in every drill (measurement.md §8): a responder in a process of its
// own that refuses and hangs for known random times while the drill runs, and a control target in
// the same process that is always up. Both are probed like the target is.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "aio/clock.h"
#include "drill/evidence.h"
#include "probes/probe_kind.h"
#include "probes/responder_process.h"

namespace runner {

class Reference {
 public:
  /// Starts the responder and awaits its ports.
  static aio::Task<base::Result<std::unique_ptr<Reference>>> start(aio::Clock& clock,
                                                                   std::uint64_t seed,
                                                                   std::stop_token stop);

  /// The reference stream and the control stream.
  base::Result<std::vector<probes::BuiltStream>> streams() const;
  /// Ends the responder and returns the outages that it made.
  aio::Task<base::Result<std::vector<drill::ReferenceOutage>>> finish();

 private:
  Reference(aio::Clock& clock, probes::ResponderProcess process)
      : clock_(clock), process_(std::move(process)) {}

  aio::Clock& clock_;
  probes::ResponderProcess process_;
};

}  // namespace runner
