#!/usr/bin/env python3
"""SIGKILL of the operator at random moments of real database drills in a real cluster of two nodes.

    sudo bench/operator_kills.py [--kills 20] [--each 2] [--seed S]

Each drill has `--each` kills in it: of both replicas' processes, wherever they are, without a word to them. A drill must end by
itself, undone, with a verdict; what its instrument says of this machine does not matter here. Needs `make build`, `make kubernetes`,
`make helm`, and minutes: half a drill's length for every two kills.
"""
import argparse
import os
import random
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "cluster"))

from cluster_under_test import until  # noqa: E402 (the path is set above)
from drills_under_test import SPACE, drill  # noqa: E402
from drills_test import DrillsTest  # noqa: E402

DRILL_SECONDS = 75  # the quick profile's phases together


def operators():
    """The processes of all replicas on this machine."""
    done = subprocess.run(["pgrep", "-f", "^muster-operator run"], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]


class Kills(DrillsTest):
    def runTest(self):
        """Without this unittest makes no object of a class whose tests are run by name."""

    def kill_at(self, moment, began):
        while time.monotonic() - began < moment:
            time.sleep(0.05)
        killed = until("operator", operators)[0]
        for pid in killed:
            os.kill(pid, 9)
        return len(killed)

    def one_drill(self, number, moments):
        name = f"kills-{number}"
        self.apply(drill(name, self.database_plan()))
        began = time.monotonic()
        for moment in moments:
            killed = self.kill_at(moment, began)
            print(f"{name}: {moment:5.1f} s: {killed} killed in {self.status(name).get('phase', 'no phase')}", flush=True)
        status = self.until_phase(name, ["Finished"], 400)
        self.assert_undone(name)
        print(f"{name}: {status['verdict']}: {status['reason'] or 'every objective and criterion was met'}", flush=True)
        # New pods: the kubelet lets those that died often wait for minutes, and the next drill shall meet an operator.
        self.kubectl("-n", "muster-system", "delete", "pods", "--all", "--force", "--grace-period=0")
        until("operators", lambda: len(operators()) == 2)
        return status["verdict"]


def main():
    parser = argparse.ArgumentParser(description="Kills the operator at random moments of real drills.")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--each", type=int, default=2, help="kills in one drill")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    draw = random.Random(options.seed)
    Kills.setUpClass()
    try:
        case, verdicts, killed = Kills(), {}, 0
        for number in range(1, 1 + -(-options.kills // options.each)):
            moments = sorted(draw.uniform(0, DRILL_SECONDS) for _ in range(min(options.each, options.kills - killed)))
            verdict = case.one_drill(number, moments)
            killed += len(moments)
            verdicts[verdict] = verdicts.get(verdict, 0) + 1
        print(f"{killed} kills of the operator in {sum(verdicts.values())} drills: all ended and undone; verdicts {verdicts}")
    finally:
        Kills.tearDownClass()
        Kills.doClassCleanups()


if __name__ == "__main__":
    main()
