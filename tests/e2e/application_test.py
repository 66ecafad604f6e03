"""Application servers: one of two is killed, a cold spare takes its place, and sessions go on.

The drill runs whole, with a spare that is as good as the others and with one that lacks a feature. Then
it is interrupted in the outage; it is killed, also at random moments, in guardian_test.
"""

import signal
import unittest

from drills_test import Drill
from muster_under_test import SystemCase

PLAN = "application-failover"
SYSTEM = "app-servers"


class Failover(Drill):
    """What every whole drill has in common."""

    def criterion(self, metric, window="validation"):
        found = [c for c in self.report["criteria"] if c["metric"] == metric and c["window"] == window]
        self.assertEqual(len(found), 1, self.report["criteria"])
        return found[0]

    def stream(self, name):
        return next(s for s in self.report["streams"] if s["stream"]["name"] == name)


class AsGoodAsTheOthers(Failover):
    plan = PLAN

    def test_loses_no_acknowledged_order(self):
        self.common()
        self.assertEqual(self.report["ledger"]["lost"], 0, self.report["ledger"])
        proven = [e["text"] for e in self.report["timeline"] if e["kind"] == "FaultProven"]
        self.assertEqual(len(proven), 1)
        self.assertRegex(proven[0], "process app1 is Gone")

    def test_users_notice_and_the_spare_answers_them(self):
        through = self.stream("api/A")
        self.assertGreater(through["ok"], 0)
        self.assertGreater(sum(through["badByCause"].values()), 0)
        self.assertGreater(self.stream("api/D/app3")["ok"], 0)
        self.assertGreater(self.stream("spare/A")["badByCause"].get("Refused", 0), 0)

    def test_sessions_are_carried_on(self):
        self.assertEqual(self.criterion("SessionContinuityPercent")["verdict"], "Met")
        self.assertEqual(self.criterion("SessionContinuityPercent")["measured"], 100)
        self.assertGreater(self.stream("sessions/S")["ok"], 0)

    def test_every_feature_is_there(self):
        self.assertEqual(self.criterion("FeaturePercent")["verdict"], "Met")

    def test_measures_the_database_behind_the_application(self):
        for window in ("degraded", "validation"):
            heavy = self.criterion("QueryMillis", window)
            self.assertGreater(heavy["measured"], 0)

    def test_writes_every_report(self):
        self.outputs()

    def test_leaves_nothing_behind(self):
        self.nothing_left()


class OfAnOlderRelease(Failover):
    plan = PLAN
    sets = ("spec.target.local.parameters.spareWithout=realtime",)

    def test_is_missed_for_the_feature_that_is_not_there(self):
        self.common()
        self.assertEqual(self.ended.code, 3)
        self.assertEqual(self.report["verdict"], "Missed")
        self.assertEqual(self.criterion("FeaturePercent")["verdict"], "Missed")
        self.assertGreater(sum(self.stream("features/realtime")["badByCause"].values()), 0)
        self.assertEqual(self.criterion("SessionContinuityPercent")["measured"], 100)
        self.nothing_left()


class Interrupted(SystemCase):
    """One system; it is whole after a drill that ends too early."""

    plan = PLAN
    system = SYSTEM

    def begin(self, moment):
        self.assertTrue(self.is_checked(), "the system is not whole")
        drill = self.muster.drill(PLAN, start=True)
        self.addCleanup(self.end, drill)
        drill.until(moment)
        return drill

    def interrupted_at(self, moment):
        drill = self.begin(moment)
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(60), 130)
        self.assert_whole()

    def recovered_from(self, moment):
        """Nobody undoes anything until somebody asks for it."""
        self.muster.kill(self.begin(moment))
        self.assert_exit(self.muster.run("drill", "recover"), 0)
        self.assert_whole()

    def assert_whole(self):
        self.assertTrue(self.is_checked(), "the system is not whole any more")
        found = self.muster.sql(
            "db", "select count(*) from pg_namespace where nspname like 'muster_drill%'", SYSTEM)
        self.assertEqual(found, "0")
        self.assertIn("no drill needs", self.muster.run("drill", "recover").err)

    def test_in_the_outage(self):
        self.interrupted_at("FaultProven server-dies")

    def test_while_the_spare_starts(self):
        self.interrupted_at("StepBegan start-spare")

    def test_when_the_spare_serves(self):
        self.interrupted_at("StepDone switch")

    def test_killed_with_its_guardian_before_anything_broke(self):
        self.recovered_from("PhaseBegan Baseline")

    def test_killed_with_its_guardian_in_the_outage(self):
        self.recovered_from("FaultProven server-dies")

    def test_killed_with_its_guardian_when_the_spare_serves(self):
        self.recovered_from("StepDone switch")


if __name__ == "__main__":
    unittest.main(verbosity=2)
