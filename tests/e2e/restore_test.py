"""Restore from backup: a cluster with nothing but its archive and a base backup is destroyed.

The drill runs whole, to the archive's end and to a point in time before it. Then it is interrupted
in the outage, killed before and after the point of no return and at random moments (MUSTER_KILLS and
MUSTER_SEED as for guardian_test), and refused where nobody could restore.
"""

import glob
import os
import re
import signal
import subprocess
import tempfile
import threading
import unittest

from drills_test import Drill
from guardian_test import LIFTED_WITHIN, KilledAlone, drills_to_kill
from muster_under_test import PLANS

PLAN = "database-restore"
SYSTEM = "postgres-backup"
PARAMETERS = "spec.target.local.parameters."


class Restored(Drill):
    """What every whole drill has in common."""

    def lost_and_found(self):
        self.common()
        ledger = self.report["ledger"]
        self.assertGreater(ledger["lost"], 0)
        self.assertEqual(ledger["lost"], ledger["lostFoundOnOldPrimary"])
        self.assertTrue(ledger["crossCheckAgrees"])
        proven = [e["text"] for e in self.report["timeline"] if e["kind"] == "FaultProven"]
        self.assertEqual(len(proven), 2)
        self.assertRegex(proven[0], "process a is Gone")
        self.assertRegex(proven[1], "node a has neither data nor processes")
        self.assertRegex(self.timeline("StepDone", "protected"), "check.sh: exit code 0")

    def timeline(self, kind, subject):
        return next(event["text"] for event in self.report["timeline"]
                    if event["kind"] == kind and event["subject"] == subject)


class ToTheEndOfTheArchive(Restored):
    plan = PLAN
    sets = (PARAMETERS + "archiveTimeoutSeconds=3",)

    def test_finds_the_acknowledged_writes_that_no_archived_segment_held(self):
        self.lost_and_found()
        self.assertRegex(self.timeline("StepDone", "replay"), "at the end of the archive")

    def test_writes_every_report(self):
        self.outputs()

    def test_leaves_nothing_behind(self):
        self.nothing_left()


class ToAPointInTime(Restored):
    plan = PLAN
    sets = (PARAMETERS + "archiveTimeoutSeconds=2", PARAMETERS + "recoverSecondsBack=8",
            "spec.timing.baselineSeconds=12")

    def test_what_came_later_is_lost_though_it_was_archived(self):
        self.lost_and_found()
        self.assertRegex(self.timeline("StepDone", "replay"), "at the point in time")
        self.nothing_left()


class Interrupted(KilledAlone):
    """One system, on which drill after drill ends too early; it is whole after each."""

    system = SYSTEM

    @classmethod
    def prepare(cls):
        local = {"system": SYSTEM, "parameters": {"archiveTimeoutSeconds": "2"}}
        cls.plan = cls.muster.changed_plan(PLAN, {"target": {"local": local}})

    def folder(self, *names):
        return os.path.join(self.muster.state, "systems", SYSTEM, *names)

    def live(self):
        """The nodes that take writes."""
        return [node for node in ("a", "b")
                if self.muster.sql(node, "select pg_is_in_recovery()", SYSTEM) == "f"]

    def orders(self):
        return int(self.muster.sql("proxy", "select count(*) from orders", SYSTEM))

    def served(self):
        """A user of the service can write."""
        return self.muster.sql("proxy", "create temp table t (); select pg_is_in_recovery()",
                               SYSTEM) == "f"

    def begin(self, *sets):
        self.assertTrue(self.is_checked(), "the system is not whole")
        live = self.live()
        self.assertEqual(len(live), 1)
        self.node, self.spare = live[0], "b" if live[0] == "a" else "a"
        drill = self.muster.drill(self.plan, f"spec.roles.primary={self.node}",
                                  f"spec.roles.spare={self.spare}",
                                  "spec.timing.baselineSeconds=6", *sets, start=True)
        self.addCleanup(self.end, drill)
        return drill

    def assert_whole_on(self, node):
        self.assertEqual(self.live(), [node])
        self.assertTrue(self.is_checked())
        self.assertEqual(glob.glob(self.folder("wreck", "*")), [])
        self.assertFalse(os.path.exists(self.folder("b" if node == "a" else "a")))
        # Nor that of an earlier drill, which a restore to before its end brings back.
        self.assertEqual(self.muster.sql(
            node, "select string_agg(nspname, ' ') from pg_namespace where nspname like 'muster_drill%'",
            SYSTEM), "")
        self.assertIn("no drill needs", self.muster.run("drill", "recover").err)

    def test_1_interrupted_while_it_is_restored(self):
        before = self.orders()
        drill = self.begin()
        drill.until("StepBegan lay-backup")
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(60), 130)
        self.assert_whole_on(self.node)
        # The old data came back, not the backup.
        self.assertGreaterEqual(self.orders(), before)

    def test_2_killed_when_all_is_destroyed(self):
        drill = self.begin()
        drill.until("FaultProven data-destroyed")
        self.assertLess(self.kill(drill), LIFTED_WITHIN)
        self.assert_whole_on(self.node)

    def test_3_killed_while_the_restored_server_starts(self):
        drill = self.begin()
        drill.until("StepBegan start")
        self.assertLess(self.kill(drill), LIFTED_WITHIN)
        self.assert_whole_on(self.node)

    def test_4_killed_after_the_restored_cluster_was_opened(self):
        drill = self.begin()
        drill.until("StepDone open")
        self.assertLess(self.kill(drill), LIFTED_WITHIN)
        self.assert_whole_on(self.spare)

    def test_5_refuses_to_destroy_what_nobody_could_restore(self):
        label, = glob.glob(self.folder("backups", "*", "backup_label"))
        with open(label, encoding="utf-8") as file:
            first = re.search(r"\(file ([0-9A-F]{24})\)", file.read()).group(1)
        hidden = self.folder("archive", first)
        drill = self.begin()
        drill.until("PhaseBegan Baseline")
        os.rename(hidden, hidden + ".hidden")
        ended = drill.wait(60)
        os.rename(hidden + ".hidden", hidden)
        self.assert_exit(ended, 4)
        self.assertNotIn("FaultBegun", ended.err)
        self.assertRegex(ended.err + ended.out, "abortWhen")
        self.assert_whole_on(self.node)

    def test_6_killed_at_random_moments(self):
        # From the steady state through fault, restore and validation into the failback.
        for number, after, drill in drills_to_kill(self.begin, 2, 24):
            print(f"\n  kill {number} after {after:.2f} s")
            self.assertLess(self.kill(drill), LIFTED_WITHIN)
            self.assert_whole_on(self.live()[0])


class WhileSegmentsArrive(unittest.TestCase):
    """Whether a restore is possible, asked of an archive that grows meanwhile."""

    def setUp(self):
        top = tempfile.TemporaryDirectory(prefix="muster-e2e.", dir="/tmp")
        self.addCleanup(top.cleanup)
        self.folder = top.name
        backup = os.path.join(self.folder, "backups", "20261125T220000Z")
        os.makedirs(backup)
        os.mkdir(os.path.join(self.folder, "archive"))
        for name, text in (("backup_manifest", "{}"),
                           ("backup_label",
                            "START WAL LOCATION: 0/200028 (file 000000010000000000000002)\n")):
            with open(os.path.join(backup, name), "w", encoding="utf-8") as file:
                file.write(text)

    def archive(self, number):
        name = f"00000001{number // 4096:08X}{number % 4096:08X}"
        path = os.path.join(self.folder, "archive", name)
        with open(path + ".part", "wb"):
            pass
        os.rename(path + ".part", path)

    def unrestorable(self):
        env = dict(os.environ, MUSTER_DIR=self.folder)
        env.update({"MUSTER_PORT_" + name: "1" for name in ("A", "B", "PROXY")})
        done = subprocess.run([os.path.join(PLANS, "systems", SYSTEM, "unrestorable.sh")], env=env,
                              capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def test_what_is_archived_meanwhile_is_no_gap(self):
        self.assertRegex(self.unrestorable(), "no segment since")
        self.archive(2)
        ended = threading.Event()

        def server():
            number = 3
            while not ended.wait(0.01):
                self.archive(number)
                number += 1

        thread = threading.Thread(target=server)
        thread.start()
        try:
            for _ in range(40):
                self.assertIsNone(self.unrestorable())
        finally:
            ended.set()
            thread.join()

    def test_a_gap_is_named(self):
        for number in (2, 3, 5):
            self.archive(number)
        self.assertRegex(self.unrestorable(), "3 segments from 0{7}10{15}2 to 0{7}10{15}5")


if __name__ == "__main__":
    unittest.main(verbosity=2)
