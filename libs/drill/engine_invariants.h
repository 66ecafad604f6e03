// The promises of the engine, kept by a second program that shares no code with it: it sees only
// the events and the actions. Every Engine carries one and ends the process on a breach (a drill
// that would break a promise must not go on); the fuzzer and the simulation thus check it always.
//
//   I1  a Record precedes the Inject or RunStep it undoes and was answered ok before
//   I2  no Inject and no recovery step is asked for twice
//   I3  after an abort: only Cancel, Restore, failback steps, observation, Finish
//   I4  an undo that is right only without promotion is never carried out after one was observed,
//       and never before the instances were asked
//   I5  failback steps only after an observed promotion (or where the plan wants them always)
//   I6  Finish: every part that was started was undone, or the failback took its place, or the
//       drill says that it is not whole, and why
//   I7  while it runs the engine always has a wake-up pending; after Finish it says nothing
//   I8  once an undo was begun nothing is injected
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drill/engine_events.h"

namespace drill {

class EngineInvariants {
 public:
  explicit EngineInvariants(const EngineConfig& config);
  /// After Engine::resume: these parts count as started, their undo as recorded.
  void resumed(PartId id, Undo undo, bool restored);

  /// The first broken promise, in words; nothing: all hold. To be called once per step().
  std::optional<std::string> breach(const Event& event, const std::vector<Action>& actions);
  /// The same; CHECKs that there is none.
  void observe(const Event& event, const std::vector<Action>& actions);

 private:
  struct Part {
    PartId id;
    Undo undo = Undo::None;
    bool changes = true, optional = false;
    bool record_asked = false, durable = false, started = false;
    bool restore_asked = false, restored = false, ok = false;
    std::uint32_t attempt = 0;  // of its undo, the last that was asked for
  };
  void note_event(const Event& event);
  std::optional<std::string> check(const Action& action);
  std::optional<std::string> check_start(PartId id);
  std::optional<std::string> check_failback(PartId id);
  std::optional<std::string> check_restore(const action::Restore& restore);
  std::optional<std::string> check_finish(const action::Finish& finish) const;
  Part* find(PartId id);

  std::vector<Part> parts_;
  bool can_promote_, failback_always_;
  bool begun_ = false, finished_ = false, tripped_ = false, restoring_ = false;
  bool wake_pending_ = false, asked_ = false;
  Seen promoted_ = Seen::Unknown;
};

}  // namespace drill
