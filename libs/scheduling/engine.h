// The scheduler as a pure function: from what a schedule says, what it remembers, which drills run
// and what time it is, the one next thing to do. Its driver makes the decision durable, carries it
// out and asks again, until it is told to wait. Laws, held for every input and fuzzed:
//   - a slot is decided once, and so started at most once; a clock that is put back decides nothing
//     again, and a clock that is put forward starts at most the newest slot it passed;
//   - no drill is started while a blackout covers now, while the schedule is suspended, or later
//   than
//     startingDeadlineSeconds after the slot was due;
//   - Forbid never starts beside a running drill; Replace starts when it has undone everything;
//   - every slot gets an outcome with a reason, none is dropped in silence.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scheduling/spec.h"
#include "scheduling/state.h"

namespace scheduling {

/// Start a drill for this slot. `record` is made durable before.
struct Start {
  Slot slot;
  Record record;
};
/// Abort these drills; the slot starts when they are gone. `record` is made durable before.
struct Replace {
  Slot slot;
  Record record;
  std::vector<std::string> drills;
};
/// One slot, or several at once, will not start.
struct Skip {
  Record record;
};
/// Nothing to do until then, or until a drill of the plan ends. Nothing: for ever.
struct Wait {
  std::optional<Instant> until;
  std::optional<Slot> slot;  // what is waited for; a due slot that may not start yet has a reason
  std::string reason;
  Seconds clock_behind{0};  // the clock is so far before the last decided slot: it was put back
};
using Decision = std::variant<Start, Replace, Skip, Wait>;

/// `running`: the drills of the schedule's plan that run, by whomever they were started.
Decision decide(const Spec& spec, const State& state, const std::vector<std::string>& running,
                Instant now);

/// A finished drill that the schedule started.
struct PastDrill {
  std::string id;
  Instant slot;
  bool successful = false;  // exit code 0
};
/// The drills beyond the history limits, oldest first.
std::vector<std::string> beyond_limits(const Spec& spec, std::vector<PastDrill> past);

/// A slot to come as a user wants to see it: when, and whether it would start.
struct Upcoming {
  Slot slot;
  std::optional<Instant> starts;  // nothing: skipped
  std::string reason;             // why it is skipped or deferred; what the clock does there
};
/// The next `count` slots after `from`, as if no drill ran and everything was served in time.
std::vector<Upcoming> upcoming(const Spec& spec, Instant from, std::size_t count);

}  // namespace scheduling
