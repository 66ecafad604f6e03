"""Bad days of the system that fails over by itself: the drill ends in the middle, Patroni goes on.

One cluster is started and serves all tests of this file; whoever is the primary is drilled.
"""

import signal
import unittest

from muster_under_test import SystemCase

PLAN = "database-failover-patroni"


class BadDaysOfPatroni(SystemCase):
    plan = PLAN

    def roles(self):
        return {node: self.muster.sql(node, "select pg_is_in_recovery()", "patroni")
                for node in ("a", "b")}

    def begin(self):
        roles = self.roles()
        self.assertEqual(sorted(roles.values()), ["f", "t"], "the system is not whole")
        primary, standby = sorted(roles, key=roles.get)
        drill = self.muster.drill(PLAN, f"spec.roles.primary={primary}",
                                  f"spec.roles.standby={standby}",
                                  "spec.timing.baselineSeconds=4", start=True)
        self.addCleanup(self.end, drill)
        return drill

    def end(self, drill):
        if drill.process.poll() is None:
            self.muster.kill(drill)
            self.muster.run("drill", "recover")

    def assert_whole(self):
        self.muster.script("patroni", "check.sh")  # fails unless one leads and the other streams
        roles = self.roles()
        self.assertEqual(sorted(roles.values()), ["f", "t"])
        left = self.muster.sql(min(roles, key=roles.get), "select count(*) from pg_namespace "
                               "where nspname like 'muster_drill%'", "patroni")
        self.assertEqual(left, "0")
        self.assertIn("no drill needs", self.muster.run("drill", "recover").err)

    def test_1_interrupted_in_the_outage(self):
        drill = self.begin()
        drill.until("StepDone assess")
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(150), 130)
        report = self.muster.report()
        self.assertEqual((report["verdict"], report["ending"]), ("Invalid", "Aborted"))
        self.assertEqual(report["consistency"]["splitBrainDefinite"], 0, report["timeline"])
        self.assert_whole()

    def test_2_killed_in_the_outage_and_recovered(self):
        drill = self.begin()
        drill.until("StepDone assess")
        self.assertEqual(self.muster.kill(drill).code, -signal.SIGKILL)
        recovered = self.muster.run("drill", "recover")
        self.assert_exit(recovered, 0)
        self.assertIn("whole", recovered.out)
        self.assert_whole()


if __name__ == "__main__":
    unittest.main(verbosity=2)
