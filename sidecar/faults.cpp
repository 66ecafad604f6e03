#include "sidecar/faults.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sidecar {
namespace {

auto same_id(const std::string& id) {
  return [&id](const Fault& fault) { return fault.rule.id == id; };
}

}  // namespace

base::Result<Fault> Faults::begin(FaultRule rule, base::TimePoint now, const std::string& by) {
  TRY(Begun begun, put(std::move(rule), now));
  tell(FaultChange::Expired, begun.expired, {});
  if (!begun.renewed) tell(FaultChange::Begun, {begun.fault}, by);
  return std::move(begun.fault);
}

base::Result<Faults::Begun> Faults::put(FaultRule rule, base::TimePoint now) {
  const std::lock_guard hold(lock_);
  if (draining_) return base::fail(base::Code::Unavailable, "the sidecar is draining");
  FaultSet next, expired;
  for (const Fault& fault : *set_) (fault.ends <= now ? expired : next).push_back(fault);
  const auto same = std::ranges::find_if(next, same_id(rule.id));
  if (same != next.end()) {
    if (same->rule != rule) {
      return base::fail(base::Code::AlreadyExists,
                        fmt::format("id: '{}': another fault of that name is in force, of '{}'",
                                    rule.id, same->rule.owner));
    }
    same->ends = now + rule.lease;
    Begun out{*same, true, std::move(expired)};
    publish(std::move(next));
    return out;
  }
  if (next.size() >= kMost) {
    return base::fail(base::Code::ResourceExhausted,
                      fmt::format("{} faults are in force, and more are not allowed", kMost));
  }
  const base::TimePoint ends = now + rule.lease;
  next.push_back({std::move(rule), ++serials_, ends});
  Begun out{next.back(), false, std::move(expired)};
  publish(std::move(next));
  return out;
}

void Faults::tell(FaultChange change, const FaultSet& faults, const std::string& by) const {
  if (!told_) return;
  for (const Fault& fault : faults) told_(change, fault, by);
}

base::Result<FaultSet::iterator> Faults::find(FaultSet& in, const std::string& id,
                                              const std::string& owner, base::TimePoint now) const {
  const auto found = std::ranges::find_if(in, same_id(id));
  if (found == in.end() || found->ends <= now) {
    return base::fail(base::Code::NotFound, fmt::format("no fault '{}' is in force", id));
  }
  if (!owner.empty() && found->rule.owner != owner) {
    return base::fail(
        base::Code::PermissionDenied,
        fmt::format("owner: '{}': fault '{}' is of '{}'", owner, id, found->rule.owner));
  }
  return found;
}

base::Result<Fault> Faults::renew(const std::string& id, const std::string& owner,
                                  base::Duration lease, base::TimePoint now) {
  const std::lock_guard hold(lock_);
  FaultSet next = *set_;
  TRY(const auto found, find(next, id, owner, now));
  found->ends = now + lease;
  Fault out = *found;
  publish(std::move(next));
  return out;
}

base::Result<Fault> Faults::end(const std::string& id, const std::string& owner,
                                base::TimePoint now, const std::string& by) {
  Fault out;
  {
    const std::lock_guard hold(lock_);
    FaultSet next = *set_;
    TRY(const auto found, find(next, id, owner, now));
    out = std::move(*found);
    next.erase(found);
    publish(std::move(next));
  }
  tell(FaultChange::Ended, {out}, by);
  return out;
}

FaultSet Faults::sweep(base::TimePoint now) {
  FaultSet ended;
  {
    const std::lock_guard hold(lock_);
    FaultSet next;
    for (const Fault& fault : *set_) (fault.ends <= now ? ended : next).push_back(fault);
    if (!ended.empty()) publish(std::move(next));
  }
  tell(FaultChange::Expired, ended, {});
  return ended;
}

void Faults::drain() {
  FaultSet ended;
  {
    const std::lock_guard hold(lock_);
    draining_ = true;
    ended = *set_;
    publish({});
  }
  tell(FaultChange::Drained, ended, {});
}

std::shared_ptr<const FaultSet> Faults::set() const {
  const std::lock_guard hold(lock_);
  return set_;
}

/// The lock is held.
void Faults::publish(FaultSet faults) {
  const std::uint64_t version = faults.empty() ? 0 : ++changes_;
  set_ = std::make_shared<const FaultSet>(std::move(faults));
  version_.store(version, std::memory_order_relaxed);
}

const FaultSet* CoreFaults::look() {
  const std::uint64_t version = all_.version();
  if (version == 0) return nullptr;
  if (version != seen_) {
    set_ = all_.set();  // may be newer than `version`: then it is taken once more
    seen_ = version;
  }
  return set_.get();
}

Touch CoreFaults::decide(const Passing& passing, base::TimePoint now, std::uint64_t number,
                         const Touch& before) {
  const FaultSet* faults = look();
  if (faults == nullptr) return {};
  const Touch out = sidecar::decide(*faults, passing, now, number);
  const auto count = [&](std::uint64_t serial, std::uint64_t earlier, FaultKind kind) {
    if (serial != 0 && serial != earlier) figures_.touched[static_cast<std::size_t>(kind)].add();
  };
  count(out.latency, before.latency, FaultKind::Latency);
  count(out.bandwidth, before.bandwidth, FaultKind::Bandwidth);
  count(out.stop, before.stop, out.how);
  return out;
}

bool CoreFaults::in_force(std::uint64_t serial, base::TimePoint now) {
  const FaultSet* faults = look();
  return faults != nullptr && sidecar::in_force(*faults, serial, now);
}

std::string fault_exposition(const Faults& faults, const std::vector<const FaultFigures*>& cores,
                             base::TimePoint now) {
  std::array<std::uint64_t, kFaultKinds> active{};
  for (const Fault& fault : *faults.set()) {
    if (now < fault.ends) ++active[static_cast<std::size_t>(fault.rule.kind)];
  }
  std::string out =
      "# HELP muster_sidecar_faults_active Faults of drills that are in force.\n"
      "# TYPE muster_sidecar_faults_active gauge\n";
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    out += fmt::format("muster_sidecar_faults_active{{kind=\"{}\"}} {}\n",
                       name(static_cast<FaultKind>(i)), active[i]);
  }
  out +=
      "# HELP muster_sidecar_fault_requests_total Requests, in mode tcp connections, that a fault "
      "touched.\n"
      "# TYPE muster_sidecar_fault_requests_total counter\n";
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    std::uint64_t sum = 0;
    for (const FaultFigures* core : cores) sum += core->touched[i].get();
    out += fmt::format("muster_sidecar_fault_requests_total{{kind=\"{}\"}} {}\n",
                       name(static_cast<FaultKind>(i)), sum);
  }
  return out;
}

}  // namespace sidecar
