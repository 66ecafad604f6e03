// A database pair behind a proxy, reduced to what a drill can break: two instances a and b with
// roles, timelines and replication, a route, a network in between, and (as with Patroni) someone
// who may fail over by himself. It knows the one thing no real target tells: the truth.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"

namespace sim {

enum class Node : std::uint8_t { A, B };
enum class Route : std::uint8_t { ToA, Nowhere, ToB };

class Target {
 public:
  struct Traits {
    bool automatic = false;           // fails over, routes and rejoins by itself
    bool promotion_fails = false;     // a promotion never succeeds
    bool never_catches_up = false;    // a rejoined replica never follows closely
    bool silent_about_roles = false;  // nobody can ask the instances for their role
  };
  explicit Target(Traits traits) : traits_(traits) {
    nodes_[0].primary = true;
    nodes_[1].following = true;
  }

  // What can be done to it. False: it failed, nothing changed.
  bool kill(Node node);
  bool start(Node node);
  bool freeze(Node node);
  bool thaw(Node node);
  bool cut_off(Node node, bool cut);
  bool promote(Node node);
  bool rejoin(Node node);
  bool route(Route route);
  void kill_proxy() { proxy_ = false; }
  /// The automatic failover, if it is due: the primary has been away long enough.
  void fail_over_by_itself();

  bool responds(Node node) const;
  bool is_primary(Node node) const { return at(node).primary; }
  bool promoted() const { return at(Node::B).timeline > 1; }
  bool service_good() const;
  bool redundant() const;
  /// Everything as it should be: service, replica, nothing cut off or frozen.
  bool whole() const { return service_good() && redundant(); }
  /// An undo brought the old primary back as primary beside a promoted one.
  bool revived_old_primary() const { return revived_; }
  const Traits& traits() const { return traits_; }

  /// To be called after anything was done; keeps since when the service is as it is.
  void touch(base::TimePoint now);
  base::TimePoint service_since() const { return since_; }

 private:
  struct Instance {
    bool running = true, frozen = false, cut = false;
    bool primary = false;  // by its data: the role it starts in
    bool following = false;
    bool close = true;  // its replication lag is small
    int timeline = 1;
  };
  Instance& at(Node node) { return nodes_[static_cast<std::size_t>(node)]; }
  const Instance& at(Node node) const { return nodes_[static_cast<std::size_t>(node)]; }
  static Node other(Node node) { return node == Node::A ? Node::B : Node::A; }
  void follow(Node node);
  void check_revival(Node node);

  Traits traits_;
  std::array<Instance, 2> nodes_;
  Route route_ = Route::ToA;
  bool proxy_ = true;
  bool revived_ = false;
  bool good_ = true;
  base::TimePoint since_{};
};

}  // namespace sim
