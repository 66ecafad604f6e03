"""One pair of servers for all tests of a class, and what they ask of it.

A drill that fails over leaves the other node as the primary, so every test asks who is primary now
and drills that one.
"""

import os

from muster_under_test import SystemCase

PLAN = "database-failover"


class PairCase(SystemCase):
    """Starts the pair once; its tests run in order."""

    plan = PLAN

    def setUp(self):
        roles = self.muster.roles()
        self.assertEqual(sorted(roles.values()), ["primary", "standby"], "the system is not whole")
        self.primary = next(node for node, role in roles.items() if role == "primary")
        self.standby = next(node for node, role in roles.items() if role == "standby")

    def begin(self, *more, **options):
        drill = self.muster.drill(PLAN, f"spec.roles.primary={self.primary}",
                                  f"spec.roles.standby={self.standby}",
                                  "spec.timing.baselineSeconds=4", "spec.timing.holdSeconds=2",
                                  *more, start=True, **options)
        self.addCleanup(self.end, drill)
        return drill

    def end(self, drill):
        """A test that failed half-way must not fail the next one too."""
        if drill.process.poll() is None:
            self.muster.kill(drill)
            self.muster.run("drill", "recover")

    def pids(self, node):
        with open(os.path.join(self.muster.state, "systems", "postgres-pair", node,
                               "postmaster.pid"), encoding="utf-8") as file:
            return int(file.readline())

    def proxy_pid(self):
        with open(os.path.join(self.muster.state, "systems", "postgres-pair", "proxy",
                               "haproxy.pid"), encoding="utf-8") as file:
            return int(file.readline())

    def assert_undone(self, primary):
        self.assert_pair(primary)
        self.assert_no_ledger_left(primary)
        self.assertIn("no drill needs", self.muster.run("drill", "recover").err)

    def promoted(self):
        return self.muster.sql(self.standby, "select pg_is_in_recovery()") == "f"
