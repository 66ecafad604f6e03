// Everything a drill observed, as data: the only input of assess() (drill/assess.h). The runner
// fills it; the report, the history and a later verifier compute from it and from nothing else.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drill/record.h"

namespace drill {

/// D3. Order matters: a drill moves down this list only.
enum class Phase : std::uint8_t {
  Preflight,
  Baseline,
  Injection,
  Recovery,
  Validation,
  Failback,
  Reporting
};
/// D4.
enum class SystemState : std::uint8_t {
  Normal,
  Degraded,
  FailoverInProgress,
  DisasterRecoveryActive,
  RecoveryInProgress
};
/// Worst first when merged: Invalid > Missed > Inconclusive > Met.
enum class Verdict : std::uint8_t { Met, Inconclusive, Missed, Invalid };

const char* name(Phase phase);
const char* name(SystemState state);
const char* name(Verdict verdict);
/// The worse of two verdicts.
Verdict worse(Verdict a, Verdict b);

/// How the drill ended, apart from what it measured.
enum class Ending : std::uint8_t {
  Completed,
  Aborted,
  NotRecovered,
  FaultNotProven,
  NoSteadyState,
  SetupFailed,
  NotWhole
};
const char* name(Ending ending);

/// One entry of the timeline, in order of time.
struct TimelineEvent {
  enum class Kind : std::uint8_t {
    PhaseBegan,
    StateChanged,
    FaultBegun,
    FaultProven,
    StepBegan,
    StepDone,
    StepFailed,
    RestoreBegan,
    RestoreDone,
    RestoreFailed,
    FinalRead,
    Promoted,
    RedundancyRestored,
    Note,
    Warning
  };
  TimePoint at{};
  Kind kind = Kind::Note;
  std::string subject;  // phase, step or fault name
  std::string text;
  bool operator==(const TimelineEvent&) const = default;
};
const char* name(TimelineEvent::Kind kind);

/// A recovery step as it went.
struct StepRun {
  std::string name;
  std::string phase;  // FailureAssessment, ServiceIsolation, … (D3)
  Duration target{};  // zero: none
  TimePoint began = kNever;
  TimePoint ended = kNever;
  bool ok = false;
  std::string detail;
  bool operator==(const StepRun&) const = default;
};

/// The steady and the wall clock, read together; at start, at end, and after a detected step.
struct ClockAnchor {
  TimePoint steady{};
  WallTime wall{};
  bool operator==(const ClockAnchor&) const = default;
};

/// One row of the ledger table as the final read found it.
struct FinalRow {
  StreamId stream;
  std::uint64_t seq = 0;
  bool hmac_ok = true;
  bool operator==(const FinalRow&) const = default;
};
/// One full read of the ledger table. Rows in any order, duplicates kept.
struct FinalRead {
  enum class Which : std::uint8_t { Survivor, OldPrimary, Rejoined };
  Which which = Which::Survivor;
  std::string instance;
  TimePoint began = kNever;
  TimePoint ended = kNever;
  bool complete = false;  // false: the read failed; error says why
  std::string error;
  std::vector<FinalRow> rows;
};

/// One operation of the load (not of the probes).
struct LoadSample {
  std::uint16_t operation = 0;  // index into Evidence::load_operations
  std::uint16_t user = 0;
  bool ok = false;
  Cause cause = Cause::None;
  TimePoint intended = kNever;  // latency counts from here
  TimePoint completed = kNever;
  Duration service_time{};  // statement sent -> result; zero: never sent
  bool operator==(const LoadSample&) const = default;
};

/// A known outage of the reference responder and the control that judges the instrument.
struct ReferenceOutage {
  enum class Kind : std::uint8_t { Refuse, Hang };
  Kind kind = Kind::Refuse;
  TimePoint began{};       // by the responder's own steady stamps (same machine): for ordering only
  Duration length{};       // P: it lasted at least this
  Duration uncertainty{};  // and at most this much longer (stamps around its system calls)
  bool operator==(const ReferenceOutage&) const = default;
};

/// The prober was late or stopped: no operation was invoked in (from, to).
struct Stall {
  TimePoint from{};
  TimePoint to{};
  bool operator==(const Stall&) const = default;
};

/// Replication as seen while sampling; explains the RPO, is never reported as the RPO.
struct LagSample {
  TimePoint at{};
  std::optional<std::uint64_t> bytes;    // not known to be replayed by the standby
  std::optional<Duration> replay_heard;  // from the primary's flush until it heard of the replay
  bool operator==(const LagSample&) const = default;
};

/// One look at all instances, about one a second: what an operator could have seen.
struct InstanceLook {
  TimePoint at{};              // when it began
  std::string primary;         // the instance that takes writes; empty: none was seen
  std::uint32_t standbys = 0;  // that stream from it
  bool redundant = false;      // as many as before the fault
  bool operator==(const InstanceLook&) const = default;
};

/// The users' connection pool.
struct PoolSample {
  TimePoint at{};
  std::uint32_t busy = 0, waiting = 0;
  bool operator==(const PoolSample&) const = default;
};

/// One comparison of another vantage's clock with the runner's: its stamp was read between the two
/// stamps of ours.
struct ClockExchange {
  TimePoint asked{};
  TimePoint theirs{};
  TimePoint answered{};
  bool operator==(const ClockExchange&) const = default;
};

/// A place beside the runner's that measured the same service (drill/vantage.h). Its streams and
/// records stand among all the others. All stamps are of its own clock.
struct Vantage {
  std::string place;                     // pod, node, host: for people
  std::string missing;                   // why its records are not here; empty: they are
  std::vector<ClockExchange> exchanges;  // in order of time
  std::vector<ReferenceOutage> reference_outages;
  std::vector<Stall> stalls;
  std::vector<ClockAnchor> anchors;
  bool operator==(const Vantage&) const = default;
};

struct Evidence {
  std::string drill_id;
  std::string profile;
  std::map<std::string, std::string> versions;  // muster, postgres, haproxy, kernel …
  std::vector<std::string> servers;             // [0] = "" (unknown); "a@2026-11-21T04:42:24Z"
  std::vector<std::string> server_instances;    // parallel to servers: the plan's instance name
  std::vector<StreamInfo> streams;
  std::vector<Record> records;  // sorted by (stream, seq)
  std::vector<FinalRead> final_reads;
  std::vector<std::string> load_operations;  // "read", "write", "heavy"
  std::vector<LoadSample> load;
  std::optional<std::uint64_t> load_seed;  // nothing: no load ran
  std::vector<ReferenceOutage> reference_outages;
  std::vector<Stall> stalls;
  std::vector<LagSample> lag;
  std::vector<InstanceLook> looks;  // in order of time
  std::vector<PoolSample> pool;
  std::vector<ClockAnchor> anchors;
  std::vector<TimelineEvent> timeline;
  std::vector<StepRun> steps;
  std::vector<StepRun> failback;
  std::map<Phase, TimePoint> phase_began;
  std::string old_primary;  // instance names; empty where the plan names no roles
  std::string new_primary;
  TimePoint fault_begun = kNever;
  TimePoint fault_effective = kNever;  // kNever: not proven
  TimePoint declared = kNever;         // the assessment step said: failed
  TimePoint decided = kNever;          // the first step that acts on it began
  TimePoint redundancy_restored = kNever;
  TimePoint ended = kNever;
  Ending ending = Ending::Completed;
  std::string ending_reason;
  std::string place;              // where the runner measured
  std::vector<Vantage> vantages;  // the others: [k - 1] is vantage k
};

}  // namespace drill
