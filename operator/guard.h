// The guardian: watches over one Drill from another pod, and undoes it when its runner is gone or
// has stood still for as long as the plan allows (guard.silenceSeconds), or has not begun to undo
// when the fault's deadline had passed. It takes the drill over
// first, so that a runner that comes back writes nothing and with that does nothing more; then the
// same engine as in the runner puts back what the journal in the status has left. Tried again, less
// and less often, until everything is undone.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "cluster/drill_object.h"
#include "operator/pod_program.h"

namespace op {

/// What the guardian knows of the runner's pod.
enum class RunnerPod : std::uint8_t { Unknown, Alive, Dead };

/// One look.
struct GuardLook {
  bool drill_gone = false;  // the Drill object
  bool finished = false;    // and nothing is left to undo
  bool claimed = false;     // by a runner
  bool mine = false;        // by this guardian: go on undoing
  bool barred = false;      // its pod was asked to end, and its account may not even look any more
  RunnerPod pod = RunnerPod::Unknown;
  base::Duration silence{};  // since the runner's heartbeat was seen to change
  bool forward = false;      // the drill is not in its failback yet
  /// How long the fault's deadline has passed, by lengths of time of the guardian's own clock.
  std::optional<base::Duration> overdue{};
  base::Duration unclaimed{};  // since the guardian began, while nobody claimed it
};
/// One that is asked to end guards on for as long as its pod has, unless its rights are gone too:
/// then the namespace ends, and everything in it.
enum class GuardTurn : std::uint8_t { Wait, Leave, TakeOver };
/// Pure. `silence_max`: 0: for ever.
GuardTurn turn_of(const GuardLook& look, base::Duration silence_max);
/// How much of the silence counts that there was before this guardian looked for the first time.
/// Pure. Not all: where the server was away, a runner that lives could not be heard.
base::Duration silence_before(base::Duration age_of_beat, base::Duration silence_max);

/// Lifetime: both outlive it.
std::unique_ptr<PodProgram> make_guard(const PodOptions& options, PodEdge& edge);

/// The program's exit code: 0 when there is nothing left to guard.
int guard(const PodOptions& options);

}  // namespace op
