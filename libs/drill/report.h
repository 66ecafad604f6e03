// What a drill proved, as data: the output of assess(), the input of every rendering, of the
// history and of the metrics. Nothing in here is computed by a renderer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "drill/evidence.h"
#include "drill/history.h"

namespace drill {

/// A duration known to lie in [lower, upper]; no upper: it had not ended when we stopped looking.
struct Bounds {
  Duration lower{};
  std::optional<Duration> upper = Duration{};
  bool operator==(const Bounds&) const = default;
};

/// One outage of one stream by the rules of measurement.md §3.
struct OutageWindow {
  TimePoint from{};          // inv of the first bad operation
  TimePoint until = kNever;  // inv of the first good one after it that held; kNever: none
  Bounds user_visible;
  Bounds service;
  std::uint64_t bad = 0;  // operations
  bool operator==(const OutageWindow&) const = default;
};

struct StreamResult {
  StreamInfo stream;
  std::uint64_t attempts = 0, ok = 0, fail = 0, info = 0, bad = 0;
  std::map<Cause, std::uint64_t> bad_by_cause;
  std::optional<OutageWindow> outage;     // from onset to g*: the one that is judged
  std::vector<OutageWindow> windows;      // every one, flapping included
  std::optional<Bounds> downtime;         // total over the windows; nothing: nothing was seen
  std::optional<Duration> first_success;  // g1 − b0
  // Of seen operations; nothing where fewer than two were seen. Shorter is outside the claim.
  std::optional<Duration> largest_gap;
  // Of good operations in the baseline; nothing where there were none. The first one is δ.
  std::optional<Duration> baseline_latency_max, p50, p95, p99;
  std::optional<Verdict> verdict;  // of a deciding stream; nothing: it is not judged
  std::string reason;
  bool operator==(const StreamResult&) const = default;
};

struct ObjectiveResult {
  std::string name;                    // "RTO", "RPO"
  std::optional<Duration> objective;   // nothing: the plan asks for none, so there is no verdict
  std::optional<Bounds> user_visible;  // RPO: the same as service
  std::optional<Bounds> service;       // nothing: nothing was measured
  std::optional<Verdict> verdict;
  std::string reason;      // one sentence a reader understands alone
  std::string decided_by;  // stream
  std::string zero_point;
  bool operator==(const ObjectiveResult&) const = default;
};

struct PhaseResult {
  std::string name;              // onset→detected, detected→decided …
  std::optional<Duration> took;  // by the stamps: phases laid end to end are the outage
  Duration target{};             // zero: none
  std::optional<bool> met;       // by `took`
  bool out_of_order = false;
  std::string detail;
  std::optional<Bounds> bounds{};  // where it surely lies; nothing: an end has no look before it
  bool operator==(const PhaseResult&) const = default;
};

struct LedgerResult {
  std::uint64_t attempts = 0, ok = 0, fail = 0, info = 0;
  // Nothing: no final read was made, so what became of the writes is not known.
  std::optional<std::uint64_t> kept, lost, delayed, recovered_unknown;
  std::uint64_t phantom = 0, duplicate = 0, corrupt = 0, holes = 0;
  std::uint64_t lost_found_on_old_primary = 0;     // cross-check before the rewind
  std::optional<bool> cross_check_agrees;          // every lost write is there, none else differs
  std::vector<std::uint64_t> lost_seqs;            // the first 1,000
  std::optional<TimePoint> first_lost, last_lost;  // invocation stamps
  Duration resolution{};                           // largest gap between acked writes before onset
  bool identities_hold = true;
  std::vector<std::string> problems;
  bool operator==(const LedgerResult&) const = default;
};

struct ConsistencyResult {
  std::uint64_t split_brain_definite = 0, split_brain_possible = 0;
  std::optional<Bounds> split_brain;  // duration
  std::uint64_t split_brain_survived = 0;
  std::optional<Duration> fencing_latency;  // onset -> last acknowledgement by the old primary
  std::uint64_t stale_reads = 0;            // through the service: users saw them
  std::uint64_t stale_reads_pinned = 0;     // of one instance: a standby's lag, an isolated primary
  Duration stale_age_max{};
  std::uint64_t non_monotonic_reads = 0;
  double score_percent = 100;  // of writes before the recovery point
  std::uint64_t score_of = 0;  // how many writes it speaks of
  bool operator==(const ConsistencyResult&) const = default;
};

struct ReferenceCheck {
  ReferenceOutage known;
  Bounds user_visible, service;
  bool contained = false;
  bool operator==(const ReferenceCheck&) const = default;
};
/// What a name server answered around the fault (drill/name_switch.h). Durations since the fault
/// began.
struct NameSwitch {
  std::string stream, name;
  std::string before, after;         // addresses; empty: none was seen
  std::optional<Duration> ttl;       // of the records before the fault
  std::optional<Bounds> switched;    // nothing: it was not
  std::optional<Duration> followed;  // when clients that obey the TTL know the new address
  bool operator==(const NameSwitch&) const = default;
};
/// The stalls in all, for readers who do not want each.
struct StallSummary {
  std::uint64_t count = 0;
  Duration longest{}, total{};   // total: of the prober, so that overlaps count once
  std::vector<Stall> in_outage;  // those that touch the judged outage, its two ends included
  bool operator==(const StallSummary&) const = default;
};
struct InstrumentResult {
  std::vector<ReferenceCheck> reference;
  bool control_healthy = true;
  std::string control_detail;
  std::vector<Stall> stalls;
  StallSummary stalled;
  std::vector<Duration> wall_steps;  // detected steps of the wall clock
  bool healthy = true;
  std::string detail;
  bool operator==(const InstrumentResult&) const = default;
};

/// One of several vantages: what it saw alone, and whether it decides (drill/vantage.h).
struct VantageResult {
  std::string name, place;
  bool healthy = true;                          // it can decide
  bool decided = false;                         // it did: the objective was judged by its figures
  std::string detail;                           // why it is healthy, or why not
  std::string stream;                           // the worst of its deciding streams
  std::optional<Bounds> user_visible, service;  // of that stream; nothing: nothing was measured
  std::optional<Verdict> verdict;
  std::optional<Duration> clock_uncertainty;  // against the runner's; nothing: not known
  std::optional<Duration> clock_drift;        // of its offset, first exchange to last
  std::uint64_t clock_exchanges = 0;
  std::uint64_t attempts = 0, ok = 0, fail = 0, info = 0;  // of its ledger streams
  std::optional<std::uint64_t> kept, lost, delayed;        // nothing: no final read was made
  InstrumentResult instrument;
  bool operator==(const VantageResult&) const = default;
};

/// D6. Window: "degraded" or "validation".
struct CriterionResult {
  std::string window;
  std::string metric;     // ApiResponseMillis …
  std::string operation;  // only this one of the load; empty: all
  std::string statistic;  // P95 …
  bool at_most = true;
  double target = 0;
  std::optional<double> measured;  // nothing: NotMeasured, and missed
  std::uint64_t samples = 0;
  Verdict verdict = Verdict::Missed;
  std::string reason;
  bool operator==(const CriterionResult&) const = default;
};

/// One signal that the plan demands to be watched (drill/monitoring.h).
struct MonitoringResult {
  std::string signal;
  std::uint64_t seen = 0, samples = 0;
  double percent = 0;      // seen of samples
  bool monitored = false;  // in enough of them
  std::string detail;
  bool operator==(const MonitoringResult&) const = default;
};

/// One period of the drill (drill/samples.h).
struct Sample {
  TimePoint from{};
  Phase phase = Phase::Preflight;
  std::uint64_t good = 0, bad = 0;  // operations of the deciding streams
  std::uint64_t load_operations = 0;
  std::optional<double> load_p95_millis;
  std::string primary;                    // empty: none was seen to take writes
  std::optional<std::uint32_t> standbys;  // streaming
  std::optional<std::uint64_t> lag_bytes;
  std::optional<std::uint32_t> pool_busy, pool_waiting;
  bool operator==(const Sample&) const = default;
};

/// D7.
struct Violation {
  std::string what;
  std::string severity;  // critical, high, medium, low
  std::string detail;
  bool operator==(const Violation&) const = default;
};
struct Compliance {
  // 0–100. Nothing: the plan has no such objective, or no criteria, so there is nothing to score.
  std::optional<double> rto, rpo, performance;
  double monitoring = 0;
  double score = 0;  // mean of those that are scored
  std::vector<Violation> violations;
  bool operator==(const Compliance&) const = default;
};
/// D8.
struct Recommendation {
  std::string priority;  // high, medium
  std::string metric;
  double measured = 0, target = 0;
  std::string text;
  std::vector<std::string> steps;
  bool operator==(const Recommendation&) const = default;
};

/// For plots: a fixed number of buckets over the whole drill, per stream.
struct SeriesPoint {
  TimePoint at{};
  std::uint32_t good = 0, bad = 0, ok_late = 0, info = 0, lost = 0;
  std::optional<float> p50_millis, p95_millis, max_millis;  // nothing: none was acknowledged
  bool operator==(const SeriesPoint&) const = default;
};
struct Series {
  std::string stream;
  Duration width{};
  std::vector<SeriesPoint> points;
  bool operator==(const Series&) const = default;
};

struct Report {
  int version = 4;
  std::string drill_id, plan, failure_type, description, profile, mode;  // Orchestrate, Observe
  std::map<std::string, std::string> versions;
  std::string overrides;                   // what --set changed; empty: nothing
  std::string spec_digest;                 // drills of the same one can be compared
  std::optional<std::uint64_t> load_seed;  // what the users' operations are drawn from
  WallTime started{}, finished{};
  TimePoint steady_start{};  // stamps are shown relative to this
  Verdict verdict = Verdict::Invalid;
  std::vector<std::string> reasons;  // why the verdict is what it is, worst first
  Ending ending = Ending::Completed;
  std::string ending_reason;
  SystemState final_state = SystemState::Normal;
  ObjectiveResult rto, rpo;
  std::optional<std::uint64_t> rpo_records;  // nothing: no final read was made
  std::vector<PhaseResult> phases;           // of the outage
  std::vector<PhaseResult> steps;            // recovery steps against their targets
  std::vector<StreamResult> streams;
  LedgerResult ledger;
  ConsistencyResult consistency;
  InstrumentResult instrument;          // of the vantage that decided
  std::vector<VantageResult> vantages;  // none: the runner's was the only one
  std::vector<LagSample> lag_at_fault;  // at most one
  std::vector<NameSwitch> names;
  std::vector<CriterionResult> criteria;
  std::vector<MonitoringResult> monitoring;
  Duration sample_period{};
  std::vector<Sample> samples;
  Compliance compliance;
  std::optional<HistorySummary> history;  // of comparable drills, this one included
  std::vector<Recommendation> recommendations;
  std::vector<TimelineEvent> timeline;
  std::map<Phase, TimePoint> phase_began;
  TimePoint fault_begun = kNever, onset = kNever, sustained = kNever, ended = kNever;
  std::vector<Series> series;
  std::string plan_yaml;  // exactly what ran
  std::string directory;  // where the evidence lies
  bool operator==(const Report&) const = default;
};

}  // namespace drill
