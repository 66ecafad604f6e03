// Who is primary, how far behind are the standbys: looked at while the drill runs, over connections
// of their own, as an operator would. Feeds the engine (was a standby promoted, is the redundancy
// back), the lag samples that explain an RPO, and the addresses of the final reads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "aio/clock.h"
#include "api/local_system.h"
#include "drill/engine_events.h"
#include "drill/evidence.h"
#include "net/connection.h"
#include "probes/pg_instance.h"

namespace runner {

using InstanceViews = std::map<std::string, probes::PgInstanceView>;

/// How the instances stood before the fault.
struct InstanceBaseline {
  std::string primary;  // empty: none was seen
  std::uint32_t timeline = 0;
  std::size_t standbys = 0;  // streaming
};
InstanceBaseline baseline_of(const InstanceViews& views);

/// Yes: another instance than the first primary takes writes. No: every other one answered and is
/// none. Unknown: one of them did not answer. Pure.
drill::Seen promoted_by(const InstanceViews& views, const InstanceBaseline& baseline);
/// Yes: the primary of now has as many streaming standbys as the first one had. Pure.
drill::Seen redundancy_by(const InstanceViews& views, const InstanceBaseline& baseline);
/// The instance that takes writes now; of two the one on the higher timeline; empty: none.
std::string primary_of(const InstanceViews& views);

class InstanceWatch {
 public:
  /// `system` is resolved; instances without `postgres`, and those of isolated processes, are left
  /// out. `names`: where their host names are looked up; null: as this machine does.
  static base::Result<InstanceWatch> create(aio::Clock& clock, const api::LocalSystem& system,
                                            const std::shared_ptr<net::Names>& names);

  bool empty() const { return names_.empty(); }
  /// Looks at every instance and keeps what it saw.
  aio::Task<base::Result<>> look(std::stop_token stop);
  const InstanceViews& views() const { return views_; }
  /// The state before the fault, kept by this call.
  void keep_baseline() { baseline_ = baseline_of(views_); }
  /// For a recovery, which has not seen how it was.
  void expect(InstanceBaseline baseline) { baseline_ = std::move(baseline); }
  const InstanceBaseline& baseline() const { return baseline_; }
  drill::Seen promoted() const { return promoted_by(views_, baseline_); }
  drill::Seen redundancy() const { return redundancy_by(views_, baseline_); }
  probes::PgInstances& instances() { return *instances_; }
  const std::vector<drill::LagSample>& lag() const { return lag_; }
  const std::vector<drill::InstanceLook>& looks() const { return looks_; }
  /// The instance that was first seen to take writes after the baseline's primary; empty: none.
  const std::string& promoted_to() const { return promoted_to_; }

 private:
  aio::Task<base::Result<>> look_at(std::string name, std::stop_token stop);

  aio::Clock* clock_ = nullptr;
  std::vector<std::string> names_;
  std::shared_ptr<probes::PgInstances> instances_;
  InstanceViews views_;
  InstanceBaseline baseline_;
  std::vector<drill::LagSample> lag_;
  std::vector<drill::InstanceLook> looks_;
  std::string promoted_to_;
};

}  // namespace runner
