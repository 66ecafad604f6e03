// Several vantages, one verdict (docs/measurement.md §10). Every vantage measures with a process, a
// clock and streams of its own. Whatever is the difference of two stamps of one vantage stays as
// exact as it is with a single one: its stamps are all moved by the same offset, so that they stand
// on the runner's time axis, and no difference of two of them changes. Only where times of two
// hosts meet (the fault's beginning, what the drill's steps say, a write of one and an onset or a
// term of another) is the uncertainty of the offset added to the bounds.
//
// The offset is measured by exchanges: their stamp was read between our two, so their clock is
// ahead of ours by something in [theirs - answered, theirs - asked], however unequal the two ways
// are. The midpoint is off by half the round trip at most. Between exchanges the offset can move by
// kClockRate at most; hence each exchange bounds the offset at every moment, the more loosely the
// further away. The tightest of these bounds are kept, and what is used is one interval that holds
// at every moment the vantage measured: real drift makes it wider, a slow exchange among quick ones
// does not. A closer fit, an offset that varies with time, was refused: it would stretch the
// differences that one clock has already measured. Exchanges that contradict each other (a machine
// that was suspended, a clock that was slewed faster) leave the clock unknown: such a vantage does
// not decide, and the times of its losses are not bounded; the losses themselves count.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drill/evidence.h"

namespace drill {

/// Two steady clocks run apart by 1/2000 at most (500 ppm: what NTP corrects a clock by, at most).
inline constexpr std::int64_t kClockRate = 2000;

/// How far a vantage's clock is ahead of the runner's, at any moment at which it measured.
struct ClockFit {
  bool known = false;
  Duration offset{};       // theirs - ours
  Duration uncertainty{};  // the truth is at most this much beside it
  Duration drift{};        // how much the offset was seen to move, first exchange to last
  std::size_t exchanges = 0;
  std::string why;  // it is not known
  bool operator==(const ClockFit&) const = default;
};
/// [from, until]: when the vantage measured, by its own clock.
ClockFit fit_clock(std::span<const ClockExchange> exchanges, TimePoint from, TimePoint until);

/// The clocks of all vantages of a drill against the runner's.
class Clocks {
 public:
  /// The runner's alone.
  Clocks();
  explicit Clocks(const Evidence& evidence);

  std::size_t size() const { return fits_.size(); }
  /// Where there is one vantage, everything is its.
  std::size_t of(StreamId stream) const { return size() == 1 ? 0 : vantage_of(stream); }
  const ClockFit& fit(std::size_t vantage) const;
  /// How much a difference of times of these two may be wrong; nothing: it says nothing.
  std::optional<Duration> apart(std::size_t a, std::size_t b) const;
  std::optional<Duration> apart(StreamId a, StreamId b) const { return apart(of(a), of(b)); }

 private:
  std::vector<ClockFit> fits_;
};

/// Evidence of several vantages, on the runner's time axis.
struct Placed {
  Evidence united;              // the streams, records and final reads of all
  std::vector<Evidence> parts;  // [0]: the drill as the runner alone saw it; else what one measured
};
/// Lifetime: nothing of it refers to `evidence`.
Placed place(const Evidence& evidence, const Clocks& clocks);

/// The earliest and the latest that a moment can be whose stamp is of another clock; kNever stays.
TimePoint earlier(TimePoint at, Duration unsure);
TimePoint later(TimePoint at, Duration unsure);

/// The name that the plan gives this stream, whichever vantage it is of.
std::string plan_name(const StreamInfo& stream);

}  // namespace drill
