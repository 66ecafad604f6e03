// What a schedule remembers across restarts: the last slot that was decided, and what became of the
// latest ones. It is written down before a drill is started, so that a slot is run at most once,
// whatever dies in between; a slot whose start was written down and that never came to a drill
// stays lost, since running it twice would be worse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "scheduling/zone.h"

namespace scheduling {

/// What became of a slot. Missed: a newer slot was due already.
enum class Outcome : std::uint8_t {
  Started,
  Replacing,  // to be started as soon as the drill that it replaces has undone everything
  Missed,
  TooLate,
  StillRunning,
  Suspended,
  Blackout,
};
const char* name(Outcome outcome);
std::optional<Outcome> outcome_of(std::string_view name);

struct Record {
  Outcome outcome = Outcome::Started;
  Instant slot;            // of several that were missed together: the last
  Instant first;           // the first of them; else the slot
  std::int64_t count = 1;  // how many; counted up to kMissedCounted
  Instant decided;
  std::string detail;  // "drill x is still running"
  bool operator==(const Record&) const = default;
};

/// Counting stops here: a machine that was off for a year missed "more than 100" slots.
inline constexpr std::int64_t kMissedCounted = 100;

struct State {
  Instant since;                   // served for the first time: slots before are none of ours
  std::optional<Instant> decided;  // every slot up to here is decided
  std::vector<Record> recent;      // oldest first
  bool operator==(const State&) const = default;

  /// The slot whose start waits for the end of the drill it replaces.
  std::optional<Instant> replacing() const;
  /// The state with one more decision.
  State with(Record record) const;
};

std::string to_json(const State& state, const std::string& schedule);
/// Errors: DataLoss: not a state, or that of another schedule.
base::Result<State> state_from_json(const std::string& text, const std::string& schedule);

}  // namespace scheduling
