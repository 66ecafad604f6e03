#!/usr/bin/env python3
"""Breaks the measurement and the operator on purpose, one line at a time, and demands that their
tests notice.

Each mutation is a small wrong turn that a plausible edit could take: a bound swapped, a record
dropped, info counted as lost, a look left out. It is applied to a copy of the sources, only the
program that tests it is rebuilt, and the tests must fail (or not end): test_drill for the
measurement, the simulated operator for the operator. A mutation that survives is a hole in the
tests; a mutation whose line is not found any more is an error too, so that the list follows the code.

    ci/mutate.py [NAME...]      all, or those whose name contains one of the words (make mutate)
    ci/mutate.py --stale        whether every line is still found; builds nothing

Exit: 0 all caught, 1 survivors or stale mutations. Takes some minutes on two cores.
"""
import functools
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutate"
SOURCE = WORK / "source"


@dataclass(frozen=True)
class Suite:
    target: str
    program: str  # below the build's folder
    filter: str
    seconds_max: int


DRILL = Suite("test_drill", "tests/drill/test_drill", "*", 60)
OPERATOR = Suite("test_operator", "tests/operator/test_operator", "*OperatorCrashPoints.*", 300)


@dataclass(frozen=True)
class Mutation:
    name: str
    file: str
    old: str
    new: str
    folder: str = "libs/drill"
    suite: Suite = DRILL

    @property
    def path(self):
        return f"{self.folder}/{self.file}" if self.folder else self.file


OperatorMutation = functools.partial(Mutation, folder="", suite=OPERATOR)


MUTATIONS = [
    # Availability: what one operation says.
    Mutation("late is good", "observe.cpp",
             "if (ok && record.completed - record.scheduled <= stream.deadline) return Sight::Good;",
             "if (ok) return Sight::Good;"),
    Mutation("latency from the invocation instead of the due time", "observe.cpp",
             "if (ok && record.completed - record.scheduled <= stream.deadline)",
             "if (ok && record.completed - record.invoked <= stream.deadline)"),
    Mutation("exactly at the deadline is late", "observe.cpp",
             "record.completed - record.scheduled <= stream.deadline)",
             "record.completed - record.scheduled < stream.deadline)"),
    Mutation("completion time instead of invocation", "observe.cpp",
             "seen.invoked = record.invoked != kNever ? record.invoked : record.scheduled;",
             "seen.invoked = record.completed != kNever ? record.completed : record.scheduled;"),
    Mutation("due time instead of invocation", "observe.cpp",
             "seen.invoked = record.invoked != kNever ? record.invoked : record.scheduled;",
             "seen.invoked = record.scheduled;"),
    Mutation("never sent is bad", "observe.cpp",
             "if (record.cause == Cause::NotSent) return Sight::Unseen;",
             "if (record.cause == Cause::NotSent) return Sight::Bad;"),
    Mutation("own silence is an outage", "observe.cpp",
             "return late ? Sight::Bad : Sight::Unseen;",
             "return late || silent > Duration::zero() ? Sight::Bad : Sight::Unseen;"),
    Mutation("blocked is not bad", "observe.cpp",
             "if (silent == Duration::zero() && !cut_short) return Sight::Bad;",
             "if (record.cause == Cause::Blocked) return Sight::Unseen;\n"
             "  if (silent == Duration::zero() && !cut_short) return Sight::Bad;"),
    Mutation("the first record is dropped", "observe.cpp",
             "for (const Record& record : records) view.seen",
             "for (const Record& record : records.subspan(records.empty() ? 0 : 1)) view.seen"),
    # Bounds.
    Mutation("user-visible bounds swapped", "outage.cpp",
             "out.user_visible.lower = seen[last_bad].invoked - begin;",
             "out.user_visible.lower = seen[last_bad].invoked - out.away_from_lo;"),
    Mutation("upper bound from b0 instead of the last good", "outage.cpp",
             "out.user_visible.upper = seen[*out.sustained].invoked - out.away_from_lo;",
             "out.user_visible.upper = seen[*out.sustained].invoked - begin;"),
    Mutation("service upper bound ends at the invocation", "outage.cpp",
             "out.service.upper = seen[*out.sustained].completed - out.away_from_lo;",
             "out.service.upper = seen[*out.sustained].invoked - out.away_from_lo;"),
    Mutation("delta dropped", "outage.cpp",
             "by = std::min(by, seen[i].invoked + delta);",
             "by = std::min(by, seen[first_bad].invoked);"),
    Mutation("the published delta rule", "outage.cpp",
             "by = std::min(by, seen[i].invoked + delta);",
             "by = std::min(by, seen[first_bad].invoked + delta);"),
    Mutation("blocked counts like any other", "outage.cpp",
             "if (seen[last_bad].cause != Cause::Blocked) return seen[last_bad].invoked;",
             "return seen[last_bad].invoked;"),
    Mutation("no hold: the first good one ends the outage", "outage.cpp",
             "if (candidate && seen[i].invoked > seen[*candidate].invoked + hold) {",
             "if (candidate) {"),
    Mutation("the end of the hold is not part of it", "outage.cpp",
             "if (candidate && seen[i].invoked > seen[*candidate].invoked + hold) {",
             "if (candidate && seen[i].invoked >= seen[*candidate].invoked + hold) {"),
    Mutation("a hold cut short counts", "outage.cpp",
             "if (candidate && last_seen + interval >= seen[*candidate].invoked + hold) {",
             "if (candidate) {"),
    Mutation("recovery by the undo counts", "outage.cpp",
             "const Seen seen(view.seen.begin(), watched_end);",
             "const Seen seen = view.seen;\n  static_cast<void>(watched_end);"),
    Mutation("in flight at the fault is no part of it", "outage.cpp",
             "if (seen[i].invoked >= fault_begun - deadline && seen[i].completed >= fault_begun) "
             "return i;",
             ""),
    Mutation("no steady state needed", "outage.cpp",
             "out.steady = lasted >= hold && gap <= stall_limit(view.stream);",
             "out.steady = true;"),
    Mutation("a stall across the onset is ignored", "outage.cpp",
             "outage.stalled = seen[next].invoked - seen[*outage.last_good].invoked > limit;", ""),
    Mutation("a stall across the recovery is ignored", "outage.cpp",
             "outage.stalled |= longest_gap(seen, search.last_bad, held_until) > limit;", ""),
    Mutation("zero point below zero", "outage.cpp",
             "{ return not_negative(at - zero + off); }", "{ return at - zero + off; }"),
    # Verdicts.
    Mutation("met only below the objective", "outage.cpp",
             "*service.upper <= objective", "*service.upper < objective"),
    Mutation("met by the user-visible bound", "outage.cpp",
             "if (service.upper && *service.upper <= objective)",
             "if (user_visible.upper && *user_visible.upper <= objective)"),
    Mutation("missed at the objective", "outage.cpp",
             "user_visible.lower > objective", "user_visible.lower >= objective"),
    Mutation("missed by the service bound", "outage.cpp",
             "if (user_visible.lower > objective)", "if (service.lower > objective)"),
    Mutation("no bad operation is zero", "judgement.cpp",
             "out.service = {Duration::zero(), view.stream.deadline + gap};",
             "out.service = {Duration::zero(), Duration::zero()};"),
    Mutation("a later outage is not judged", "judgement.cpp",
             "if (later.verdict > worst.verdict) worst = std::move(later);", ""),
    Mutation("an objective of nothing lost is met by a short loss", "judgement.cpp",
             "if (*objective == Duration::zero() && r.lost.value_or(0) > 0) return {Verdict::Missed, reason};",
             ""),
    Mutation("broken identities are forgiven", "judgement.cpp",
             "if (objective && !r.identities_hold) return {Verdict::Invalid, r.problems.front()};", ""),
    Mutation("not measured is met", "criteria.cpp",
             "if (!measured.value) {", "if (!measured.value) {\n    out.verdict = Verdict::Met;"),
    Mutation("at most means below", "criteria.cpp",
             "*measured.value <= criterion.target", "*measured.value < criterion.target"),
    Mutation("failures count as satisfied", "criteria.cpp",
             "if (!sample->ok || sample->completed == kNever) continue;\n"
             "    const Duration took = sample->completed - sample->intended;",
             "const Duration took = sample->completed - sample->intended;"),
    Mutation("damage does not fail the drill", "assess.cpp",
             "if (!hurt.empty()) reasons.add(Verdict::Missed", "if (false) reasons.add(Verdict::Missed"),
    Mutation("an unproven fault is judged", "assess.cpp",
             "if (evidence_.fault_effective == kNever)", "if (false)"),
    # The ledger.
    Mutation("info counts as lost", "ledger_check.cpp",
             "if (record.outcome == Outcome::Ok) {\n      if (is_lost(record, rows_)) lose(record);",
             "if (record.outcome == Outcome::Info && !present) lose(record);\n"
             "    if (record.outcome == Outcome::Ok) {\n      if (is_lost(record, rows_)) lose(record);"),
    Mutation("late acknowledgements are not acknowledged", "ledger_check.cpp",
             "if (is_lost(record, rows_)) lose(record);",
             "if (is_lost(record, rows_) && record.completed - record.scheduled < base::millis(50)) "
             "lose(record);"),
    Mutation("the second final read is skipped", "ledger_check.cpp",
             "index.take(index.rejoined_, kRejoined, true);", ""),
    Mutation("the first final read is skipped", "ledger_check.cpp",
             "index.take(index.survivor_, kSurvivor, true);", ""),
    Mutation("a broken HMAC is presence", "ledger_check.cpp",
             "if (judged) flag |= kCorrupt;\n      continue;", "if (judged) flag |= kCorrupt;"),
    Mutation("duplicates are not seen", "ledger_check.cpp",
             "if (judged && (flag & once) != 0) flag |= kTwice;", ""),
    Mutation("strangers are not seen", "ledger_check.cpp",
             "result().phantom += rows_.strangers().size();", ""),
    Mutation("a record is dropped", "ledger_check.cpp",
             "if (is_ledger(record)) take(record, onset);",
             "if (is_ledger(record) && record.seq != 3) take(record, onset);"),
    Mutation("the last lost write does not move the end", "ledger_check.cpp",
             "ends.push_back({lost.last_inv, lost.last_comp, vantage});",
             "if (!onset) ends.push_back({lost.last_inv, lost.last_comp, vantage});"),
    Mutation("RPO from the completion of the first lost", "ledger_check.cpp",
             "end.hi - lost.first_inv + *apart", "end.hi - lost.first_comp + *apart"),
    Mutation("RPO lower bound from the invocation", "ledger_check.cpp",
             "end.lo - lost.first_comp - *apart", "end.lo - lost.first_inv - *apart"),
    Mutation("holes across terms", "ledger_check.cpp",
             "auto& by_vantage = kept_until_[record.server_term];",
             "auto& by_vantage = kept_until_[1];"),
    Mutation("overlapping writes make a hole", "ledger_check.cpp",
             "later(lost->completed, *off) < latest.second",
             "later(lost->invoked, *off) < latest.second"),
    Mutation("a read before the last acknowledgement counts", "ledger_check.cpp",
             "if (read == nullptr || last_acknowledged_ <= read->began) continue;", "continue;"),
    Mutation("the cross-check looks at lost writes only", "ledger_check.cpp",
             "differ += missing || (record.outcome == Outcome::Fail && there);", ""),
    # Sessions, features, performance.
    Mutation("a session of after the fault was had", "continuity.cpp",
             "if (record.completed < evidence.fault_begun) {",
             "session.had |= ok;\n    if (record.completed < evidence.fault_begun) {"),
    Mutation("a denied session is continued", "continuity.cpp",
             "if (session.answered && !session.denied) ++continued;",
             "if (session.answered) ++continued;"),
    Mutation("a session that was not answered is continued", "continuity.cpp",
             "if (session.answered && !session.denied) ++continued;",
             "if (!session.denied) ++continued;"),
    Mutation("an outage denies sessions", "continuity.cpp",
             "record.outcome == Outcome::Fail && record.cause == Cause::Rejected;",
             "record.outcome == Outcome::Fail;"),
    Mutation("answers before the window continue a session", "continuity.cpp",
             "session.answered |= ok && record.scheduled >= from;", "session.answered |= ok;"),
    Mutation("what the instrument did not send fails", "continuity.cpp",
             "record.cause != Cause::Blocked && record.cause != Cause::Stopped;",
             "record.cause != Cause::Stopped;"),
    Mutation("features fail by their past", "continuity.cpp",
             "if (record.scheduled < from || record.scheduled >= until) continue;",
             "if (record.scheduled >= until) continue;"),
    Mutation("a feature that failed once works", "continuity.cpp",
             "entry->second &= record.outcome == Outcome::Ok;",
             "entry->second |= record.outcome == Outcome::Ok;"),
    Mutation("features that were not called are not counted", "continuity.cpp",
             "return share(working, streams.size());", "return share(working, works.size());"),
    Mutation("performance may be more than back", "criteria.cpp",
             "return {100 * std::min(1.0, ratio), now.samples,",
             "return {100 * ratio, now.samples,"),
    Mutation("every difference is felt", "criteria.cpp",
             "return std::max(millis, base::to_millis(apdex_target) / 10);",
             "return std::max(millis, base::to_millis(apdex_target) * 0);"),
    Mutation("the outage is a part of the baseline", "criteria.cpp",
             '{"baseline", began->second, evidence.fault_begun};',
             '{"baseline", began->second, kNever};'),
    # Consistency, phases, instrument, history.
    Mutation("possible split brain is definite", "consistency.cpp",
             "if (write.invoked - *off <= higher.acknowledged) continue;", ""),
    Mutation("staleness by invocation", "consistency.cpp",
             "by_completion_[next_]->completed < at", "by_completion_[next_]->invoked < at"),
    Mutation("lost writes make reads stale", "consistency.cpp",
             "if (!rows.in_survivor(record.stream, record.seq)) continue;\n"
             "      by_completion_", "by_completion_"),
    Mutation("loss behind the recovery point costs consistency", "consistency.cpp",
             "if (!present && !damaged && !lies_before(*write)) continue;", ""),
    # Several vantages.
    Mutation("what is not known of two clocks is left out", "vantage.cpp",
             "return fit(a).uncertainty + fit(b).uncertainty;", "return Duration::zero();"),
    Mutation("both ways of an exchange take equally long", "vantage.cpp",
             "out.uncertainty = most - out.offset;", "out.uncertainty = (most - out.offset) / 8;"),
    Mutation("clocks do not drift between exchanges", "vantage.cpp",
             "return to > from ? (to - from).count() * (kParts / kClockRate) : 0;",
             "return to > from ? (to - from).count() / 100 : 0;"),
    Mutation("exchanges that contradict each other are believed", "vantage.cpp",
             "if (at.empty() || std::any_of(at.begin(), at.end(), contradicts)) {",
             "if (at.empty()) {"),
    Mutation("an unhealthy vantage decides", "assess.cpp",
             "return seat.judged && seat.unfit.empty(); };", "return seat.judged.has_value(); };"),
    Mutation("the best vantage decides", "assess.cpp",
             "!is_worse(*seat.judged, *seats_[decider_].judged)",
             "!is_worse(*seats_[decider_].judged, *seat.judged)"),
    Mutation("a vantage that stood still decides", "assess.cpp",
             "seat.judged->measured && !seat.judged->blind;", "seat.judged->measured;"),
    Mutation("what a missing vantage wrote is a phantom", "ledger_check.cpp",
             "if (passed_over(row.stream)) continue;", ""),
    Mutation("the fault begins when its own clock says for every vantage", "assess.cpp",
             "earlier(evidence_.fault_begun, unsure)", "evidence_.fault_begun"),
    Mutation("phases out of order are clamped", "phases.cpp",
             "out.took = to.when.at - from.when.at;",
             "out.took = std::max(Duration::zero(), to.when.at - from.when.at);"),
    Mutation("an unobserved phase with a target passes", "phases.cpp",
             "if (out.target > Duration::zero()) out.met = false;", ""),
    Mutation("the reference is always right", "instrument.cpp",
             "out.contained = service && within(out.user_visible, least, most);",
             "out.contained = true;"),
    Mutation("the control is not looked at", "instrument.cpp",
             "if (failed.empty()) continue;", "continue;"),
    Mutation("invalid drills count as met", "history.cpp",
             "out.met += drill.*objective.verdict == Verdict::Met;",
             "out.met += drill.*objective.verdict != Verdict::Missed;"),
    Mutation("two-sided bound", "history.cpp",
             "const double alpha = 1 - confidence;", "const double alpha = (1 - confidence) / 2;"),
    # The operator, whole drills of which are simulated.
    OperatorMutation("a drill is claimed whatever has become of it", "libs/cluster/drill_object.cpp",
                     '.set("metadata", Node::map().set("resourceVersion", now.version))\n', ""),
    OperatorMutation("the slot that fires is not remembered", "operator/schedule_controller.cpp",
                     "CO_TRY(co_await write(object, std::move(status), stop));\n"
                     "    if (start != nullptr) co_return",
                     "if (start != nullptr) co_return"),
    OperatorMutation("the guardian keeps the finalizer", "operator/guard.cpp",
                     "CO_TRY(co_await writer_->let_go(drill_.uid, {}));\n"
                     "    const auto dropped", "const auto dropped"),
    OperatorMutation("a write of a runner is given up when it is told to stop", "libs/cluster/awaited_writes.cpp",
                     "executor, kAnswerWithin,", "executor, base::Duration{},"),
    OperatorMutation("the finalizer is added by whoever comes", "libs/cluster/drill_object.cpp",
                     "if (held && object[", "if (held && runner_uid.empty() && object["),
    OperatorMutation("the runner's last look before a fault is left out", "operator/drill_holder.cpp",
                     "const base::TimePoint until = clock_.now() + kConfirmWithin;",
                     "co_return base::Result<>{};\n"
                     "  const base::TimePoint until = clock_.now() + kConfirmWithin;"),
    OperatorMutation("the guardian undoes once only", "operator/guard.cpp",
                     "const bool again = open.request || open.goes_on > base::Duration{};",
                     "const bool again = open.goes_on > base::Duration{};"),
    OperatorMutation("what the server has of a runner that is gone is not outlived", "operator/guard.cpp",
                     "static_cast<void>(co_await aio::wait_for(clock_, cluster::kLandsWithin, {}));", ""),
    OperatorMutation("a write without an answer is forgotten", "libs/cluster/awaited_writes.cpp",
                     "if (changes && is_unheard(reply)) {", "if (changes && !is_unheard(reply)) {"),
    OperatorMutation("the server is not told when to give up", "libs/cluster/awaited_writes.cpp",
                     'return target + fmt::format("timeout={}s", kServerTries / base::seconds(1));',
                     "target.pop_back();\n  return target;"),
    OperatorMutation("what may still land counts as answered", "libs/drill/engine.cpp",
                     "part->answered = !event.may_land;", "part->answered = true;"),
    OperatorMutation("a guardian counts from when it was begun", "operator/guard.cpp",
                     "beaten_ = clock_.now() - age_of_beat();", "beaten_ = clock_.now();"),
    OperatorMutation("a command that goes on is not outlived", "operator/guard.cpp",
                     "if (recovered.whole && again) co_await outlive_command(open.goes_on);", ""),
    OperatorMutation("the word of a pod that is gone is not outlived", "operator/guard.cpp",
                     "static_cast<void>(co_await aio::wait_for(clock_, kTokenLives, {}));", ""),
    OperatorMutation("the word of a pod that is held is not outlived", "operator/guard.cpp",
                     "if (told && clock_.now() - *told >= kDeletedTokenLives) co_return;",
                     "if (told) co_return;"),
    OperatorMutation("a runner that nobody hears goes on", "operator/drill_holder.cpp",
                     "constexpr base::Duration kNobodyMax = base::seconds(30);",
                     "constexpr base::Duration kNobodyMax = base::seconds(3000);"),
    OperatorMutation("a runner's pod that does not end is not forgotten", "operator/guard.cpp",
                     "const std::int64_t grace = late ? 0 : kRunnerGraceSeconds;",
                     "const std::int64_t grace = kRunnerGraceSeconds;"),
]


def copy_sources():
    """Only what the build reads; files that did not change keep their time, so ninja is idle."""
    WORK.mkdir(parents=True, exist_ok=True)
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    for name in files:
        source, copy = ROOT / name, SOURCE / name
        if not source.is_file():
            continue
        content = source.read_bytes()
        if name == "CMakeLists.txt":  # a mutation may leave a parameter unused
            content = content.replace(b" -Werror ", b" ")
        if copy.is_file() and copy.read_bytes() == content:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)


def run(command, seconds=None):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return None


def build(suite):
    return run(["ninja", "-C", str(WORK / "build"), suite.target])


def test(suite):
    return run([str(WORK / "build" / suite.program), "--gtest_fail_fast", "--gtest_brief=1",
                f"--gtest_filter={suite.filter}"], suite.seconds_max)


def caught_by(result):
    if result is None:
        return "does not end"
    for line in result.stdout.splitlines():
        if line.startswith("[  FAILED  ]"):
            return line.split("] ", 1)[1].split(" (")[0].rstrip(",")
    return f"exit {result.returncode}"


def attempt(mutation):
    """(caught, how)"""
    path = SOURCE / mutation.path
    original = path.read_text()
    if original.count(mutation.old) != 1:
        return False, f"STALE: found {original.count(mutation.old)} times in {mutation.path}"
    path.write_text(original.replace(mutation.old, mutation.new))
    try:
        built = build(mutation.suite)
        if built.returncode != 0:
            return False, "STALE: does not compile: " + next(
                (line for line in built.stdout.splitlines() if "error:" in line), "")
        result = test(mutation.suite)
        if result is not None and result.returncode == 0:
            return False, "SURVIVED"
        return True, caught_by(result)
    finally:
        path.write_text(original)


def stale():
    """Those whose line is not there once."""
    return [m.name for m in MUTATIONS if (ROOT / m.path).read_text().count(m.old) != 1]


def main():
    words = sys.argv[1:]
    if words == ["--stale"]:
        print("\n".join(f"STALE: {name}" for name in stale()) or "every line is found")
        return 1 if stale() else 0
    chosen = [m for m in MUTATIONS if not words or any(word in m.name for word in words)]
    copy_sources()
    run(["cmake", "-S", str(SOURCE), "-B", str(WORK / "build"), "-G", "Ninja",
         "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_CXX_FLAGS=-O1",
         "-DMUSTER_SANITIZE=none"])
    for suite in {mutation.suite for mutation in chosen}:
        built, passed = build(suite), test(suite)
        if built.returncode != 0 or passed is None or passed.returncode != 0:
            print(f"{suite.target}: unchanged it does not build or pass:\n" + built.stdout[-2000:])
            return 1
    wrong = 0
    print(f"| {'mutation':<60} | caught by |")
    for mutation in chosen:
        begun = time.monotonic()
        caught, how = attempt(mutation)
        wrong += not caught
        print(f"| {mutation.name:<60} | {how} | {time.monotonic() - begun:.1f} s", flush=True)
    print(f"{len(chosen) - wrong} of {len(chosen)} caught")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
