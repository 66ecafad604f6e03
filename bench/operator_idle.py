#!/usr/bin/env python3
"""What the operator costs while nothing happens: memory and CPU of `muster-operator run` on a real API server.

    bench/operator_idle.py [--seconds 60] [--plans 20] [--schedules 5] [--drills 100]

Needs `make build PRESET=release` and `make kubernetes`. There are plans, schedules, and drills that have finished with their whole
status. The operator is asked for /healthz, /readyz and /metrics as a kubelet and a Prometheus do. At the same time a client-go program
follows the same kinds and holds a Lease; it serves nothing. Memory is read every second: the operator gives back what it does not
use while it stands by (libs/aio/resident.h), so a single look could be a lucky one. Prints a table.
"""
import argparse
import contextlib
import copy
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import yaml

from beside import HEAD, NAMES, RELEASE, SOURCE, Rounds, build_go, real_server, row

sys.path.insert(0, os.path.join(SOURCE, "tests", "release"))

from process_node import Link  # noqa: E402 (the path is set above)

OPERATOR = os.path.join(RELEASE, "operator", "muster-operator")
SPACE = "shop"
GROUP = f"/apis/muster.dev/v1alpha1/namespaces/{SPACE}"
KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
SETTLED = 70  # seconds after which a start is over, and what it needed given back
ASKED = {"/readyz": 5, "/healthz": 10, "/metrics": 15}  # seconds between two


class Cluster:
    """The kinds, and objects of them."""

    def __init__(self, link):
        self.link = link
        with open(os.path.join(SOURCE, "dr-drills", "kubernetes", "database-failover.yaml"), encoding="utf-8") as file:
            self.plan, self.drill = yaml.safe_load_all(file)

    def ask(self, method, path, body, kind="application/json"):
        code, said = self.link.ask(method, path, body, kind)
        if code >= 300:
            raise RuntimeError(f"{method} {path}: {code} {said.get('message')}")
        return said

    def install(self):
        for name in KINDS:
            with open(os.path.join(SOURCE, "helm", "files", "crds", f"{name}.yaml"), encoding="utf-8") as file:
                self.ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", yaml.safe_load(file))
        for name in KINDS:
            while self.link.ask("GET", f"{GROUP}/{name}")[0] != 200:
                time.sleep(0.2)
        self.ask("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE, "labels": {"muster.dev/drills": "enabled"}}})

    def add_plan(self, number):
        plan = copy.deepcopy(self.plan)
        plan["metadata"]["name"] = f"plan-{number}"
        self.ask("POST", f"{GROUP}/recoveryplans", plan)

    def add_schedule(self, number):
        spec = {"schedule": "0 3 1 1 *", "timeZone": "Europe/Prague", "drill": {"planRef": {"name": f"plan-{number}"}, "profile": "quick"}}
        self.ask("POST", f"{GROUP}/drillschedules", {"apiVersion": "muster.dev/v1alpha1", "kind": "DrillSchedule",
                                                     "metadata": {"name": f"schedule-{number}"}, "spec": spec})

    def add_finished(self, number, plans):
        """With the status that a drill that has ended has: the plan as it was, figures, conditions."""
        drill = copy.deepcopy(self.drill)
        name, plan = f"drill-{number}", f"plan-{number % plans}"
        drill["metadata"]["name"], drill["spec"]["planRef"]["name"] = name, plan
        self.ask("POST", f"{GROUP}/drills", drill)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        judged = {"display": "1.2 – 1.4 s", "verdict": "Met", "lowerMillis": 1200, "upperMillis": 1400}
        conditions = [{"type": kind, "status": status, "reason": reason, "message": "as it was", "lastTransitionTime": at}
                      for kind, status, reason in (("Accepted", "True", "Accepted"), ("Running", "False", "Ended"),
                                                   ("Succeeded", "True", "Met"), ("Undone", "True", "Whole"))]
        status = {"phase": "Finished", "state": "Normal", "id": f"20261126-030000-{number:04}", "startTime": at, "faultTime": at,
                  "completionTime": at, "verdict": "Met", "reason": "", "rto": judged | {"objectiveSeconds": 300},
                  "rpo": judged | {"objectiveSeconds": 60, "lostWrites": 0}, "conditions": conditions,
                  "plan": {**self.plan, "metadata": {"name": plan}}, "evidence": {"kind": "Secret", "name": f"{name}-evidence"},
                  "runner": {"pod": f"{name}-runner", "node": "node1", "uid": "", "heartbeatTime": at}}
        self.ask("PATCH", f"{GROUP}/drills/{name}/status", {"status": status}, "application/merge-patch+json")


def cpu_seconds(process):
    """Of all its threads, as the scheduler counts it: in nanoseconds, not in ticks."""
    total = 0
    for thread in os.listdir(f"/proc/{process.pid}/task"):
        with open(f"/proc/{process.pid}/task/{thread}/schedstat", encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def memory_mib(process):
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="utf-8") as file:
        said = file.read()
    return {"resident": int(re.search(r"^Rss:\s+(\d+)", said, re.M).group(1)) / 1024,
            "own": sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", said, re.M)) / 1024}


@contextlib.contextmanager
def program(argv, log):
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def serving_at(log):
    """The operator's address, once it says so."""
    while True:
        with open(log, encoding="utf-8") as file:
            found = re.search(r'"msg":"serving","port":"(\d+)"', file.read())
        if found:
            return f"http://127.0.0.1:{found.group(1)}"
        time.sleep(0.1)


def wait_as_a_cluster_does(base, seconds, look=lambda: None):
    for second in range(seconds):
        look()
        for path, every in ASKED.items():
            if second % every == 0:
                with urllib.request.urlopen(base + path, timeout=10) as answer:
                    answer.read()
        time.sleep(1)


def writes_of(base):
    with urllib.request.urlopen(base + "/metrics", timeout=10) as answer:
        said = answer.read().decode()
    return sum(float(value) for value in re.findall(r'^rest_client_requests_total\{[^}]*method="(?:POST|PUT|PATCH|DELETE)"[^}]*\} (\S+)',
                                                    said, re.M))


def measure(processes, base, seconds):
    before, wrote = [cpu_seconds(process) for process in processes], writes_of(base)
    looks = [[] for _ in processes]

    def look():
        for seen, process in zip(looks, processes):
            seen.append(memory_mib(process))

    began = time.monotonic()
    wait_as_a_cluster_does(base, seconds, look)
    length = time.monotonic() - began
    said = Rounds()
    for name, process, cpu, seen in zip(NAMES, processes, before, looks):
        resident = [each["resident"] for each in seen]
        said.add(name, {"resident": statistics.median(resident), "most": max(resident), "own": statistics.median(each["own"] for each in seen),
                        "cpu": (cpu_seconds(process) - cpu) / length * 100})
    return said, writes_of(base) - wrote


def main():
    parser = argparse.ArgumentParser(description="What the operator costs while nothing happens.")
    for name, default in (("seconds", 60), ("plans", 20), ("schedules", 5), ("drills", 100)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, real_server(os.path.join(folder, "server")) as kubeconfig:
        with open(kubeconfig, encoding="utf-8") as file:
            port = int(re.search(r"https://127.0.0.1:(\d+)", file.read()).group(1))
        link = Link(port, os.path.join(folder, "server", "keys"))
        cluster = Cluster(link)
        cluster.install()
        for number in range(options.plans):
            cluster.add_plan(number)
        for number in range(options.schedules):
            cluster.add_schedule(number)
        for number in range(options.drills):
            cluster.add_finished(number, options.plans)
        log = os.path.join(folder, "operator.log")
        ours = [OPERATOR, "run", "--kubeconfig", kubeconfig, "--pod-name", "operator-0", "--pod-uid", "bench", "--lease-namespace", SPACE,
                "--image", "muster:dev", "--listen", "127.0.0.1:0"]
        with open(log, "w", encoding="utf-8") as out, program(ours, out) as operator, \
                program([build_go(folder, "peer"), "idle", kubeconfig], subprocess.DEVNULL) as peer:
            base = serving_at(log)
            wait_as_a_cluster_does(base, SETTLED)
            said, writes = measure((operator, peer), base, options.seconds)
        link.close()
    print(f"{options.plans} plans, {options.schedules} schedules, {options.drills} finished drills, {options.seconds} s\n{HEAD}")
    print(row("idle operator, resident, median, MiB", "<= 12", said, "resident"))
    print(row("the most in that time, MiB", "-", said, "most"))
    print(row("of which no other process shares, MiB", "-", said, "own"))
    print(row("idle operator, CPU, % of a core", "<= 0.2", said, "cpu", 3))
    print(f"requests that write, beside the Lease: {writes:.0f}")


if __name__ == "__main__":
    main()
