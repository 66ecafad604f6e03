// The instrument proves itself in every drill (measurement.md §8): a responder in a process of its
// own that refuses and hangs for known random times while the drill runs, and a control target in
// the same process that is always up. Their streams are probed like the target's.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "aio/clock.h"
#include "aio/process.h"
#include "drill/evidence.h"
#include "probes/probe_kind.h"
#include "runner/state_dir.h"

namespace runner {

class Reference {
 public:
  /// Starts the responder and awaits its ports.
  static aio::Task<base::Result<std::unique_ptr<Reference>>> start(aio::Clock& clock,
                                                                   aio::Executor executor,
                                                                   DrillDir dir,
                                                                   base::Duration deadline,
                                                                   std::stop_token stop);
  virtual ~Reference() = default;

  /// The reference stream and the control stream.
  virtual std::vector<probes::BuiltStream> streams(base::Duration deadline) = 0;
  /// Ends the responder and returns the outages that it made.
  virtual aio::Task<std::vector<drill::ReferenceOutage>> finish() = 0;
};

}  // namespace runner
