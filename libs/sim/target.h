// The system of a plan, reduced to what a drill can break: processes, databases with roles and
// timelines, routes, links, switches, and (as with Patroni) someone who may fail over by himself.
// It knows the one thing no real target tells: the truth.
#pragma once

#include "base/time.h"
#include "drill/engine_events.h"
#include "sim/shape.h"

namespace sim {

class Target {
 public:
  struct Traits {
    bool promotion_fails = false;     // a promotion never succeeds
    bool never_catches_up = false;    // a rejoined replica never follows closely
    bool silent_about_roles = false;  // nobody can ask the instances for their role
  };
  /// Lifetime: the shape outlives it.
  Target(const Shape& shape, Traits traits);

  /// Does it; false: it failed, nothing changed. Waits: whether what they wait for holds.
  bool perform(const Deed& deed);
  /// What would put the deed back, seen from how things stand now.
  Deed undo_of(const Deed& deed) const;
  /// Whether it is as the deed leaves it.
  bool in_force(const Deed& deed) const;
  void kill_proxy() { proxy_ = false; }
  /// The automatic failover, if the primary is away.
  void fail_over_by_itself();

  bool primary_responds() const;
  bool service_good() const;
  /// What can be seen of the instances, as runner::InstanceWatch does.
  drill::Seen promoted() const;
  drill::Seen redundancy() const;
  /// As at first or, after a promotion, as the plan leaves it.
  bool whole() const;
  /// Whether another instance than the first primary leads: the truth.
  bool taken_over() const;
  /// An undo brought the old primary back as primary beside a promoted one.
  bool revived_old_primary() const { return revived_; }
  const State& state() const { return state_; }
  const Traits& traits() const { return traits_; }

  /// To be called after anything was done; keeps since when the service is as it is.
  void touch(base::TimePoint now);
  base::TimePoint service_since() const { return since_; }

 private:
  bool change(const Deed& deed);
  bool move_process(const Deed& deed);
  bool change_instance(const Deed& deed);
  bool route(const Deed& deed);
  bool awaited(const Deed& deed) const;
  bool start(std::uint32_t process);
  bool runs(const std::vector<std::uint32_t>& roots) const;
  bool any_runs(const std::vector<std::uint32_t>& roots) const;
  bool all_suspended(const std::vector<std::uint32_t>& roots) const;
  bool responds(std::uint32_t instance) const;
  std::uint32_t leader() const;  // that responds; kNobody: none
  int newest() const;            // timeline of any primary
  void follow(std::uint32_t instance, std::uint32_t leader);
  void wake(std::uint32_t instance);
  bool promote(std::uint32_t instance);
  bool serve(std::uint32_t instance);
  bool at_home() const;
  bool elsewhere() const;
  bool as_served(const Deed& deed) const;

  const Shape* shape_;
  Traits traits_;
  State state_;
  std::uint32_t first_primary_;
  bool proxy_ = true;
  bool revived_ = false;
  bool good_ = true;
  base::TimePoint since_{};
};

}  // namespace sim
