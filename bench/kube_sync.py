#!/usr/bin/env python3
"""Our copy of many objects beside client-go's, on one real API server, in turns.

    bench/kube_sync.py [COUNT] [ROUNDS]      10000 objects, 5 rounds

Needs `make build PRESET=release` and `make kubernetes`. Prints the best of each figure and its ratio:
the machine may be busy, which makes times larger and never smaller.
"""
import os
import re
import subprocess
import sys
import tempfile

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = os.path.join(SOURCE, "build", "release", "bench", "kube_sync")


def build_peer(folder):
    go = subprocess.run([os.path.join(SOURCE, "ci", "go.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    peer = os.path.join(folder, "peer")
    subprocess.run([go, "build", "-trimpath", "-ldflags", "-s -w", "-o", peer, "./peer"], check=True,
                   cwd=os.path.join(SOURCE, "ci", "kubernetes"),
                   env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOFLAGS": "-mod=readonly"})
    return peer


def figures(argv):
    said = subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE).stdout
    return {name: float(value) for name, value in re.findall(r"(elapsed|cpu|resident) ([0-9.]+)", said)}


def main():
    count = sys.argv[1] if len(sys.argv) > 1 else "10000"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with tempfile.TemporaryDirectory() as folder:
        peer = build_peer(folder)
        server = subprocess.Popen([sys.executable, os.path.join(SOURCE, "ci", "kubernetes", "api_server.py"),
                                   os.path.join(folder, "server")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            ready = server.stdout.readline().split()
            if ready[:1] != ["ready"]:
                sys.exit("the API server did not start")
            subprocess.run([OURS, "fill", ready[1], count], check=True)
            best = {}
            for _ in range(rounds):
                for name, argv in (("muster", [OURS, "sync", ready[1], count]), ("client-go", [peer, ready[1], count])):
                    for figure, value in figures(argv).items():
                        key = (figure, name)
                        best[key] = min(best.get(key, value), value)
        finally:
            server.stdin.close()
            server.wait()
    print(f"{count} objects of 2.5 kB, best of {rounds}\n{'':14}{'muster':>10}{'client-go':>12}{'ratio':>8}")
    for figure, unit in (("elapsed", "s"), ("cpu", "s"), ("resident", "MiB")):
        ours, theirs = best[(figure, "muster")], best[(figure, "client-go")]
        print(f"{figure + ', ' + unit:14}{ours:10.3f}{theirs:12.3f}{theirs / ours:7.1f}x")


if __name__ == "__main__":
    main()
