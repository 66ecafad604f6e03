#!/usr/bin/env python3
"""Our copy of many objects beside client-go's, on one real API server, in turns.

    bench/kube_sync.py [COUNT] [ROUNDS]      10000 objects, 5 rounds

Needs `make build PRESET=release` and `make kubernetes`. Prints a table: best (median) of each figure, and the ratio of the best.
"""
import os
import subprocess
import sys
import tempfile

from beside import HEAD, RELEASE, Rounds, build_go, real_server, row, said_by

OURS = os.path.join(RELEASE, "bench", "kube_sync")
TO_REACH = {"10000": ("<= 0.15", "<= 18"), "100000": ("-", "<= 64")}


def main():
    count = sys.argv[1] if len(sys.argv) > 1 else "10000"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    cpu, resident = TO_REACH.get(count, ("-", "-"))
    with tempfile.TemporaryDirectory() as folder:
        peer = build_go(folder, "peer")
        with real_server(os.path.join(folder, "server")) as kubeconfig:
            subprocess.run([OURS, "fill", kubeconfig, count], check=True)
            said = Rounds().run(rounds, (OURS, peer), lambda _, program: said_by([program, "sync", kubeconfig, count]))
    print(f"{count} objects of 2.5 kB, {rounds} rounds\n{HEAD}")
    print(row("resident, MiB", resident, said, "resident"))
    print(row("CPU, s", cpu, said, "cpu", 3))
    print(row("elapsed, s", "-", said, "elapsed", 3))


if __name__ == "__main__":
    main()
