// Leader election over a real Lease: the driver of kube::Lease. It watches the Lease, so that one
// that was given back is taken at once, and writes with the version that the decision was based on;
// its requests have connections of their own, so that no load delays a renewal.
//
//   LeaderElection election(clock, client, {"muster-system", "operator"}, {.identity = pod});
//   election.on_lead = [&](std::uint32_t epoch) { begin(); };
//   election.on_lost = [&](const std::string& why) { end(); };
//   co_await election.run(stop);  // until the lease is given back
//
// Law: leads() is true in at most one candidate at any moment, however late on_lost is told.
// Whoever writes as a leader asks leads() right before the request.
// Needs the verbs get, list, watch, create and patch on leases of the namespace.
// Source: kube/lease.h; the Lease of coordination.k8s.io/v1.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "aio/clock.h"
#include "aio/task.h"
#include "base/result.h"
#include "kube/client.h"
#include "kube/key.h"
#include "kube/lease.h"

namespace kube {

/// Errors: InvalidArgument: no Lease.
base::Result<LeaseRecord> parse_lease(std::string_view json);
/// A Lease to create, or a merge patch of the one of `record.version`, which leaves alone what
/// others keep in it.
std::string lease_json(const Key& key, const LeaseRecord& record);

class LeaderElection {
 public:
  /// Lifetime: clock and client outlive run(). Thread: the client's executor.
  LeaderElection(aio::Clock& clock, Client& client, Key lease, LeaseConfig config);
  ~LeaderElection();
  LeaderElection(const LeaderElection&) = delete;
  LeaderElection& operator=(const LeaderElection&) = delete;

  std::function<void(std::uint32_t epoch)> on_lead;
  std::function<void(const std::string& why)> on_lost;
  /// Awaited after a stop: ends when all work of the leader has ended. Until then the lease is
  /// renewed, then it is given back.
  std::function<aio::Task<>()> before_release;

  /// Until stopped and given back. Errors: InvalidArgument of the configuration.
  aio::Task<base::Result<>> run(std::stop_token stop);

  /// Now, by the clock.
  bool leads() const;
  /// Who holds the lease, as far as is known; empty: nobody.
  std::string holder() const;
  /// Why the lease could not be read or written the last time; empty: it could.
  std::string problem() const;

 private:
  class Driver;
  std::unique_ptr<Driver> driver_;
};

}  // namespace kube
