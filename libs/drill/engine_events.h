// The two vocabularies of the engine. Events are what the edge tells it, actions what it asks of
// the edge. Both are values, so a drill is a text (tests/transcripts) and can be replayed.
//
// What the edge owes the engine:
// - Actions of one step() are begun in the order given. Each that has an answer is answered once,
//   in any order and at any time; late, lost and repeated answers are the engine's business. What
//   may still take effect after its answer is answered a second time when it cannot any more.
// - Record is answered Ok only when the undo is durable. Inject and RunStep are never started
//   before the engine asked, and never twice.
// - After Cancel the part's work is over when its answer comes: Restore must not race with it.
// - Unknown is an honest answer: "the command was sent and no reply came". Failed is one too; both
//   are undone, since a failed command may have done half of its work.
// - Undo and failback are idempotent.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "drill/engine_config.h"
#include "drill/evidence.h"

namespace drill {

enum class Seen : std::uint8_t { Unknown, No, Yes };
enum class Service : std::uint8_t { Unknown, Good, Bad };
enum class DoResult : std::uint8_t { Ok, Failed, Unknown };
enum class AbortReason : std::uint8_t { User, Guard, Deadline, Stop, DiskFull, InstrumentLost };

namespace event {
/// Starts the drill (or, after Engine::resume, the restoring).
struct Begin {
  bool operator==(const Begin&) const = default;
};
/// Target locked, drillable, all names known, journal open, instrument running.
struct Preflighted {
  bool ok = false;
  std::string why;
  bool operator==(const Preflighted&) const = default;
};
/// The undo of a part is on disk, or it is not (disk full, no undo could be prepared).
struct Recorded {
  PartId id;
  bool ok = false;
  std::string why;
  bool operator==(const Recorded&) const = default;
};
/// How an Inject or RunStep went.
struct Applied {
  PartId id;
  DoResult result = DoResult::Unknown;
  std::string detail;
  bool may_land = false;  // something of it may still take effect: to be undone now, and once more
  bool operator==(const Applied&) const = default;
};
/// The fault is effective (the process is gone), or could not be shown to be.
struct Proven {
  PartId id;
  bool ok = false;
  std::string detail;
  bool operator==(const Proven&) const = default;
};
/// A sample of what the client and the instances show. Sent every second or so from Observe on, and
/// at once as the answer to an Observe that has a number.
struct Observed {
  std::uint32_t answers = 0;           // number of the Observe it answers; 0: periodic
  Service service = Service::Unknown;  // of the deciding streams together
  TimePoint since{};                   // Good or Bad without interruption since
  TimePoint through{};                 // outcomes of operations invoked until here are known
  Seen promoted = Seen::Unknown;       // a standby took over after the drill began
  Seen redundancy = Seen::Unknown;     // as many healthy replicas as in the beginning
  bool instrument_healthy = true;      // the control target answers (measurement.md §8)
  std::vector<std::string> missing;    // ran in the beginning and do not run now; answers only
  bool operator==(const Observed&) const = default;
};
struct FinalReadDone {
  FinalRead::Which which = FinalRead::Which::Survivor;
  bool ok = false;
  std::string detail;
  bool operator==(const FinalReadDone&) const = default;
};
/// How an undo went. Of which attempt: one that was given up may end while the next is under way.
struct Restored {
  PartId id;
  std::uint32_t attempt = 1;
  bool ok = false;
  std::string detail;
  bool operator==(const Restored&) const = default;
};
struct AbortRequested {
  AbortReason reason = AbortReason::User;
  std::string detail;
  bool operator==(const AbortRequested&) const = default;
};
/// The time of the last WakeAt has come. Carries nothing: every step() looks at the time.
struct Woke {
  bool operator==(const Woke&) const = default;
};
}  // namespace event

using Event = std::variant<event::Begin, event::Preflighted, event::Recorded, event::Applied,
                           event::Proven, event::Observed, event::FinalReadDone, event::Restored,
                           event::AbortRequested, event::Woke>;

namespace action {
struct Preflight {
  bool operator==(const Preflight&) const = default;
};
/// Prepare the undo of the part and make it durable. -> Recorded
struct Record {
  PartId id;
  bool operator==(const Record&) const = default;
};
/// -> Applied
struct Inject {
  PartId id;
  bool operator==(const Inject&) const = default;
};
/// A recovery or failback step. -> Applied
struct RunStep {
  PartId id;
  std::uint32_t attempt = 1;  // failback only; a recovery step is run once
  bool operator==(const RunStep&) const = default;
};
/// Stop working on an Inject or RunStep and answer it now (Failed or Unknown). -> Applied
struct Cancel {
  PartId id;
  bool operator==(const Cancel&) const = default;
};
/// Look until the fault's proof holds, at most timing.prove. -> Proven
struct Prove {
  PartId id;
  bool operator==(const Prove&) const = default;
};
/// From now on sample for this purpose, and with a number: look now and answer. -> Observed
struct Observe {
  enum class What : std::uint8_t {
    Baseline,    // measure the steady state
    Recovery,    // service, promotion
    Validation,  // the degraded targets end, the validation criteria begin
    Promotion,   // answer: was a standby promoted? Look at the instances themselves
    Restoration  // service and redundancy after failback
  };
  What what = What::Baseline;
  std::uint32_t number = 0;  // not zero: wants an answer
  bool operator==(const Observe&) const = default;
};
/// Stop the writers, await every acknowledgement, read the ledger. -> FinalReadDone
struct TakeFinalRead {
  FinalRead::Which which = FinalRead::Which::Survivor;
  bool operator==(const TakeFinalRead&) const = default;
};
/// Undo a part (idempotent). -> Restored
struct Restore {
  PartId id;
  std::uint32_t attempt = 1;  // of this part in this drill: no number is used twice
  bool operator==(const Restore&) const = default;
};
/// Send Woke at this time; replaces the time asked for before.
struct WakeAt {
  TimePoint at{};
  bool operator==(const WakeAt&) const = default;
};
/// An entry of the timeline.
struct Note {
  TimelineEvent entry;
  bool operator==(const Note&) const = default;
};
/// The last action. Not whole: something is left broken or could not be shown to be whole; the
/// journal must be kept for `muster drill recover`. Whole: the journal may be closed.
struct Finish {
  Ending ending = Ending::Completed;  // NotWhole wins over the cause
  Ending cause = Ending::Completed;   // how it ended apart from being whole
  std::string reason;
  bool whole = true;
  bool injected = false;  // a fault was or may have been applied
  Seen promoted = Seen::Unknown;
  Seen redundancy = Seen::Unknown;
  std::vector<std::string> problems;  // what is not whole, one sentence each
  bool operator==(const Finish&) const = default;
};
}  // namespace action

using Action = std::variant<action::Preflight, action::Record, action::Inject, action::RunStep,
                            action::Cancel, action::Prove, action::Observe, action::TakeFinalRead,
                            action::Restore, action::WakeAt, action::Note, action::Finish>;

const char* read_name(FinalRead::Which which);
const char* name(Seen seen);
const char* name(Service service);
const char* name(DoResult result);
const char* name(AbortReason reason);
const char* name(action::Observe::What what);

}  // namespace drill
