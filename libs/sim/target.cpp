#include "sim/target.h"

#include <algorithm>

namespace sim {
namespace {

constexpr std::uint32_t kNobody = ~0U;

std::uint32_t bit(std::uint32_t server) {
  return 1U << server;
}

}  // namespace

Target::Target(const Shape& shape, Traits traits)
    : shape_(&shape), traits_(traits), state_(shape.first), first_primary_(kNobody) {
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    if (state_.instances[i].primary) first_primary_ = i;
  }
}

// ---- what is done -------------------------------------------------------------------------

bool Target::perform(const Deed& deed) {
  return is_wait(deed) ? awaited(deed) : change(deed);
}

bool Target::change(const Deed& deed) {
  switch (deed.verb) {
    case Verb::Cut: state_.cut[deed.object] = true; return true;
    case Verb::Heal:
      state_.cut[deed.object] = false;
      for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
        if (shape_->layout.automatic && shape_->layout.instances[i].link == deed.object) wake(i);
      }
      return true;
    case Verb::Set: state_.set[deed.object] = true; return true;
    case Verb::Unset: state_.set[deed.object] = false; return true;
    case Verb::Add:
    case Verb::Remove:
    case Verb::Only:
    case Verb::Routes: return route(deed);
    case Verb::Kill:
    case Verb::Stop:
    case Verb::Suspend:
    case Verb::Continue:
    case Verb::Start: return move_process(deed);
    case Verb::Promote:
    case Verb::Rejoin:
    case Verb::Serve:
    case Verb::Destroy:
    case Verb::Return:
    case Verb::Lay:
    case Verb::Clear: return change_instance(deed);
    default: return true;
  }
}

bool Target::move_process(const Deed& deed) {
  const Layout::Process& process = shape_->layout.processes[deed.object];
  if (deed.verb == Verb::Start) return start(deed.object);
  if (deed.verb == Verb::Suspend && !any_runs(process.roots)) return false;
  for (const std::uint32_t root : process.roots) {
    State::Root& one = state_.roots[root];
    if (deed.verb == Verb::Kill || deed.verb == Verb::Stop) one = {false, false};
    if (deed.verb == Verb::Suspend) one.suspended = one.running;
    if (deed.verb == Verb::Continue) one.suspended = false;
  }
  if (deed.verb != Verb::Continue) return true;
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    const auto& roots = shape_->layout.instances[i].roots;
    if (std::includes(process.roots.begin(), process.roots.end(), roots.begin(), roots.end())) {
      wake(i);
    }
  }
  return true;
}

bool Target::start(std::uint32_t process) {
  const std::vector<std::uint32_t>& roots = shape_->layout.processes[process].roots;
  if (runs(roots)) return true;
  std::vector<std::uint32_t> woken;
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    const Layout::Instance& instance = shape_->layout.instances[i];
    if (!instance.database || instance.roots.empty()) continue;
    if (!std::includes(roots.begin(), roots.end(), instance.roots.begin(), instance.roots.end())) {
      continue;
    }
    if (!state_.instances[i].data) return false;  // a server without its data directory
    if (!runs(instance.roots)) woken.push_back(i);
  }
  for (const std::uint32_t root : roots) state_.roots[root] = {true, false};
  for (const std::uint32_t i : woken) wake(i);
  return true;
}

/// An instance that was away answers again, in the role that its data say.
void Target::wake(std::uint32_t instance) {
  const State::Instance& self = state_.instances[instance];
  if (!self.primary || newest() <= self.timeline) return;
  const std::uint32_t other = leader();
  if (shape_->layout.automatic && other != kNobody && other != instance) {
    follow(instance, other);  // the agent sees that another one leads
  } else {
    revived_ = true;
  }
}

bool Target::change_instance(const Deed& deed) {
  const std::vector<std::uint32_t>& roots = shape_->layout.instances[deed.object].roots;
  State::Instance& self = state_.instances[deed.object];
  switch (deed.verb) {
    case Verb::Promote: return promote(deed.object);
    case Verb::Serve: return serve(deed.object);
    case Verb::Rejoin: {
      const std::uint32_t other = leader();
      if (other == kNobody || other == deed.object) return false;
      follow(deed.object, other);
      return true;
    }
    case Verb::Destroy:
      if (any_runs(roots)) return false;
      self.destroyed |= self.data;
      self.data = false;
      return true;
    case Verb::Return:
      if (!self.destroyed) return true;
      for (const std::uint32_t root : roots) state_.roots[root] = {false, false};
      self.data = true;
      self.destroyed = false;
      return true;
    case Verb::Lay:
      if (any_runs(roots)) return false;
      self.data = true;
      return true;
    default:  // Clear
      for (const std::uint32_t root : roots) state_.roots[root] = {false, false};
      self.data = false;
      return true;
  }
}

bool Target::promote(std::uint32_t instance) {
  State::Instance& self = state_.instances[instance];
  if (traits_.promotion_fails || !self.data) return false;
  const auto& roots = shape_->layout.instances[instance].roots;
  if (!runs(roots)) return false;
  if (self.primary) return true;
  int latest = self.timeline;
  for (const State::Instance& one : state_.instances) latest = std::max(latest, one.timeline);
  self.primary = true;
  self.following = false;
  self.timeline = latest + 1;
  return true;
}

/// A database serves as the recovery leaves it behind the promotion; an application once it runs
/// and is in its services.
bool Target::serve(std::uint32_t instance) {
  const Layout::Instance& self = shape_->layout.instances[instance];
  if (self.database) {
    bool promoted = false, good = true;
    for (const Part& step : shape_->steps) {
      if (promoted && !is_wait(step.deed)) good &= change(step.deed);
      promoted |= step.deed.verb == Verb::Promote;
    }
    return good;
  }
  for (const std::uint32_t root : self.roots) state_.roots[root] = {true, false};
  for (std::uint32_t i = 0; i < state_.ready.size(); ++i) {
    const auto& servers = shape_->layout.services[i].servers;
    for (std::uint32_t server = 0; server < servers.size(); ++server) {
      if (servers[server] == instance && !route({Verb::Add, i, server})) return false;
    }
  }
  return true;
}

void Target::follow(std::uint32_t instance, std::uint32_t other) {
  State::Instance& self = state_.instances[instance];
  const auto& node = shape_->layout.instances[instance].node;
  const bool already = runs(node) && self.following;
  for (const std::uint32_t root : node) state_.roots[root] = {true, false};
  self.primary = false;
  self.following = true;
  self.timeline = state_.instances[other].timeline;
  if (!already) self.close = !traits_.never_catches_up;
}

bool Target::route(const Deed& deed) {
  if (!proxy_) return false;
  std::uint32_t& ready = state_.ready[deed.object];
  if (deed.verb == Verb::Add) ready |= bit(deed.servers);
  if (deed.verb == Verb::Remove) ready &= ~bit(deed.servers);
  if (deed.verb == Verb::Only) ready = bit(deed.servers);
  if (deed.verb == Verb::Routes) ready = deed.servers;
  return true;
}

Deed Target::undo_of(const Deed& deed) const {
  switch (deed.verb) {
    case Verb::Kill: return {Verb::Start, deed.object, 0};
    case Verb::Suspend: return {Verb::Continue, deed.object, 0};
    case Verb::Cut: return {Verb::Heal, deed.object, 0};
    case Verb::Start:
      if (any_runs(shape_->layout.processes[deed.object].roots)) return {};
      return {Verb::Stop, deed.object, 0};
    case Verb::Stop:
      if (!any_runs(shape_->layout.processes[deed.object].roots)) return {};
      return {Verb::Start, deed.object, 0};
    case Verb::Add:
    case Verb::Remove:
    case Verb::Only: return {Verb::Routes, deed.object, state_.ready[deed.object]};
    default: return {};
  }
}

void Target::fail_over_by_itself() {
  if (!shape_->layout.automatic || first_primary_ == kNobody || responds(first_primary_)) return;
  if (leader() != kNobody) return;
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    if (state_.instances[i].following && responds(i)) {
      promote(i);
      return;
    }
  }
}

// ---- how it is ----------------------------------------------------------------------------

bool Target::runs(const std::vector<std::uint32_t>& roots) const {
  return std::all_of(roots.begin(), roots.end(), [this](std::uint32_t root) {
    return state_.roots[root].running && !state_.roots[root].suspended;
  });
}

bool Target::any_runs(const std::vector<std::uint32_t>& roots) const {
  return std::any_of(roots.begin(), roots.end(),
                     [this](std::uint32_t root) { return state_.roots[root].running; });
}

bool Target::all_suspended(const std::vector<std::uint32_t>& roots) const {
  return std::all_of(roots.begin(), roots.end(),
                     [this](std::uint32_t root) { return state_.roots[root].suspended; });
}

bool Target::responds(std::uint32_t instance) const {
  const Layout::Instance& self = shape_->layout.instances[instance];
  return runs(self.roots) && state_.instances[instance].data && !state_.cut[self.link];
}

bool Target::primary_responds() const {
  return first_primary_ == kNobody || responds(first_primary_);
}

int Target::newest() const {
  int out = 0;
  for (const State::Instance& one : state_.instances) {
    if (one.primary) out = std::max(out, one.timeline);
  }
  return out;
}

std::uint32_t Target::leader() const {
  const int timeline = newest();
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    const State::Instance& one = state_.instances[i];
    if (one.primary && one.timeline == timeline && responds(i)) return i;
  }
  return kNobody;
}

bool Target::taken_over() const {
  return first_primary_ != kNobody && newest() > shape_->first.instances[first_primary_].timeline;
}

bool Target::in_force(const Deed& deed) const {
  switch (deed.verb) {
    case Verb::Kill:
    case Verb::Stop: return !any_runs(shape_->layout.processes[deed.object].roots);
    case Verb::Suspend: return all_suspended(shape_->layout.processes[deed.object].roots);
    case Verb::Cut: return state_.cut[deed.object];
    case Verb::Destroy: return !state_.instances[deed.object].data;
    case Verb::Set: return state_.set[deed.object];
    default: return false;
  }
}

/// As before the drill, as far as users notice.
bool Target::at_home() const {
  const auto hit = [this](const Part& fault) { return in_force(fault.deed); };
  if (std::any_of(shape_->faults.begin(), shape_->faults.end(), hit)) return false;
  if (state_.ready != shape_->first.ready) return false;
  return first_primary_ == kNobody || leader() == first_primary_;
}

/// As the recovery leaves it, as far as users notice.
bool Target::elsewhere() const {
  if (shape_->layout.automatic) return taken_over() && leader() != kNobody;
  const bool changes = std::any_of(shape_->steps.begin(), shape_->steps.end(),
                                   [](const Part& step) { return !is_wait(step.deed); });
  return changes && std::all_of(shape_->steps.begin(), shape_->steps.end(),
                                [this](const Part& step) { return as_served(step.deed); });
}

bool Target::as_served(const Deed& deed) const {
  const State& served = shape_->served;
  switch (deed.verb) {
    case Verb::Start:
    case Verb::Stop: {
      const auto& roots = shape_->layout.processes[deed.object].roots;
      return std::all_of(roots.begin(), roots.end(), [&](std::uint32_t root) {
        return state_.roots[root] == served.roots[root];
      });
    }
    case Verb::Add:
    case Verb::Remove:
    case Verb::Only: return state_.ready[deed.object] == served.ready[deed.object];
    case Verb::Promote: return leader() == deed.object;
    case Verb::Lay: return state_.instances[deed.object].data;
    case Verb::Set:
    case Verb::Unset: return state_.set[deed.object] == served.set[deed.object];
    default: return true;
  }
}

bool Target::service_good() const {
  return proxy_ && (at_home() || elsewhere() || whole());
}

bool Target::whole() const {
  return proxy_ && (state_ == shape_->first || (shape_->wrong.empty() && state_ == shape_->last));
}

drill::Seen Target::promoted() const {
  if (traits_.silent_about_roles) return drill::Seen::Unknown;
  bool unknown = false;
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    if (i == first_primary_ || !shape_->layout.instances[i].database) continue;
    if (!responds(i)) {
      unknown = true;
    } else if (state_.instances[i].primary) {
      return drill::Seen::Yes;
    }
  }
  return unknown ? drill::Seen::Unknown : drill::Seen::No;
}

drill::Seen Target::redundancy() const {
  if (first_primary_ == kNobody) return drill::Seen::Yes;
  if (leader() == kNobody) return drill::Seen::Unknown;
  std::size_t now = 0, first = 0;
  for (std::uint32_t i = 0; i < state_.instances.size(); ++i) {
    now += state_.instances[i].following && responds(i) ? 1 : 0;
    first += shape_->first.instances[i].following ? 1 : 0;
  }
  return now >= first ? drill::Seen::Yes : drill::Seen::No;
}

bool Target::awaited(const Deed& deed) const {
  switch (deed.verb) {
    case Verb::AwaitBad: return !service_good();
    case Verb::AwaitGood: return service_good();
    case Verb::AwaitPrimary: return responds(deed.object) && state_.instances[deed.object].primary;
    case Verb::AwaitStandby: return responds(deed.object) && !state_.instances[deed.object].primary;
    case Verb::AwaitCaughtUp:
      return responds(deed.object) && state_.instances[deed.object].following &&
             state_.instances[deed.object].close;
    case Verb::AwaitDown: return !responds(deed.object);
    case Verb::AwaitGone: return !any_runs(shape_->layout.processes[deed.object].roots);
    case Verb::AwaitRunning: return runs(shape_->layout.processes[deed.object].roots);
    case Verb::AwaitSuspended: return all_suspended(shape_->layout.processes[deed.object].roots);
    default: return true;
  }
}

void Target::touch(base::TimePoint now) {
  if (service_good() == good_) return;
  good_ = !good_;
  since_ = now;
}

}  // namespace sim
