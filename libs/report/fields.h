// The fields of report.json, one table per struct. An archive A walks the tables: the writer, the
// reader and the schema generator are three archives, so a field added here is written, read back
// and documented at once, and one that is forgotten fails the round trip. A::Ref<T> is `const T&`
// for the writer and `T&` for the others. Units are in the names; the archive turns durations and
// stamps into seconds. A field that came to a version later is `a.later(…)`: what was written
// before reads as if it were empty.
#pragma once

#include "drill/evidence_words.h"
#include "drill/report.h"

namespace report {

template <class A>
void fields(A& a, typename A::template Ref<drill::OutageWindow> v) {
  a.type("OutageWindow", "one outage of one stream");
  a("fromSeconds", v.from, "when the first bad operation was invoked");
  a("untilSeconds", v.until, "when the first good operation that held was invoked; null: never");
  a("userVisible", v.user_visible, "length of the outage as users saw it");
  a("service", v.service, "length of the outage of the service itself");
  a("badOperations", v.bad, "operations that were not good in it");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::StreamInfo> v) {
  a.type("StreamInfo", "what a stream of probe operations is");
  a("id", v.id, "number of the stream in the evidence");
  a("name", v.name, "name, unique in the drill");
  a("probe", v.probe, "the plan's probe it belongs to");
  a("kind", v.kind, "what the stream is for");
  a("instance", v.instance, "the instance a pinned stream is tied to; else empty");
  a("endpoint", v.endpoint, "host:port");
  a("intervalSeconds", v.interval, "time between due operations");
  a("deadlineSeconds", v.deadline, "an operation later than this is not good");
  a("decides", v.decides, "the objectives are judged by this stream");
  a("signal", v.signal,
    "the signal of `monitoring` that its operations are an observation of; empty: its kind's");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::StreamResult> v) {
  a.type("StreamResult", "what one stream of probe operations saw");
  a("stream", v.stream, "which stream");
  a("attempts", v.attempts, "operations in all");
  a("ok", v.ok, "positively acknowledged");
  a("fail", v.fail, "proven not to have happened");
  a("info", v.info, "neither");
  a("bad", v.bad, "not ok within the deadline");
  a("badByCause", v.bad_by_cause, "bad operations by cause");
  a("outage", v.outage, "the outage that is judged; null: none");
  a("windows", v.windows, "every outage of the stream");
  a("downtime", v.downtime, "total length of the outages; null: nothing was seen");
  a("firstSuccessSeconds", v.first_success, "from the first bad operation to the first good one");
  a("largestGapSeconds", v.largest_gap,
    "largest time between two operations: the resolution; null: fewer than two");
  a("baselineLatencyMaxSeconds", v.baseline_latency_max,
    "largest good latency before the fault; null: none");
  a("p50Seconds", v.p50, "median latency before the fault; null: none");
  a("p95Seconds", v.p95, "95th percentile of latency before the fault; null: none");
  a("p99Seconds", v.p99, "99th percentile of latency before the fault; null: none");
  a("verdict", v.verdict, "of a stream that decides; null: this one is not judged");
  a("reason", v.reason, "why");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::ObjectiveResult> v) {
  a.type("ObjectiveResult", "an objective, what was measured, and the verdict");
  a("name", v.name, "RTO or RPO");
  a("objectiveSeconds", v.objective, "what the plan demands; null: it asks for none");
  a("userVisible", v.user_visible,
    "as users saw it; the lower bound decides `Missed`; null: not measured");
  a("service", v.service,
    "of the service itself; the upper bound decides `Met`; null: not measured");
  a("verdict", v.verdict, "the verdict; null: there is no objective");
  a("reason", v.reason, "one sentence that explains the verdict");
  a("decidedBy", v.decided_by, "the stream that decided");
  a("zeroPoint", v.zero_point, "from which moment time is counted");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::PhaseResult> v) {
  a.type("PhaseResult", "a phase or step against its target");
  a("name", v.name, "which");
  a("tookSeconds", v.took, "how long; null: it never ended or was not seen");
  a("bounds", v.bounds, "where the true length lies; null: one end of it has no look before it");
  a("targetSeconds", v.target, "target; 0: none");
  a("met", v.met, "whether the target was met; null: no target, or not measured");
  a("outOfOrder", v.out_of_order, "it was seen before the phase that precedes it");
  a("detail", v.detail, "how it was seen");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::LedgerResult> v) {
  a.type("LedgerResult", "every acknowledged write against the final read");
  a("attempts", v.attempts, "writes through the service address");
  a("ok", v.ok, "acknowledged");
  a("fail", v.fail, "proven not written");
  a("info", v.info, "outcome unknown to the client");
  a("kept", v.kept, "acknowledged and present; null: no final read was made");
  a("lost", v.lost, "acknowledged and absent from both final reads; null: not read");
  a("delayed", v.delayed, "acknowledged and present only in the second final read; null: not read");
  a("recoveredUnknown", v.recovered_unknown, "unknown and present; null: not read");
  a("phantom", v.phantom, "proven not written, and present");
  a("duplicate", v.duplicate, "present twice");
  a("corrupt", v.corrupt, "present with a wrong HMAC");
  a("holes", v.holes, "lost although a later write of the same term was kept");
  a("lostFoundOnOldPrimary", v.lost_found_on_old_primary, "lost writes seen on the old primary");
  a("crossCheckAgrees", v.cross_check_agrees, "old primary has exactly these; null: not read");
  a("lostSeqs", v.lost_seqs, "sequence numbers of the first 1,000 lost writes");
  a("firstLostAtSeconds", v.first_lost, "when the first lost write was invoked");
  a("lastLostAtSeconds", v.last_lost, "when the last lost write was invoked");
  a("resolutionSeconds", v.resolution, "largest gap between acknowledged writes before the onset");
  a("identitiesHold", v.identities_hold, "ok = kept + lost + delayed, attempts = ok + fail + info");
  a("problems", v.problems, "what does not add up");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::ConsistencyResult> v) {
  a.type("ConsistencyResult", "split brain, stale reads and the consistency score");
  a("splitBrainDefinite", v.split_brain_definite,
    "acknowledged by the old primary after a higher term");
  a("splitBrainPossible", v.split_brain_possible, "the same with overlapping intervals");
  a("splitBrain", v.split_brain, "how long; null: none seen");
  a("splitBrainSurvived", v.split_brain_survived, "such writes that are present at the end");
  a("fencingLatencySeconds", v.fencing_latency,
    "onset to the last acknowledgement by the old primary");
  a("staleReads", v.stale_reads, "reads older than an acknowledged write");
  a("staleAgeMaxSeconds", v.stale_age_max, "age of the stalest read");
  a("nonMonotonicReads", v.non_monotonic_reads, "reads that went back in time");
  a("scorePercent", v.score_percent, "acknowledged before the recovery point and intact");
  a("scoreOf", v.score_of, "how many writes the score speaks of");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::ReferenceOutage> v) {
  a.type("ReferenceOutage", "an outage of known length of the prober's own responder");
  a("kind", v.kind, "Refuse or Hang");
  a("beganSeconds", v.began, "when, by the responder's stamps");
  a("lengthSeconds", v.length, "exact length");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::ReferenceCheck> v) {
  a.type("ReferenceCheck", "the instrument's figure for a known outage");
  a("known", v.known, "the truth");
  a("userVisible", v.user_visible, "measured, as users see it");
  a("service", v.service, "measured, of the service");
  a("contained", v.contained, "the truth lies inside the bounds");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Stall> v) {
  a.type("Stall", "the prober invoked nothing in this time");
  a("fromSeconds", v.from, "from");
  a("toSeconds", v.to, "to");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::StallSummary> v) {
  a.type("StallSummary", "the stalls in all");
  a("count", v.count, "how many");
  a("longestSeconds", v.longest, "the longest");
  a("totalSeconds", v.total, "all together, overlaps counted once");
  a("inOutage", v.in_outage, "those that touch the judged outage, its two ends included");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::InstrumentResult> v) {
  a.type("InstrumentResult", "how the instrument proved itself in this drill");
  a("reference", v.reference, "known outages and what was measured");
  a("controlHealthy", v.control_healthy, "the target outside the blast radius stayed up");
  a("controlDetail", v.control_detail, "what was seen of it");
  a("stalls", v.stalls, "gaps of the prober's own");
  a("stalled", v.stalled, "the same in all");
  a("wallStepsSeconds", v.wall_steps, "steps of the wall clock");
  a("healthy", v.healthy, "the drill's figures can be trusted");
  a("detail", v.detail, "why, or why not");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::VantageResult> v) {
  a.type("VantageResult", "what one of several vantages saw, alone");
  a("name", v.name, "a: the runner's; the streams of the others are called after them");
  a("place", v.place, "where it measured");
  a("healthy", v.healthy, "it can decide");
  a("decided", v.decided, "the recovery time was judged by its figures");
  a("detail", v.detail, "why it can, or why not");
  a("stream", v.stream, "the worst of its deciding streams");
  a("userVisible", v.user_visible, "outage as users saw it there; null: not measured");
  a("service", v.service, "outage of the service, seen from there; null: not measured");
  a("verdict", v.verdict, "what would be judged by it; null: none of its streams decides");
  a("clockUncertaintySeconds", v.clock_uncertainty,
    "how well its clock is known against the runner's; null: it is not");
  a("clockDriftSeconds", v.clock_drift,
    "how much the two clocks were seen to move against each other; null: the runner's, or not "
    "known");
  a("clockExchanges", v.clock_exchanges, "comparisons of the two clocks");
  a("attempts", v.attempts, "its ledger writes");
  a("ok", v.ok, "acknowledged");
  a("fail", v.fail, "proven not written");
  a("info", v.info, "outcome unknown");
  a("kept", v.kept, "acknowledged and present; null: no final read was made");
  a("lost", v.lost, "acknowledged and absent from both final reads; null: not read");
  a("delayed", v.delayed, "acknowledged and present only in the second; null: not read");
  a("instrument", v.instrument, "how its instrument proved itself");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::CriterionResult> v) {
  a.type("CriterionResult", "a performance criterion");
  a("window", v.window, "degraded or validation");
  a("metric", v.metric, "which metric");
  a("operation", v.operation, "only this operation of the load; empty: all");
  a("statistic", v.statistic, "which statistic of it");
  a("atMost", v.at_most, "true: at most the target; false: at least");
  a("target", v.target, "target, in the metric's own unit");
  a("measured", v.measured, "null: not measured, and therefore missed");
  a("samples", v.samples, "how many samples stand behind it");
  a("verdict", v.verdict, "the verdict");
  a("reason", v.reason, "why");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::MonitoringResult> v) {
  a.type("MonitoringResult", "a signal that had to be watched");
  a("signal", v.signal, "which");
  a("seen", v.seen, "samples in which it was observed");
  a("samples", v.samples, "samples in all");
  a("percent", v.percent, "seen of samples");
  a("monitored", v.monitored, "observed in at least 90 % of the samples");
  a("detail", v.detail, "in words");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Sample> v) {
  a.type("Sample", "one period of the drill; null: nothing was seen of it then");
  a("fromSeconds", v.from, "when the period began");
  a("phase", v.phase, "phase of the drill at that moment");
  a("good", v.good, "good operations of the deciding streams");
  a("bad", v.bad, "bad ones");
  a("loadOperations", v.load_operations, "operations of the users");
  a("loadP95Millis", v.load_p95_millis, "95th percentile of their response times");
  a("primary", v.primary, "the instance seen to take writes; empty: none");
  a("standbys", v.standbys, "standbys that stream from it");
  a("lagBytes", v.lag_bytes, "replication lag");
  a("poolBusy", v.pool_busy, "connections of the users' pool in use");
  a("poolWaiting", v.pool_waiting, "users waiting for one");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Violation> v) {
  a.type("Violation", "what went against the plan");
  a("what", v.what, "which objective, phase or criterion");
  a("severity", v.severity, "critical, high, medium or low");
  a("detail", v.detail, "the figures");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Compliance> v) {
  a.type("Compliance", "the assessment of the drill, each part 0 to 100");
  a("rto", v.rto, "recovery time; null: no objective");
  a("rpo", v.rpo, "recovery point; null: no objective");
  a("performance", v.performance, "criteria met; null: the plan states none");
  a("monitoring", v.monitoring,
    "demanded monitoring: mean share of samples in which each was seen");
  a("score", v.score, "mean of those that are scored");
  a("violations", v.violations, "what went against the plan");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Recommendation> v) {
  a.type("Recommendation", "what to change, from a measured deviation");
  a("priority", v.priority, "high or medium");
  a("metric", v.metric, "which figure");
  a("measured", v.measured, "measured");
  a("target", v.target, "target");
  a("text", v.text, "the advice");
  a("steps", v.steps, "what to do");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::LagSample> v) {
  a.type("LagSample", "replication lag; explains the RPO, is never reported as it");
  a("atSeconds", v.at, "when");
  a("bytes", v.bytes, "written by the primary and not known to be replayed; null: unknown");
  a("replayHeardSeconds", v.replay_heard,
    "from the primary's flush until it heard of the replay, there and back; null: unknown");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::TimelineEvent> v) {
  a.type("TimelineEvent", "something that happened");
  a("atSeconds", v.at, "when");
  a("kind", v.kind, "what kind of thing");
  a("subject", v.subject, "phase, step or fault");
  a("text", v.text, "in words");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::SeriesPoint> v) {
  a.type("SeriesPoint", "a bucket of a plot");
  a("atSeconds", v.at, "start of the bucket");
  a("good", v.good, "ok within the deadline");
  a("bad", v.bad, "not good");
  a("okLate", v.ok_late, "ok after the deadline");
  a("info", v.info, "outcome unknown");
  a("lost", v.lost, "acknowledged and lost");
  a("p50Millis", v.p50_millis, "median latency; null: none was acknowledged");
  a("p95Millis", v.p95_millis, "95th percentile; null: none");
  a("maxMillis", v.max_millis, "largest latency; null: none");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Series> v) {
  a.type("Series", "a stream over the whole drill, for plots");
  a("stream", v.stream, "name of the stream");
  a("widthSeconds", v.width, "width of a bucket");
  a("points", v.points, "buckets in order of time");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::ObjectiveHistory> v) {
  a.type("ObjectiveHistory", "an objective over comparable drills");
  a("met", v.met, "drills that met it");
  a("of", v.of,
    "drills that had the objective; inconclusive and invalid ones did not meet it; 0: none had");
  a("ratio", v.ratio, "met of all");
  a("lowerBound", v.lower_bound, "what the share is at least, with 95 % confidence");
  a("meanSeconds", v.mean, "mean of the upper bounds of valid drills; null: none");
  a("worstSeconds", v.worst, "the worst of them; null: none, or never back");
  a("neverBack", v.never_back, "in one drill the service never came back");
  a("trend", v.trend, "named only where a rank test finds it");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::HistorySummary> v) {
  a.type("HistorySummary", "drills of the same spec, profile and overrides on this machine");
  a("drills", v.drills, "how many, this one included");
  a("leftOut", v.left_out, "drills of the same plan that cannot be compared");
  a("rto", v.rto, "recovery time");
  a("rpo", v.rpo, "recovery point");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::NameSwitch> v) {
  a.type("NameSwitch", "what a name server answered around the fault");
  a("stream", v.stream, "stream that asked it");
  a("name", v.name, "name that was asked for, and where");
  a("before", v.before, "address answered before the fault; empty: none was");
  a("after", v.after, "first other address answered after it; empty: none was");
  a("ttlSeconds", v.ttl,
    "how long clients may keep an answer, the longest before the fault; null: no answer");
  a("switched", v.switched, "from the fault to the other address; null: there was none");
  a("followedSeconds", v.followed,
    "from the fault until every client that obeys the TTL knows the other address, at the latest; "
    "null: not known");
}

template <class A>
void outcome_fields(A& a, typename A::template Ref<drill::Report> v) {
  a("verdict", v.verdict, "the worst of all verdicts");
  a("reasons", v.reasons, "why, worst first");
  a("ending", v.ending, "how the drill ended");
  a("endingReason", v.ending_reason, "why it ended so");
  a("finalState", v.final_state, "system state when it ended");
  a("rto", v.rto, "recovery time objective");
  a("rpo", v.rpo, "recovery point objective");
  a("rpoRecords", v.rpo_records, "acknowledged writes that were lost; null: not read");
  a("phases", v.phases, "phases of the outage, in order");
  a("steps", v.steps, "recovery steps against their targets");
  a("streams", v.streams, "what each stream saw");
  a("ledger", v.ledger, "acknowledged writes against the final read");
  a("consistency", v.consistency, "split brain, stale reads");
  a("instrument", v.instrument, "whether the figures can be trusted; of the vantage that decided");
  a.later("vantages", v.vantages, "each vantage alone; none: the runner's was the only one");
  a("lagAtFault", v.lag_at_fault, "replication lag when the fault began");
  a.later("names", v.names, "when name servers led clients elsewhere");
  a("criteria", v.criteria, "performance criteria");
  a("monitoring", v.monitoring, "whether what had to be watched was");
  a("samplePeriodSeconds", v.sample_period, "length of a sample");
  a("samples", v.samples, "baseline to validation, one row per period");
  a("compliance", v.compliance, "assessment");
  a("history", v.history, "comparable drills, this one included; null: the history cannot be read");
  a("recommendations", v.recommendations, "what to change");
}

template <class A>
void fields(A& a, typename A::template Ref<drill::Report> v) {
  a.type("DrillReport", "What one disaster-recovery drill proved.");
  a("version", v.version, "version of this document; it changes with every change of a field");
  a("drillId", v.drill_id, "id of the drill");
  a("plan", v.plan, "name of the plan");
  a("failureType", v.failure_type, "what was broken");
  a("description", v.description, "the plan's description");
  a("profile", v.profile, "timing profile");
  a("mode", v.mode, "Orchestrate: the plan's steps recovered; Observe: something else did");
  a("versions", v.versions, "versions of everything that took part");
  a("overrides", v.overrides, "what --set changed; empty: nothing");
  a("specDigest", v.spec_digest, "drills of the same one are compared");
  a("loadSeed", v.load_seed, "seed of the load; null: no load");
  a("started", v.started, "wall clock, UTC");
  a("finished", v.finished, "wall clock, UTC");
  a.origin("steadyStartNanoseconds", v.steady_start,
           "steady clock at the start; every other stamp is in seconds since then");
  outcome_fields(a, v);
  a("timeline", v.timeline, "everything that happened, in order");
  a("phaseBegan", v.phase_began, "when each phase of the drill began");
  a("faultBegunAtSeconds", v.fault_begun, "when the fault began; null: never");
  a("onsetAtSeconds", v.onset, "first bad operation; null: none");
  a("sustainedAtSeconds", v.sustained, "first good operation that held; null: none");
  a("endedAtSeconds", v.ended, "when the drill ended");
  a("series", v.series, "buckets for plots");
  a("planYaml", v.plan_yaml, "the plan, exactly as it ran");
  a("directory", v.directory, "where the evidence lies");
}

}  // namespace report
