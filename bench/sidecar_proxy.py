#!/usr/bin/env python3
"""What the sidecar costs, beside HAProxy, nginx and node_exporter, in turns, in one run.

    bench/sidecar_proxy.py [--only plain,on,equal,open,refused,memory,scrape] [--rounds 5] [--seconds 4] [--connections 64]

Each round starts all anew on one core, before the same application, and asks over kept connections. The cost is user and system time
of the proxy per request, from /proc/PID/stat. What is printed is the best of the rounds (the machine may be busy, which makes times
larger and never smaller) and, in brackets, the median; of ratios, that of the rounds' own ratios. The sidecar has its defaults (figures,
limits and their dry run, security headers, request IDs) and in `on` and after it everything: traces, the cache and limits shared by a
Redis, clients' and users' turns, policies with nonces, figures of applications and browsers, OTLP export, audit log. It refuses none but
in `refused`.

    plain    saturated, beside HAProxy that forwards and adds X-Forwarded-For
    on       the same, everything on
    equal    the same, beside HAProxy with a keyed hash of each client in three stick tables
    open     1,000 requests a second, whatever becomes of them: latency that is added to the application's
    refused  429, beside nginx limit_req
    memory   idle, and with 1,000 connections and 65,536 clients
    scrape   /metrics, beside node_exporter, per series

Needs `make build PRESET=release` (the targets muster-sidecar and bench_http_flood will do), `ci/deps.sh bench` and redis-server.
"""
import argparse
import contextlib
import os
import statistics
import subprocess
import tempfile
import time
import urllib.request

from sidecar_peers import FLOOD, Direct, HAProxy, Muster, Nginx, cpu_seconds, free_port, pinned, resident_mib, wait_for
from sidecar_surroundings import Surroundings

DRY = ("--limits", "dry-run")
ON = ("--make-trace", "--cache-bytes-max", "16777216", "--concurrency-max", "1000", "--statsd-listen", "127.0.0.1:0",
          "--otlp-listen", "127.0.0.1:0", "--rum-path", "/muster/rum", "--endpoint", "/api/orders/{id}")
OPEN_RATE, MEMORY_RATE, CLIENTS, SCRAPES = 1000, 6000, 65536, 300
SETTLED, IDLE_SECONDS = 3, 60  # it gives back first after two seconds, then each half minute (sidecar/settle.h)
SATURATED = (("micros", "CPU per request, µs"), ("p50", "latency p50, µs"), ("p99", "latency p99, µs"))


class Bench:
    def __init__(self, options, application, folder, surroundings):
        self.options, self.application, self.folder = options, application, folder
        self.on_flags = (*ON, *surroundings.flags)
        self.core = (os.cpu_count() or 2) - 1

    def muster(self, *flags):
        return Muster(self.core, self.application, *flags)

    def muster_on(self, *flags):
        return self.muster(*DRY, *self.on_flags, *flags)

    def haproxy(self, equal=False):
        return HAProxy(self.core, self.application, self.folder, equal)

    def in_turns(self, makers, measure):
        """Of each name a list of figures, one of each round."""
        figures = {name: [] for name in makers}
        for _ in range(self.options.rounds):
            for name, make in makers.items():
                with contextlib.closing(make()) as proxy:
                    figures[name].append(measure(proxy))
        return figures

    def saturated(self, what, muster, peer_name, peer):
        figures = self.in_turns({"muster": muster, peer_name: peer}, lambda one: one.measure(self.options.connections, self.options.seconds))
        for key, text in SATURATED:
            yield row(f"{what}: {text}", figures, key)

    def plain(self):
        return self.saturated("as it comes", lambda: self.muster(*DRY), "haproxy", self.haproxy)

    def on(self):
        return self.saturated("everything on", self.muster_on, "haproxy", self.haproxy)

    def equal(self):
        return self.saturated("equal features", self.muster_on, "haproxy", lambda: self.haproxy(equal=True))

    def open(self):
        def measure(one):
            return one.measure(16, self.options.seconds, f"rate={OPEN_RATE}")
        makers = {"direct": lambda: Direct(self.application, 0), "muster": self.muster_on, "haproxy": self.haproxy}
        figures = self.in_turns(makers, measure)
        direct = {key: min(one[key] for one in figures["direct"]) for key in ("p50", "p99")}
        for name in ("muster", "haproxy"):
            for one in figures[name]:
                one |= {"added50": one["p50"] - direct["p50"], "added99": one["p99"] - direct["p99"]}
        del figures["direct"]
        what = f"{OPEN_RATE:,} requests/s, open loop"
        return [row(f"{what}: added to the {direct['p50']:.0f} µs without a proxy, p50, µs", figures, "added50"),
                row(f"{what}: added to the {direct['p99']:.0f} µs without a proxy, p99, µs", figures, "added99"),
                row(f"{what}: share of a core", figures, "busy", 4)]

    def refused(self):
        def measure(one):
            with contextlib.suppress(subprocess.CalledProcessError):
                one.load(self.options.connections, 1, "status=429")  # the first are let in
            return one.measure(self.options.connections, self.options.seconds, "status=429", warm=0)
        for what, logs in (("which logs each, as it is shipped", True), ("without logs", False)):
            makers = {"muster": lambda: self.muster(*self.on_flags), "nginx": lambda logs=logs: Nginx(self.core, self.application, self.folder, logs)}
            yield row(f"429, beside nginx {what}: CPU, µs", self.in_turns(makers, measure), "micros")

    def memory(self):
        with contextlib.closing(self.muster_on("--trusted-proxy", "127.0.0.0/8")) as one:
            time.sleep(SETTLED)
            idle = resident_over(one.counted, IDLE_SECONDS)
            load = pinned(0, [FLOOD, "load", str(one.port), "1000", "14", f"clients={CLIENTS}", f"rate={MEMORY_RATE}"], stdout=subprocess.PIPE)
            most = 0
            while load.poll() is None:
                time.sleep(0.2)
                most = max(most, resident_mib(one.counted))
            load.stdout.close()
            time.sleep(IDLE_SECONDS)
            again = resident_over(one.counted, IDLE_SECONDS)
        yield f"| resident, idle, everything on, every second of {IDLE_SECONDS}: median, the most, MiB | {idle} | | |"
        yield f"| resident, 1,000 connections, {MEMORY_RATE:,} requests/s of {CLIENTS:,} clients, the most, MiB | {most:.2f} | | |"
        yield f"| resident, idle again after that, MiB | {again} | | |"

    def scrape(self):
        port = free_port()
        exporter = pinned(self.core, ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            with contextlib.closing(self.muster_on()) as one:
                one.load(self.options.connections, 1)
                figures = {"muster": [], "node_exporter": []}
                for _ in range(self.options.rounds):
                    figures["muster"].append(scraped(one.counted, int(one.said["admin_port"])))
                    figures["node_exporter"].append(scraped(exporter.pid, port))
        finally:
            exporter.terminate()
            exporter.wait()
        series = {name: rounds[0]["series"] for name, rounds in figures.items()}
        yield row(f"a scrape, CPU per series ({series['muster']} and {series['node_exporter']}), µs", figures, "micros", 3)


def resident_over(pid, seconds):
    """Its median and its most, looked at once a second."""
    seen = []
    for _ in range(seconds):
        seen.append(resident_mib(pid))
        time.sleep(1)
    return f"{statistics.median(seen):.2f}, {max(seen):.2f}"


def scraped(pid, port):
    before, series = cpu_seconds(pid), 0
    for _ in range(SCRAPES):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as reply:
            text = reply.read().decode()
    spent = cpu_seconds(pid) - before
    series = sum(1 for line in text.splitlines() if line and not line.startswith("#"))
    return {"micros": spent / SCRAPES / series * 1e6, "series": series}


def row(what, figures, key, digits=2):
    cells = {name: (min(one[key] for one in rounds), statistics.median(one[key] for one in rounds)) for name, rounds in figures.items()}
    (best, _), (peer_best, _) = cells.values()
    ours, peers = figures.values()
    paired = statistics.median(one[key] / max(peer[key], 1e-9) for one, peer in zip(ours, peers))
    ratio = f"{best / max(peer_best, 1e-9):.2f} ({paired:.2f}) × {list(cells)[1]}"
    return f"| {what} | " + " | ".join(f"{one:.{digits}f} ({two:.{digits}f})" for one, two in cells.values()) + f" | {ratio} |"


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("plain", "on", "equal", "open", "refused", "memory", "scrape")
    flags.add_argument("--only", default=",".join(parts))
    flags.add_argument("--rounds", type=int, default=5)
    flags.add_argument("--seconds", type=int, default=4)
    flags.add_argument("--connections", type=int, default=64)
    flags.add_argument("--undisturbed", action="store_true", help="go before whatever else this machine does (SCHED_FIFO; root)")
    options = flags.parse_args()
    if options.undisturbed:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    application = pinned(0, [FLOOD, "serve"], stdout=subprocess.PIPE)
    try:
        port = int(application.stdout.readline().split()[1])
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)  # nginx' worker is somebody else
            with contextlib.closing(Surroundings(folder)) as surroundings:
                bench = Bench(options, port, folder, surroundings)
                print("| figure | muster | peer | ratio |\n| --- | --- | --- | --- |", flush=True)
                for name in (name for name in options.only.split(",") if name in parts):
                    for line in getattr(bench, name)():
                        print(line, flush=True)
    finally:
        application.kill()
        application.wait()
        application.stdout.close()


if __name__ == "__main__":
    main()
