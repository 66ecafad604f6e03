// What the engine must know of a plan, as plain data: no kinds, no parameters, no addresses. The
// runner builds it from the parsed plan and keeps the parts' parameters; a PartId finds them again.
//
// Which undo is right depends on what became of the system, so every part says when its undo holds:
//   None           nothing of it can be undone (a promotion, a wait)
//   IfNotPromoted  right only while the old primary is still the primary (start it again, put the
//                  route back); wrong after a promotion, where it would make two primaries
//   Always         right in every case and carried out first (clear a network fault)
// After a promotion was observed the failback steps take the place of the IfNotPromoted undos. They
// are undo themselves: idempotent by contract, may be repeated, are not recorded before they run.
// An abort between promotion and switch leaves the service fenced, and no undo may lift that: the
// failback of a plan that fences must itself route to the new primary, first. A failback step that
// fails with OnFailure::Continue is no defect by itself; whether the target is whole is looked at.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace drill {

/// Names a part of the plan: the n-th fault, recovery step or failback step.
struct PartId {
  enum class Kind : std::uint8_t { Fault, Step, Failback };
  Kind kind = Kind::Fault;
  std::uint32_t index = 0;
  auto operator<=>(const PartId&) const = default;
};
/// "fault:0", "step:3", "failback:1": in the journal and in transcripts.
std::string to_string(PartId id);
/// The inverse; false where the text is no part id.
bool parse(std::string_view text, PartId& id);

enum class Undo : std::uint8_t { None, IfNotPromoted, Always };
const char* name(Undo undo);
bool parse(std::string_view text, Undo& undo);
enum class OnFailure : std::uint8_t { Abort, Continue };
/// Orchestrate: the plan's steps promote and switch. Observe: someone else does, we watch.
enum class Mode : std::uint8_t { Orchestrate, Observe };

struct PartConfig {
  std::string name;
  std::string phase;        // FailureAssessment, ServiceIsolation, … ; faults: empty
  base::Duration target{};  // zero: none; judged by assess(), not by the engine
  base::Duration timeout = base::seconds(60);
  bool changes_target = true;  // false: it only waits or looks; nothing is recorded or undone
  Undo undo = Undo::None;
  bool forward_only = false;  // a promotion
  OnFailure on_failure = OnFailure::Abort;
  std::vector<std::string> targets;  // what it touches, for the blast radius
};

struct EngineTiming {
  base::Duration preflight = base::seconds(60);
  base::Duration baseline = base::seconds(300);
  base::Duration hold = base::seconds(10);       // S
  base::Duration recovery = base::seconds(300);  // from the fault's beginning to steady again
  base::Duration validation = base::seconds(600);
  base::Duration overall = base::seconds(1800);  // from Begin to the start of restoring
  base::Duration record = base::seconds(10);     // a disk that hangs longer counts as failed
  base::Duration prove = base::seconds(10);
  base::Duration cancel_grace = base::seconds(5);  // from Cancel to treating the result as Unknown
  // For the result of a part that was cancelled and did not answer: before the drill ends, and
  // before a promoting step is believed not to have promoted.
  base::Duration late_result = base::seconds(30);
  base::Duration answer = base::seconds(5);  // an Observe with a number is answered in this
  base::Duration final_read = base::seconds(60);
  base::Duration restore = base::seconds(60);  // one attempt of one undo
  // Before a failed undo or failback step is tried again; twice as long each time, up to the
  // longest.
  base::Duration restore_retry = base::seconds(2);
  base::Duration restore_retry_longest = base::seconds(30);
  base::Duration ask_again = base::seconds(2);  // between two looks at the same thing
  // How long a `no` must last after a promoting step of unknown outcome: it may still be at work.
  base::Duration promotion_settle = base::seconds(10);
  base::Duration redundancy = base::seconds(120);  // after failback: service good, replica back
};

struct EngineConfig {
  Mode mode = Mode::Orchestrate;
  std::vector<PartConfig> faults;  // at least one; injected in order
  std::vector<PartConfig> steps;
  std::vector<PartConfig> failback;
  EngineTiming timing;
  bool can_promote = true;       // false: the system knows no promotion; Observed need not tell
  bool failback_always = false;  // run the failback steps after a recovery without promotion too,
                                 // before the undos (a switched application server)
  bool watch_redundancy = true;  // Observed tells whether the replica is back
  bool final_reads = true;       // ledger reads: Survivor, then Rejoined
  bool isolated_cross_check = false;  // read the old primary before it rejoins
  std::uint32_t targets_max = 1;      // blast radius: distinct targets of the faults
  std::uint32_t promotion_asks = 3;
  std::uint32_t restore_attempts = 3;
  std::uint32_t failback_attempts = 2;

  /// The part an id names; nullptr where there is none.
  const PartConfig* find(PartId id) const;
};

/// Everything wrong with a configuration, in words; empty: it can run.
std::vector<std::string> problems_of(const EngineConfig& config);

}  // namespace drill
