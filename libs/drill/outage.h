// How long was the service away, with bounds that are always right (measurement.md §3).
//
// Availability is a function of the time of INVOCATION: an operation is good if it was acknowledged
// within D of the moment it was due. From the operations of one stream:
//   b0  first bad operation that the fault can have hit; g1 first good one after it;
//   g*  first good one such that every operation invoked within S after it was good.
// User-visible outage: [inv(last bad before g*) - inv(b0), inv(g*) - inv(last good before b0)].
// Service outage: the service went away not before inv(last good before b0) and not after
// min(comp(b0), inv(b1) + delta), b1 being the second bad operation; it was back not before the
// last bad invocation and not after comp(g*). delta is the largest latency of a good operation in
// the steady state. The published rule "inv(b0) + delta" is refused: one operation slower than all
// those of the steady state and in flight at the onset puts the truth outside (the test
// TheDeltaRuleAloneExcludesTheTruth finds and prints one); comp(b0) is proof, and two such in a row
// are needed to break inv(b1) + delta.
//
// What the instrument did late says nothing about the service: an operation that is bad only
// because the prober was silent (instrument.h), that was never sent, or that the end of the drill
// cut short is Unseen. Unseen operations are neither good nor bad: they widen the bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/report.h"

namespace drill {

enum class Sight : std::uint8_t { Good, Bad, Unseen };
const char* name(Sight sight);

/// One operation as the outage rules see it.
struct Observation {
  TimePoint invoked{};
  TimePoint completed = kNever;
  Duration latency{};  // from the due time; of acknowledged operations only
  Sight sight = Sight::Unseen;
  Outcome outcome = Outcome::Info;
  Cause cause = Cause::None;
  bool operator==(const Observation&) const = default;
};

/// What this record says about the service. Source: measurement.md §3.
Observation observe(const Record& record, const StreamInfo& stream,
                    std::span<const Stall> silences);

/// The share of [from, until] that lies in silences; these in order of time, apart.
Duration overlap(std::span<const Stall> silences, TimePoint from, TimePoint until);

/// One stream: its records, and what they say, in order of invocation.
struct StreamView {
  StreamInfo stream;
  std::span<const Record> records;
  std::vector<Observation> seen;
};
StreamView view_of(const StreamInfo& stream, std::span<const Record> records,
                   std::span<const Stall> silences);
/// All streams of the evidence, in its order. Lifetime: the evidence outlives the views.
std::vector<StreamView> views_of(const Evidence& evidence, std::span<const Stall> silences);

/// Of another vantage the last two are its clock's, as early as they may have been.
struct OutageRules {
  Duration hold = base::seconds(10);  // S
  TimePoint fault_begun = kNever;     // kNever: the whole stream is searched
  TimePoint watched_until = kNever;   // what is invoked later (failback) is not judged
};

/// A held outage: from its first bad operation to g*, with everything its bounds stand on.
struct HeldOutage {
  std::size_t first_bad = 0;                 // indices into StreamView::seen
  std::optional<std::size_t> last_good;      // before first_bad; none: no operation was good yet
  std::size_t last_bad = 0;                  // before g*
  std::optional<std::size_t> first_good;     // g1
  std::optional<std::size_t> sustained;      // g*
  TimePoint away_from_lo{}, away_from_hi{};  // the service went away within these
  TimePoint away_until_lo{};                 // and was away at least until then
  std::uint64_t bad = 0;
  bool stalled = false;  // the instrument stood still across its beginning or its end
  Bounds user_visible, service;
};

struct OutageAnalysis {
  bool steady = false;  // S of good operations before the fault
  std::string unsteady_reason;
  TimePoint steady_from{};         // the good operations before the fault begin here …
  TimePoint steady_until{};        // … and end here
  Duration delta{};                // their largest latency
  Duration largest_gap{};          // between neighbouring seen operations, steady state on
  std::vector<HeldOutage> held;    // after the fault, in order; [0] begins with b0
  std::vector<OutageWindow> runs;  // every maximal run of bad operations, whole stream
  Bounds downtime;                 // sum over the runs since the fault
};
OutageAnalysis analyse(const StreamView& view, const OutageRules& rules);

/// Bounds of the outage from the first to the last of these bad operations (indices into seen).
HeldOutage between(std::span<const Observation> seen, std::size_t first_bad, std::size_t last_bad,
                   Duration delta);

enum class ZeroPoint : std::uint8_t { Onset, FaultBegun, FaultEffective, Declared };
const char* name(ZeroPoint zero);

/// The outage counted from another moment than its onset; that moment is a stamp, exact if it is of
/// the stream's own clock and else to within `unsure`. Never below zero.
struct CountedOutage {
  Bounds user_visible, service;
};
CountedOutage counted_from(const HeldOutage& outage, const StreamView& view, TimePoint zero,
                           Duration unsure = {});

/// `Met` if the service was surely back within the objective, `Missed` if users surely waited
/// longer, else `Inconclusive`.
Verdict judge(const Bounds& user_visible, const Bounds& service, Duration objective);

/// The whole result of one stream, verdict left to assess().
StreamResult summarise(const StreamView& view, const OutageAnalysis& analysis);

}  // namespace drill
