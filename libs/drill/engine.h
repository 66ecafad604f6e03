// The drill as a state machine: step(event, now) -> actions. Pure and total: every event is legal
// in every state, and the output depends on the configuration and the events alone. All waiting is
// a deadline of its own, so a drill reaches Finish by WakeAt alone, even if nothing ever answers.
//
// Preflight -> Baseline -> Injection -> Recovery -> Validation -> Failback -> Reporting (D3).
// Any of them goes to Failback on abort, deadline or failure; before the first Inject it goes
// straight to Reporting, for there is nothing to undo.
//
// Failback, always in this order:
//   1. a step still running is cancelled and awaited, so that no undo races with its do;
//   2. [Survivor final read, unless aborted]
//   3. undos that are right in every world (Undo::Always), newest first;
//   4. was a standby promoted? Asked of the instances, a bounded number of times:
//      no   -> the other undos, newest first (a promotion seen meanwhile turns to `yes`);
//      yes  -> [isolated read of the old primary], the failback steps; the old primary is never
//              restored as primary;
//      unknown -> neither. Restoring could make two primaries and rejoining could rewind the only
//              good copy, so only what is right in both worlds is done, the drill is reported as
//              not whole and the journal stays for `muster drill recover`. Exception: an
//              orchestrated drill that began no forward-only step promoted nothing: `no`. So did a
//              drill that died after it had found that out and begun to undo: what it stopped can
//              no longer be asked.
//   5. wait for the service and the redundancy, bounded; [Rejoined final read]; Finish.
// Nothing is given up early: an undo that keeps failing is reported and the next one is tried. If
// it succeeds after all, what is older is undone again: undos are right newest first only.
#pragma once

#include <memory>
#include <vector>

#include "drill/engine_events.h"

namespace drill {

/// What the journal of a dead process says of a part; the input of Engine::resume.
struct Leftover {
  PartId id;
  std::string name;
  Undo undo = Undo::None;
  bool forward_only = false;
  bool restored = false;  // its undo was carried out already
  bool undoing = false;   // its undo was begun, after it was found that nothing was promoted
  bool operator==(const Leftover&) const = default;
};

/// The machine. Movable, not copyable; one drill each.
class Engine {
 public:
  explicit Engine(EngineConfig config);
  /// An engine that only restores: parts recorded without result count as unknown and are undone.
  static Engine resume(EngineConfig config, const std::vector<Leftover>& leftovers);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// The only entry. Times that run backwards are taken as the latest seen.
  std::vector<Action> step(const Event& event, TimePoint now);

  Phase phase() const;
  SystemState state() const;  // D4
  bool finished() const;
  const EngineConfig& config() const;
  /// The part being worked on, for progress displays; nullptr: none.
  const PartConfig* current() const;

 private:
  class Core;
  explicit Engine(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace drill
