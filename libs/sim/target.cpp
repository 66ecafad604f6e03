#include "sim/target.h"

namespace sim {

bool Target::kill(Node node) {
  at(node).running = false;
  at(node).frozen = false;
  return true;
}

bool Target::start(Node node) {
  Instance& self = at(node);
  if (self.running) return true;
  self.running = true;
  if (traits_.automatic && at(other(node)).primary && at(other(node)).running) {
    follow(node);  // the agent sees that the other one leads
    return true;
  }
  check_revival(node);
  return true;
}

bool Target::freeze(Node node) {
  if (!at(node).running) return false;
  at(node).frozen = true;
  return true;
}

bool Target::thaw(Node node) {
  if (!at(node).frozen) return true;
  at(node).frozen = false;
  if (traits_.automatic && at(other(node)).primary) {
    follow(node);  // its leadership has expired while it was frozen
    return true;
  }
  check_revival(node);
  return true;
}

bool Target::cut_off(Node node, bool cut) {
  at(node).cut = cut;
  if (!cut && traits_.automatic && at(node).timeline < at(other(node)).timeline) follow(node);
  return true;
}

bool Target::promote(Node node) {
  Instance& self = at(node);
  if (traits_.promotion_fails || !self.running || self.frozen) return false;
  if (self.primary) return true;
  self.primary = true;
  self.following = false;
  self.timeline = at(other(node)).timeline + 1;
  return true;
}

bool Target::rejoin(Node node) {
  const Instance& leader = at(other(node));
  if (!leader.running || leader.frozen || !leader.primary) return false;
  follow(node);
  return true;
}

void Target::follow(Node node) {
  Instance& self = at(node);
  const bool already = self.running && self.following && !self.frozen;
  self.running = true;
  self.frozen = false;
  self.primary = false;
  self.following = true;
  self.timeline = at(other(node)).timeline;
  if (!already) self.close = !traits_.never_catches_up;
}

bool Target::route(Route route) {
  if (!proxy_) return false;
  route_ = route;
  return true;
}

void Target::fail_over_by_itself() {
  if (!traits_.automatic || responds(Node::A) || !at(Node::A).primary) return;
  if (responds(Node::B) && !at(Node::B).primary) promote(Node::B);
}

bool Target::responds(Node node) const {
  return at(node).running && !at(node).frozen && !at(node).cut;
}

bool Target::service_good() const {
  if (!proxy_) return false;
  for (const Node node : {Node::A, Node::B}) {
    const bool leads =
        responds(node) && at(node).primary && at(node).timeline >= at(other(node)).timeline;
    const bool routed = traits_.automatic || route_ == (node == Node::A ? Route::ToA : Route::ToB);
    if (leads && routed) return true;
  }
  return false;
}

bool Target::redundant() const {
  for (const Node node : {Node::A, Node::B}) {
    const Instance& leader = at(node);
    const Instance& replica = at(other(node));
    if (responds(node) && responds(other(node)) && leader.primary && !replica.primary &&
        replica.following && replica.close) {
      return true;
    }
  }
  return false;
}

void Target::check_revival(Node node) {
  if (at(node).primary && at(other(node)).primary && at(other(node)).timeline > at(node).timeline) {
    revived_ = true;
  }
}

void Target::touch(base::TimePoint now) {
  if (service_good() == good_) return;
  good_ = !good_;
  since_ = now;
}

}  // namespace sim
