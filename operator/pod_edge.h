// What a drill's pod reaches the world by: a clock, an API server, the end of its process. main()
// gives the real ones; a simulation gives its own, so that the same programs run there in virtual
// time, where they can be killed or stand still at any request.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"
#include "net/names.h"

namespace op {

class PodEdge {
 public:
  virtual ~PodEdge() = default;
  virtual aio::Clock& clock() = 0;
  virtual aio::Executor executor() = 0;
  /// A client of the API server on an executor: this pod's, or one whose context is run while
  /// everything else waits. Errors: InvalidArgument for a configuration that cannot be used.
  virtual base::Result<std::unique_ptr<kube::Client>> connect(aio::Clock& clock,
                                                              aio::Executor executor,
                                                              kube::ClientOptions options) = 0;
  /// `server`: who knows the plan's host names; empty: as this machine has it.
  virtual base::Result<std::shared_ptr<net::Names>> names(const std::string& server) = 0;
  /// Until the pod is asked to end. Cancellation: Cancelled.
  virtual aio::Task<base::Result<>> asked_to_end(std::stop_token stop) = 0;
  /// Ends the process at once, without undoing anything. Never comes back.
  virtual aio::Task<> leave() = 0;
};

}  // namespace op
