"""A fault of a sidecar on the application servers: the drill finds it by the sidecar's figures, its users by its answers.

Then a drill is killed with its guardian in the outage: the fault ends by its lease, though nobody is left to end it.
"""

import json
import os
import re
import time
import unittest
import urllib.request

from muster_under_test import PROGRAM, SystemCase

PLAN = "application-sidecar"
os.environ["PATH"] = os.path.join(os.path.dirname(os.path.dirname(PROGRAM)), "sidecar") + os.pathsep + os.environ["PATH"]


class Sidecar(SystemCase):
    plan = PLAN
    system = "app-servers"

    def page(self, path, number=1):
        port = self.muster.system_ports(self.system)[f"admin{number}"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def figure(self, series, number=1):
        found = re.findall(rf"^{re.escape(series)} (\S+)$", self.page("/metrics", number), re.MULTILINE)
        self.assertEqual(len(found), 1, series)
        return float(found[0])

    def faults(self):
        return json.loads(self.page("/api/faults"))["faults"]

    def test_a_drill_that_finds_its_fault_by_the_sidecars_figures(self):
        self.assertTrue(self.is_checked(), "the system is not whole")
        done = self.muster.drill(PLAN)
        self.assertIn(done.code, (0, 3), str(done))  # a slow machine may miss a target
        report = self.muster.report()
        said = {kind: [e["text"] for e in report["timeline"] if e["kind"] == kind] for kind in ("FaultProven", "StepDone", "Warning")}
        self.assertEqual(len(said["FaultProven"]), 1, report["timeline"])
        counted = [re.search(r"sidecar1 answered (\d+) requests, (\d+) of them 5xx; a fault touched (\d+)", text) for text in said["StepDone"]]
        counted = [match for match in counted if match]
        self.assertEqual(len(counted), 1, said["StepDone"])
        self.assertEqual([text for text in said["Warning"] if "in force" in text], [])
        # What users of the drill saw fail, the sidecar has counted.
        seen = sum(sum(s["badByCause"].values()) for s in report["streams"] if s["stream"]["name"] in ("api/A", "api/B"))
        failed = self.figure('muster_sidecar_requests_total{status="5xx"}')
        self.assertGreater(seen, 0)
        self.assertGreaterEqual(failed, seen)
        self.assertEqual(self.figure('muster_sidecar_fault_requests_total{kind="abort"}'), failed)
        self.assertGreaterEqual(failed, int(counted[0].group(2)))
        # Sidecars limit their clients to 500 requests an hour, and no drill.
        for number in (1, 2):
            self.assertGreater(self.figure('muster_sidecar_drill_requests_total{signature="good"}', number), 0)
            for signature in ("wrong", "untimely", "malformed"):
                self.assertEqual(self.figure(f'muster_sidecar_drill_requests_total{{signature="{signature}"}}', number), 0)
            self.assertEqual(self.figure('muster_sidecar_limit_decisions_total{decision="refuse",bucket="client",dry_run="false"}', number), 0)
        # Behind it nothing was wrong, and its neighbour's was nobody's business.
        direct = next(s for s in report["streams"] if s["stream"]["name"] == "api/D/app1")
        self.assertGreater(direct["ok"], 0)
        self.assertEqual(self.figure('muster_sidecar_requests_total{status="5xx"}', 2), 0)
        self.assertEqual(self.faults(), [])
        self.assertTrue(self.is_checked(), "the system is not whole any more")

    def test_killed_with_its_guardian_the_fault_ends_by_its_lease(self):
        drill = self.muster.drill(PLAN, start=True)
        self.addCleanup(self.end, drill)
        drill.until("FaultProven answers-errors")
        self.assertEqual([fault["kind"] for fault in self.faults()], ["abort"])
        began = time.monotonic()
        self.muster.kill(drill)
        while self.faults():
            self.assertLess(time.monotonic() - began, 60, "the fault outlives its drill")
            time.sleep(0.1)
        self.assert_exit(self.muster.run("drill", "recover"), 0)
        self.assertTrue(self.is_checked(), "the system is not whole any more")


if __name__ == "__main__":
    unittest.main(verbosity=2)
