"""A database that fails over, measured by two processes: the whole drill, as it runs in a cluster, with the second vantage
over a socket of this machine. Its clock is an hour ahead where this machine lets us."""

import os
import socket
import subprocess
import time
import unittest

from muster_under_test import PROGRAM, Running
from pair_under_test import PairCase

HOUR = 3600


def time_namespace():
    """What starts a program with another clock; nothing where that is not allowed."""
    argv = ["unshare", "--time", "--monotonic", str(HOUR), "--fork", "--kill-child"]
    try:
        return argv if subprocess.run([*argv, "true"], check=False, capture_output=True).returncode == 0 else []
    except OSError:
        return []


class TwoVantages(PairCase):
    def setUp(self):
        super().setUp()
        self.socket = os.path.join(self.muster.top, f"vantage-{self.id().rpartition('.')[2]}.sock")
        self.ahead = time_namespace()
        self.vantage = Running([*self.ahead, PROGRAM, "vantage", "--socket", self.socket], self.muster.env, self.muster.top)
        self.addCleanup(self.end_vantage)
        limit = time.monotonic() + 20
        while not os.path.exists(self.socket) and time.monotonic() < limit:
            time.sleep(0.02)

    def end_vantage(self):
        if self.vantage.process.poll() is None:
            self.vantage.process.kill()
            self.vantage.process.wait(20)

    def drilled(self, during=None):
        drill = self.begin("spec.timing.baselineSeconds=8", options=("--second-vantage", self.socket))
        if during:
            during(drill)
        ended = drill.wait(200)
        self.assert_exit(ended, 0, 3, 4)
        report = self.muster.report()
        self.assertEqual(report["ending"], "Completed", str(ended))
        self.assert_nothing_lost(report)
        verified = self.muster.run("verify", os.path.join(self.muster.drills()[-1], "bundle.muster"))
        self.assert_exit(verified, 0)
        self.assertIn("all agree", verified.out)
        self.assert_undone(self.standby)
        return report

    def assert_nothing_lost(self, report):
        ledger = report["ledger"]
        self.assertEqual(ledger["attempts"], ledger["ok"] + ledger["fail"] + ledger["info"])
        self.assertEqual(ledger["ok"], ledger["kept"] + ledger["lost"] + ledger["delayed"])
        self.assertEqual((ledger["phantom"], ledger["corrupt"], ledger["holes"]), (0, 0, 0))
        self.assertEqual(report["consistency"]["splitBrainDefinite"], 0)

    def warnings(self, report):
        return [event["text"] for event in report["timeline"] if event["kind"] == "Warning" and event["subject"] == "vantage b"]

    def test_1_both_see_the_outage_and_their_clocks_are_told_apart(self):
        report = self.drilled()
        self.assertEqual([one["name"] for one in report["vantages"]], ["a", "b"])
        first, second = report["vantages"]
        for one in (first, second):
            self.assertTrue(one["healthy"], one)
            self.assertGreater(one["service"]["upperSeconds"], 0, one)
        self.assertEqual(self.warnings(report), [])
        self.assertEqual(second["place"], "a second process")
        self.assertGreater(second["clockExchanges"], 20)
        self.assertLess(second["clockUncertaintySeconds"], 0.1)
        # It is the same outage: what each says of it holds the truth.
        self.assertLess(first["service"]["lowerSeconds"], second["service"]["upperSeconds"])
        self.assertLess(second["service"]["lowerSeconds"], first["service"]["upperSeconds"])
        self.assertEqual(self.vantage.wait(20).code, 0, "with its records received it ends")

    def test_2_a_link_that_is_cut_costs_nothing(self):
        def cut(drill):
            drill.until("Injection|Recovery")
            with socket.socket(socket.AF_UNIX) as thief:
                thief.connect(self.socket)
                time.sleep(0.5)
        report = self.drilled(cut)
        self.assertTrue(report["vantages"][1]["healthy"], report["vantages"])
        self.assertIn("cannot be reached and goes on by itself", self.warnings(report)[0])

    def test_3_a_vantage_that_is_killed_costs_its_figures_and_no_verdict(self):
        def kill(drill):
            drill.until("Baseline")
            self.end_vantage()
        report = self.drilled(kill)
        first, second = report["vantages"]
        self.assertTrue(first["healthy"] and first["decided"], first)
        self.assertFalse(second["healthy"], second)
        self.assertIn("stop writing", second["detail"])
        self.assertIn(report["rto"]["verdict"], ("Met", "Missed", "Inconclusive"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
