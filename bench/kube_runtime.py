#!/usr/bin/env python3
"""The controller runtime beside client-go, in turns: start, latency, memory under churn, writes, leader election.

    bench/kube_runtime.py [--only first,events,churn,apply,elect] [--rounds 5] [--updates 1000000]

Needs `make build PRESET=release` and `make kubernetes`. `first`, `events` and `churn` follow a server of the benchmark's own
(watch_server.py), the same for both; `apply` and `elect` talk to a real API server. Prints a table: best (median) of each figure, and
the ratio of the best; of handovers p50, p99 and the longest.
"""
import argparse
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time

from beside import HEAD, NAMES, RELEASE, Rounds, build_peer, real_server, row, said_by
from watch_server import WatchServer, churning, make_keys, stamped, stay

OURS = os.path.join(RELEASE, "bench", "kube_runtime")
FIRST_ROUNDS = 40
EVENTS, EVENT_PAUSE = 2000, 0.004
CHURN_OBJECTS = 10_000
APPLIES = 3000
HANDOVERS = {"muster": 100, "client-go": 30}
CRASHES = 8


def measure_first(programs, folder, keys, _options):
    with WatchServer(folder, keys, 100, stay) as server:
        said = Rounds().run(FIRST_ROUNDS, programs, lambda _, program: said_by([OURS, "launch", program, "first", server.kubeconfig]))
    return [row("exec to first reconcile, ms", "<= 5", said, "first", 2, 1e-3)]


def measure_events(programs, folder, keys, options):
    def once(_, program):
        with WatchServer(folder, keys, 100, stamped(EVENTS, EVENT_PAUSE)) as server:
            return said_by([program, "events", server.kubeconfig])
    said = Rounds().run(options.rounds, programs, once)
    return [row("event to handler, p50, ms", "-", said, "p50", 3, 1e-3), row("event to handler, p99, ms", "<= 0.2", said, "p99", 3, 1e-3),
            row("event to handler, CPU, us each", "-", said, "cpu")]


def measure_churn(programs, folder, keys, options):
    def once(_, program):
        with WatchServer(folder, keys, CHURN_OBJECTS, churning(options.updates)) as server:
            said = said_by([program, "churn", server.kubeconfig])
        growth = {f"{when}-growth": (said[when] / said["synced"] - 1) * 100 for when in ("updated", "relisted")}
        return said | growth | {"each": said["cpu"] * 1e6 / options.updates}
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


PLAYED = {"first": measure_first, "events": measure_events, "churn": measure_churn}
REAL = {"apply": measure_apply, "elect": measure_elect}


def main():
    parser = argparse.ArgumentParser(description="The controller runtime beside client-go.")
    parser.add_argument("--only", default=",".join([*PLAYED, *REAL]))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--updates", type=int, default=1_000_000)
    options = parser.parse_args()
    wanted = options.only.split(",")
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        programs = (OURS, build_peer(folder))
        keys = make_keys(folder)
        for name in (name for name in PLAYED if name in wanted):
            print(*PLAYED[name](programs, folder, keys, options), sep="\n", flush=True)
        if not any(name in wanted for name in REAL):
            return
        with real_server(os.path.join(folder, "server")) as kubeconfig:
            for name in (name for name in REAL if name in wanted):
                print(*REAL[name](programs, kubeconfig, options), sep="\n", flush=True)


if __name__ == "__main__":
    main()
