// The scenarios of the simulated drills: what the engine is told, what each part really does to
// the target, and which bad day it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "drill/engine_config.h"
#include "sim/target.h"

namespace sim {

enum class Scenario : std::uint8_t {
  Failover,  // orchestrated, the primary killed
  Observed,  // the system fails over by itself
  Network,   // the primary cut off
  Stop,      // the primary frozen
  PromotionFails,
  NeverCatchesUp,  // the rejoined replica
  ProxyDies,       // during recovery, for good
  DiskFull,        // under the journal, from some write on
  ClockJumps,      // forward by minutes, backward by seconds
  RolesUnknown,    // nobody can say who is primary
};
inline constexpr std::size_t kScenarioCount = 10;
const char* name(Scenario scenario);

/// Something that is done to the target, or waited for. The undo of one is another.
enum class Deed : std::uint8_t {
  None,
  KillA,
  StartA,
  FreezeA,
  ThawA,
  CutA,
  UncutA,
  RouteNowhere,
  RouteToA,
  RouteToB,
  PromoteB,
  RejoinA,
  AwaitADown,
  AwaitBPrimary
};
const char* name(Deed deed);
bool parse(const std::string& text, Deed& deed);
/// Does it; false: it failed. Waits: whether what they wait for holds.
bool perform(Deed deed, Target& target);
bool is_wait(Deed deed);

struct Part {
  Deed deed = Deed::None;
  Deed undo = Deed::None;
};

struct Script {
  drill::EngineConfig config;
  std::vector<Part> faults, steps, failback;
  Target::Traits traits;
  const Part& part(drill::PartId id) const;
  /// Something in it cannot be repaired by any undo, however often it is tried.
  bool hopeless = false;
};
Script script_of(Scenario scenario);

}  // namespace sim
