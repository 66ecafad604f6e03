#!/usr/bin/env python3
"""The controller runtime beside client-go, in turns: start, latency, memory under churn, writes, leader election.

    bench/kube_runtime.py [--only first,events,many,churn,apply,elect] [--rounds 5] [--updates 1000000] [--undisturbed]

Needs `make build PRESET=release` and `make kubernetes`. `first`, `events` and `churn` follow a server of the benchmark's own
(ci/kubernetes/watch_server), the same for both; `apply` and `elect` talk to a real API server. Prints a table: best (median) of each figure, and
the ratio of the best; of handovers p50, p99 and the longest. With --undisturbed (root) all parts go before whatever else this machine
does (SCHED_FIFO): for what is a time and not a cost, on a machine that is busy.
"""
import argparse
import functools
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time

from beside import HEAD, NAMES, RELEASE, SOURCE, Rounds, build_go, real_server, row, said_by
from watch_server import WatchServer, make_keys

OURS = os.path.join(RELEASE, "bench", "kube_runtime")
FIRST_ROUNDS, FIRST_OBJECTS = 40, 10
EVENTS, EVENT_PAUSE_US = 2000, 4000
CHURN_OBJECTS, MANY_OBJECTS = 10_000, 100_000
APPLIES = 1000
HANDOVERS = {"muster": 60, "client-go": 15}
CRASHES = 6


def measure_first(programs, serve, _options):
    with serve(FIRST_OBJECTS, "stay") as server:
        said, part = Rounds(), Rounds()
        for _ in range(FIRST_ROUNDS):
            said.run(1, programs, lambda _, program: said_by([OURS, "launch", program, "first", server.kubeconfig]))
            part.add("muster", said_by([OURS, "launch", OURS, "context", server.kubeconfig]))
    before = f"{part.best('context', 'muster') / 1e3:.2f} ({part.median('context', 'muster') / 1e3:.2f})"
    return [row("exec to first reconcile, ms", "<= 5", said, "first", 2, 1e-3),
            f"| until the TLS context is made, before any byte is sent, ms | - | {before} | | |"]


def measure_events(programs, serve, options):
    def once(_, program):
        with serve(100, "stamped", EVENTS, EVENT_PAUSE_US) as server:
            return said_by([program, "events", server.kubeconfig])
    said, floor = Rounds(), Rounds()
    for _ in range(options.rounds):
        said.run(1, programs, once)
        with serve(100, "stamped", EVENTS, EVENT_PAUSE_US) as server:
            floor.add("floor", said_by([server.program, "read", server.keys.folder, str(server.port)]))
    lowest = f"{floor.best('p50', 'floor') / 1e3:.3f}, {floor.best('p99', 'floor') / 1e3:.3f}"
    return [f"| a bare reader of the same stream in Go, p50, p99, ms | (a floor) | {lowest} | | |",
            row("event to handler, p50, ms", "-", said, "p50", 3, 1e-3), row("event to handler, p99, ms", "<= 0.2", said, "p99", 3, 1e-3),
            row("event to handler, CPU, us each", "-", said, "cpu")]


def measure_many(programs, serve, _options):
    def once(_, program):
        with serve(MANY_OBJECTS, "churning", 0) as server:
            return said_by([program, "churn", server.kubeconfig])
    said = Rounds().run(1, programs, once)
    return [row(f"{MANY_OBJECTS:,} objects, MiB", "<= 64", said, "synced"), row("after a forced list, MiB", "<= +10 %", said, "relisted")]


def measure_churn(programs, serve, options):
    def once(_, program):
        with serve(CHURN_OBJECTS, "churning", options.updates) as server:
            said = said_by([program, "churn", server.kubeconfig])
        return said | {"each": said["cpu"] * 1e6 / options.updates}
    said = Rounds().run(1, programs, once)
    return [row(f"{CHURN_OBJECTS:,} objects, MiB", "<= 18", said, "synced"),
            row(f"after {options.updates:,} updates, MiB", "<= +10 %", said, "updated"),
            row("after a forced list, MiB", "<= +10 %", said, "relisted"),
            row("an update, CPU, us", "-", said, "each")]


def measure_apply(programs, kubeconfig, options):
    rows = []
    for mode, what, to_reach in (("apply", "server-side apply, client CPU, ms", "<= 0.10"),
                                 ("reconcile", "the same, its own event followed, ms", "-")):
        said = Rounds().run(options.rounds, programs,
                            lambda _, program, mode=mode: said_by([program, mode, kubeconfig, str(APPLIES)]))
        rows.append(row(what, to_reach, said, "cpu", 3, 1e-3))
    return rows


class Candidate:
    """A process that wants a Lease, and says what becomes of that."""

    def __init__(self, argv):
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)

    def until(self, word):
        """The wall clock when it said so, in nanoseconds."""
        for line in self.process.stdout:
            said, stamp = line.split()
            if said == word:
                return int(stamp)
        raise RuntimeError(f"a candidate ended without {word}: {self.process.wait()}")

    def end(self, number):
        self.process.send_signal(number)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def handovers(program, kubeconfig, count, seconds, number):
    """Milliseconds from the signal to the leader until the standby leads."""
    lease, out = f"lease-{random.getrandbits(32):x}", []
    candidates = []

    def join(identity):
        candidates.append(Candidate([program, "elect", kubeconfig, lease, f"{identity}-{lease}", str(seconds)]))
        return candidates[-1]

    try:
        leader = join(0)
        leader.until("leads")
        for turn in range(1, count + 1):
            standby = join(turn)
            standby.until("waits")
            time.sleep(random.uniform(0.2, 1.2))
            began = time.time_ns()
            leader.end(number)
            out.append((standby.until("leads") - began) / 1e6)
            leader = standby
            candidates.pop(0).close()
    finally:
        for one in candidates:
            one.close()
    return out


def handover_row(what, to_reach, by_name, figure):
    def cell(name):
        every = sorted(by_name[name])
        p99 = every[min(len(every) - 1, int(len(every) * 0.99))]
        return f"{statistics.median(every):,.1f} / {p99:,.1f} / {every[-1]:,.1f} of {len(every)}"
    ratio = figure(by_name["client-go"]) / figure(by_name["muster"])
    return f"| {what} | {to_reach} | {cell('muster')} | {cell('client-go')} | {ratio:,.1f} |"


def measure_elect(programs, kubeconfig, _options):
    released = {name: handovers(program, kubeconfig, HANDOVERS[name], 15, signal.SIGTERM) for name, program in zip(NAMES, programs)}
    crashed = {name: handovers(program, kubeconfig, CRASHES, 3, signal.SIGKILL) for name, program in zip(NAMES, programs)}
    return [handover_row("release to new leader, ms: p50 / p99 / longest", "p99 <= 50", released, statistics.median),
            handover_row("crash to new leader, lease of 3 s, ms: the same", "<= 4,000", crashed, max)]


PLAYED = {"first": measure_first, "events": measure_events, "many": measure_many, "churn": measure_churn}
REAL = {"apply": measure_apply, "elect": measure_elect}


def main():
    parser = argparse.ArgumentParser(description="The controller runtime beside client-go.")
    parser.add_argument("--only", default=",".join([*PLAYED, *REAL]))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=1_000_000)
    parser.add_argument("--undisturbed", action="store_true")
    options = parser.parse_args()
    if options.undisturbed:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    wanted = options.only.split(",")
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        programs = (OURS, build_go(folder, "peer"))
        serve = functools.partial(WatchServer, build_go(folder, "watch_server"), folder, make_keys(folder))
        for name in (name for name in PLAYED if name in wanted):
            print(*PLAYED[name](programs, serve, options), sep="\n", flush=True)
        if not any(name in wanted for name in REAL):
            return
        with real_server(os.path.join(folder, "server")) as kubeconfig:
            for name in (name for name in REAL if name in wanted):
                print(*REAL[name](programs, kubeconfig, options), sep="\n", flush=True)


if __name__ == "__main__":
    main()
