#include "sim/scenario.h"

#include <array>

namespace sim {

namespace {

using drill::PartConfig;
using drill::Undo;

constexpr std::array kScenarios = {"Failover",       "Observed",       "Network",   "Stop",
                                   "PromotionFails", "NeverCatchesUp", "ProxyDies", "DiskFull",
                                   "ClockJumps",     "RolesUnknown"};
constexpr std::array kDeeds = {"None",     "KillA",   "StartA",       "FreezeA",      "ThawA",
                               "CutA",     "UncutA",  "RouteNowhere", "RouteToA",     "RouteToB",
                               "PromoteB", "RejoinA", "AwaitADown",   "AwaitBPrimary"};

PartConfig part_config(const char* name, const char* phase, Undo undo, bool changes = true) {
  PartConfig part;
  part.name = name;
  part.phase = phase;
  part.undo = undo;
  part.changes_target = changes;
  part.timeout = base::seconds(20);
  return part;
}

void add_fault(Script& script, Scenario scenario) {
  const bool network = scenario == Scenario::Network;
  PartConfig fault = part_config("primary-fails", "", network ? Undo::Always : Undo::IfNotPromoted);
  fault.targets = {"a"};
  script.config.faults.push_back(fault);
  if (network) {
    script.faults.push_back({Deed::CutA, Deed::UncutA});
  } else if (scenario == Scenario::Stop) {
    script.faults.push_back({Deed::FreezeA, Deed::ThawA});
  } else {
    script.faults.push_back({Deed::KillA, Deed::StartA});
  }
}

void add_steps(Script& script) {
  auto& steps = script.config.steps;
  steps.push_back(part_config("assess", "FailureAssessment", Undo::None, false));
  script.steps.push_back({Deed::AwaitADown, Deed::None});
  steps.push_back(part_config("fence", "ServiceIsolation", Undo::IfNotPromoted));
  script.steps.push_back({Deed::RouteNowhere, Deed::RouteToA});
  steps.push_back(part_config("promote", "BackupActivation", Undo::None));
  steps.back().forward_only = true;
  script.steps.push_back({Deed::PromoteB, Deed::None});
  steps.push_back(part_config("synced", "DataSynchronization", Undo::None, false));
  script.steps.push_back({Deed::AwaitBPrimary, Deed::None});
  steps.push_back(part_config("switch", "ServiceRestoration", Undo::IfNotPromoted));
  script.steps.push_back({Deed::RouteToB, Deed::RouteToA});
}

void set_timing(drill::EngineTiming& timing) {
  timing.baseline = base::seconds(10);
  timing.hold = base::seconds(3);
  timing.recovery = base::seconds(90);
  timing.validation = base::seconds(5);
  timing.overall = base::seconds(300);
  timing.redundancy = base::seconds(30);
}

}  // namespace

const char* name(Scenario scenario) {
  return kScenarios[static_cast<std::size_t>(scenario)];
}
const char* name(Deed deed) {
  return kDeeds[static_cast<std::size_t>(deed)];
}

bool parse(const std::string& text, Deed& deed) {
  for (std::size_t i = 0; i < kDeeds.size(); ++i) {
    if (text == kDeeds[i]) {
      deed = static_cast<Deed>(i);
      return true;
    }
  }
  return false;
}

bool is_wait(Deed deed) {
  return deed == Deed::AwaitADown || deed == Deed::AwaitBPrimary;
}

bool perform(Deed deed, Target& target) {
  switch (deed) {
    case Deed::None: return true;
    case Deed::KillA: return target.kill(Node::A);
    case Deed::StartA: return target.start(Node::A);
    case Deed::FreezeA: return target.freeze(Node::A);
    case Deed::ThawA: return target.thaw(Node::A);
    case Deed::CutA: return target.cut_off(Node::A, true);
    case Deed::UncutA: return target.cut_off(Node::A, false);
    case Deed::RouteNowhere: return target.route(Route::Nowhere);
    case Deed::RouteToA: return target.route(Route::ToA);
    case Deed::RouteToB: return target.route(Route::ToB);
    case Deed::PromoteB: return target.promote(Node::B);
    case Deed::RejoinA: return target.rejoin(Node::A);
    case Deed::AwaitADown: return !target.responds(Node::A);
    case Deed::AwaitBPrimary: return target.is_primary(Node::B) && target.responds(Node::B);
  }
  return false;
}

const Part& Script::part(drill::PartId id) const {
  const auto& list = id.kind == drill::PartId::Kind::Fault  ? faults
                     : id.kind == drill::PartId::Kind::Step ? steps
                                                            : failback;
  return list.at(id.index);
}

Script script_of(Scenario scenario) {
  Script script;
  set_timing(script.config.timing);
  add_fault(script, scenario);
  if (scenario == Scenario::Observed) {
    script.config.mode = drill::Mode::Observe;
    script.traits.automatic = true;
  } else {
    add_steps(script);
  }
  // An abort between the promotion and the switch leaves the service routed nowhere: the failback
  // of a plan that fences must itself lead to the new primary.
  script.config.failback.push_back(part_config("route-to-new", "Failback", Undo::None));
  script.config.failback.back().on_failure = drill::OnFailure::Continue;
  script.failback.push_back({Deed::RouteToB, Deed::None});
  script.config.failback.push_back(part_config("rejoin", "Failback", Undo::None));
  script.failback.push_back({Deed::RejoinA, Deed::None});
  script.config.isolated_cross_check = true;
  script.traits.promotion_fails = scenario == Scenario::PromotionFails;
  script.traits.never_catches_up = scenario == Scenario::NeverCatchesUp;
  script.traits.silent_about_roles = scenario == Scenario::RolesUnknown;
  script.hopeless = scenario == Scenario::NeverCatchesUp || scenario == Scenario::ProxyDies ||
                    scenario == Scenario::RolesUnknown;
  return script;
}

}  // namespace sim
