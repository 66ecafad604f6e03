// One whole drill in virtual time: the real engine and the real undo journal, a simulated target,
// and an operator who carries the engine's actions out as the world does: late, failing, without
// an answer, twice, or dead in the middle. After a crash `recover` runs as a user would, as often
// as it takes. Everything is a function of the options; the same seed gives the same transcript.
//
// What is watched (violations): an injection or a recovery step carried out twice; an old primary
// brought back beside a promoted one by an undo; a drill that says it is whole on a target that is
// not; a drill that never finishes; a target left broken where nothing stood in the way of undoing.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "drill/engine.h"
#include "sim/event_queue.h"
#include "sim/shape.h"
#include "sim/target.h"
#include "store/undo_journal.h"

namespace sim {

/// What is wrong from the start, or goes wrong on the way.
enum class BadDay : std::uint8_t {
  None,
  PromotionFails,
  NeverCatchesUp,  // the rejoined replica
  ProxyDies,       // during recovery, for good
  DiskFull,        // under the journal, from some write on
  ClockJumps,      // forward by minutes, backward by seconds
  RolesUnknown     // nobody can say who is primary
};
inline constexpr std::size_t kBadDayCount = 7;
const char* name(BadDay day);
/// Whether it could make a difference to this plan.
bool concerns(BadDay day, const Shape& shape);

/// Where the process of the drill dies. Counted from 0 over the drill, recoveries excluded.
struct CrashPoint {
  enum class Where : std::uint8_t { Action, Write };
  Where where = Where::Action;
  std::uint32_t number = 0;
};

struct WorldOptions {
  const Shape* shape = nullptr;  // must be set, and outlive the run
  BadDay day = BadDay::None;
  std::uint64_t seed = 1;
  double trouble = 0.0;  // chance of each kind of trouble at each action
  std::optional<CrashPoint> crash;
  std::optional<base::Duration> abort_after;
  bool transcript = false;
};

struct WorldResult {
  std::vector<std::string> violations;
  std::string transcript;
  drill::action::Finish finish;  // of the last process
  std::uint32_t actions = 0, writes = 0, crashes = 0, recoveries = 0;
  std::uint32_t events = 0;
  bool whole = false;     // the truth
  bool hopeless = false;  // something in it cannot be repaired by any undo, however often tried
  bool injected = false;  // the truth
};

/// A drill drawn at random: plan, bad day, troubles, an abort or a crash somewhere, or none.
WorldOptions sampled(const std::vector<Shape>& shapes, std::uint64_t seed);
/// Runs one drill to its end.
WorldResult run_drill(const WorldOptions& options);

}  // namespace sim
