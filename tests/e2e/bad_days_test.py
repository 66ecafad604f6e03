"""Bad days: the drill is interrupted, killed, starved or lied to, and the system is whole afterwards.

One pair of servers is started and serves all tests of this file, in order.
"""

import glob
import os
import resource
import signal
import time
import unittest

from muster_under_test import Case, Muster, plan, processes_below
from pair_under_test import PLAN, PairCase


class BadDays(PairCase):
    # -- interrupted ---------------------------------------------------------------------------

    def test_01_interrupted_in_the_baseline(self):
        drill = self.begin("spec.timing.baselineSeconds=30")
        drill.until("PhaseBegan Baseline")
        time.sleep(1)
        refused = self.muster.drill(PLAN, seconds=20)
        self.assert_exit(refused, 1)
        self.assertRegex(refused.err, "'postgres-pair' is in use: .*held by a drill of")
        self.assertEqual(len(self.muster.drills()), 1, "the refused drill left a folder")
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(60), 130)
        report = self.muster.report()
        self.assertEqual((report["verdict"], report["ending"]), ("Invalid", "Aborted"))
        self.assertIsNone(report["ledger"]["lost"], "nothing was read, so nothing is known to be lost")
        self.assert_undone(self.primary)

    def test_02_interrupted_right_after_the_kill(self):
        drill = self.begin()
        drill.until("FaultBegun")
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(120), 130)
        report = self.muster.report()
        self.assertEqual(report["verdict"], "Invalid")
        self.assertEqual(report["consistency"]["splitBrainDefinite"], 0, report["timeline"])
        self.assert_undone(self.standby if self.promoted() else self.primary)

    def test_03_interrupted_while_the_promotion_is_at_work(self):
        drill = self.begin()
        drill.until("StepBegan promote")
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(120), 130)
        report = self.muster.report()
        self.assertEqual(report["consistency"]["splitBrainDefinite"], 0, report["timeline"])
        self.assertEqual(report["consistency"]["splitBrainSurvived"], 0, report["timeline"])
        self.assert_undone(self.standby if self.promoted() else self.primary)

    def test_04_aborted_in_the_validation(self):
        drill = self.begin("spec.timing.validationSeconds=60")
        drill.until("PhaseBegan Validation")
        self.assert_exit(self.muster.run("drill", "abort", "last", "--reason", "lunch"), 0)
        self.assert_exit(drill.wait(120), 130)
        self.assertIn("lunch", self.muster.report()["endingReason"])
        self.assert_undone(self.standby)

    def test_05_stopped(self):
        drill = self.begin("spec.timing.baselineSeconds=30")
        drill.until("PhaseBegan Baseline")
        self.assert_exit(self.muster.run("stop"), 0)
        self.assert_exit(drill.wait(10), 130)
        self.assert_undone(self.primary)

    # -- killed --------------------------------------------------------------------------------

    def kill_at(self, pattern):
        drill = self.begin()
        drill.until(pattern)
        self.assertEqual(self.muster.kill(drill).code, -signal.SIGKILL)

    def test_06_killed_right_after_the_kill_and_recovered(self):
        self.kill_at("FaultBegun")
        self.assertIn("died: run `muster drill recover`", self.muster.run("drill", "list").out)
        recovered = self.muster.run("drill", "recover")
        self.assert_exit(recovered, 0)
        self.assertIn("whole", recovered.out)
        self.assert_undone(self.standby if self.promoted() else self.primary)

    def test_07_killed_while_a_step_of_failback_is_at_work_and_recovered_by_the_next_run(self):
        self.kill_at("StepBegan rejoin")
        roles = [f"spec.roles.primary={self.standby}", f"spec.roles.standby={self.primary}"]
        drill = self.muster.drill(PLAN, *roles, "spec.timing.baselineSeconds=30", start=True)
        drill.until("died before it undid everything: undoing it first")
        drill.until("PhaseBegan Baseline")
        self.assert_pair(self.standby)
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(60), 130)
        self.assert_undone(self.standby)

    # -- the system does not play along --------------------------------------------------------

    def test_08_the_promotion_fails(self):
        ended = self.begin("spec.recovery.promote.sql.statement=select no_such_function()").wait()
        self.assert_exit(ended, 3, 4)
        report = self.muster.report()
        self.assertEqual(report["ending"], "NotRecovered")
        self.assertIn("no_such_function", report["endingReason"])
        self.assertNotEqual(report["verdict"], "Met")
        self.assert_undone(self.primary)

    def test_09_the_standby_hangs_and_is_never_promoted(self):
        drill = self.begin("spec.recovery.promote.targetMillis=4000",
                           "spec.recovery.promote.timeoutSeconds=5")
        drill.until("PhaseBegan Baseline")
        standby = self.pids(self.standby)
        os.kill(standby, signal.SIGSTOP)
        try:
            drill.until("StepFailed promote", 60)
        finally:
            os.kill(standby, signal.SIGCONT)
        self.assert_exit(drill.wait(120), 3, 4)
        self.assertEqual(self.muster.report()["consistency"]["splitBrainDefinite"], 0)
        self.assert_undone(self.standby if self.promoted() else self.primary)

    def test_10_the_proxy_dies_in_the_baseline(self):
        drill = self.begin("spec.timing.baselineSeconds=6")
        drill.until("PhaseBegan Baseline")
        time.sleep(2)
        os.kill(self.proxy_pid(), signal.SIGKILL)
        self.assert_exit(drill.wait(60), 4)
        self.muster.script("postgres-pair", "proxy.sh", "start")
        report = self.muster.report()
        self.assertEqual(report["ending"], "NoSteadyState")
        self.assertRegex(report["endingReason"], "the service was good for .*; not running: proxy")
        self.assertNotIn("FaultBegun", str(report["timeline"]), "broken on top of what was broken")
        self.assert_undone(self.primary)

    def test_11_the_disk_is_full_under_the_ledger(self):
        drill = self.begin("spec.timing.baselineSeconds=60", preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY)))
        ended = drill.wait(90)
        self.assertNotEqual(ended.code, 0, str(ended))
        self.assertRegex(ended.err, "the ledger cannot be written")
        self.assert_undone(self.primary)

    def test_12_the_drill_itself_is_suspended_in_the_outage(self):
        drill = self.begin()
        drill.until("FaultBegun")
        drill.signal(signal.SIGSTOP)
        time.sleep(3)
        drill.signal(signal.SIGCONT)
        self.assert_exit(drill.wait(), 0, 3, 4)
        report = self.muster.report()
        # It did not look for 3 s: whatever it claims must hold for both ends of what it missed.
        service = report["rto"]["service"]
        if report["rto"]["verdict"] in ("Met", "Missed"):
            self.assertGreaterEqual(service["upperSeconds"] - service["lowerSeconds"], 0)
            self.assertGreaterEqual(service["upperSeconds"], 2.5)
        self.assertTrue(report["ledger"]["crossCheckAgrees"])
        self.assert_undone(self.standby)

    def test_13_interrupted_in_the_failback(self):
        drill = self.begin("spec.timing.validationSeconds=2")
        drill.until("StepBegan rejoin")
        drill.signal(signal.SIGINT)
        ended = drill.wait(120)
        self.assert_exit(ended, 130)
        self.assertIn("undoing everything first", ended.err)
        report = self.muster.report()
        self.assertEqual(report["ending"], "Aborted")
        self.assertIn("RedundancyRestored", str(report["timeline"]))
        self.assert_undone(self.standby)

    def test_14_replication_is_cut_and_the_standby_never_catches_up(self):
        changed = self.muster.changed_plan(PLAN, {
            "roles": {"primary": self.primary, "standby": self.standby, "service": "proxy"},
            "fault": {"name": "replication-cut",
                      "network": {"relay": f"from-{self.primary}", "mode": "BlackHole"}},
            "recovery": [{"name": "standby-follows", "phase": "DataSynchronization",
                          "timeoutSeconds": 4,
                          "waitFor": {"postgres": {"instance": self.standby, "state": "CaughtUp"}}}],
            "failback": []})
        ended = self.muster.drill(changed, "spec.timing.baselineSeconds=4")
        self.assert_exit(ended, 3, 4)
        report = self.muster.report()
        self.assertEqual(report["ending"], "NotRecovered")
        self.assertRegex(report["endingReason"],
                         f"'standby-follows' failed: .*last seen: instance {self.standby} is Standby, "
                         r"\d+ bytes behind")
        self.assert_undone(self.primary)

    def test_15_the_old_primary_rejoins_and_never_catches_up(self):
        drill = self.begin("spec.timing.validationSeconds=2",
                           "spec.failback.caught-up.timeoutSeconds=3",
                           "spec.failback.caught-up.waitFor.postgres.withinBytes=0")
        drill.until("PhaseBegan Baseline")
        config = os.path.join(self.muster.state, "systems", "postgres-pair", "conf",
                              self.primary + ".conf")
        with open(config, "r+", encoding="utf-8") as file:
            before = file.read()
            file.write("recovery_min_apply_delay = 1h\n")
        drill.until("StepBegan rejoin")
        with self.muster.writer(self.standby):
            ended = drill.wait(120)
        with open(config, "w", encoding="utf-8") as file:
            file.write(before)
        self.assert_exit(ended, 1)
        self.assertRegex(ended.err, "warning: the failback step 'caught-up' failed: .*last seen: "
                                    f"instance {self.primary} is Standby, \\d+ bytes behind")
        self.assertIn("then run `muster drill recover`", ended.err)
        report = self.muster.report()
        self.assertEqual((report["ending"], report["finalState"]), ("NotWhole", "Degraded"))
        self.assertEqual(report["ledger"]["lost"], report["ledger"]["lostFoundOnOldPrimary"])
        self.muster.superuser(self.primary, "select pg_reload_conf()")
        self.assert_exit(self.muster.run("drill", "recover"), 0)
        self.assert_undone(self.standby)

    def test_16_the_proxy_dies_in_the_outage(self):
        drill = self.begin()
        drill.until("FaultBegun")
        os.kill(self.proxy_pid(), signal.SIGKILL)
        # It was not the drill that broke it, so it is named, and whoever watches can help.
        drill.until("the service is not good after everything was undone; not running: proxy")
        self.muster.script("postgres-pair", "proxy.sh", "start")
        self.assert_exit(drill.wait(60), 4)
        report = self.muster.report()
        self.assertEqual((report["verdict"], report["finalState"]), ("Invalid", "Normal"))
        self.assertRegex(report["endingReason"], "'fence' .*HAProxy's admin socket")
        self.assert_undone(self.primary)


class NoSystemYet(Case):
    """Drills that start the system themselves."""

    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)

    def test_1_interrupted_while_the_system_starts(self):
        drill = self.muster.drill(PLAN, start=True)
        drill.until("starting postgres-pair")
        time.sleep(0.3)
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(60), 130)
        self.assert_nothing_runs()
        self.assertEqual(self.muster.drills(), [])
        self.assertEqual(glob.glob(os.path.join(self.muster.state, "systems", "*")), [])

    def test_2_killed_in_the_drill_and_stopped(self):
        drill = self.muster.drill(PLAN, start=True)
        drill.until("PhaseBegan Baseline")
        self.muster.kill(drill)
        stopped = self.muster.run("stop")
        self.assert_exit(stopped, 0)
        self.assertIn("the system that the drill had started is stopped", stopped.out)
        self.assert_nothing_runs()
        self.assertEqual(glob.glob(os.path.join(self.muster.state, "systems", "*")), [])

    def test_3_the_machine_restarts_after_the_drill_died(self):
        self.assert_exit(self.muster.run("system", "start", plan(PLAN)), 0)
        drill = self.muster.drill(PLAN, start=True)
        drill.until("FaultBegun")
        self.muster.kill(drill)
        # As after a restart: no process lives, and the state is of another boot.
        for pid in processes_below(self.muster.state):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        path = os.path.join(self.muster.state, "systems", "postgres-pair", "state.json")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            self.assertIn(file.read().strip(), text)
            file.seek(0)
            text = text.replace(file.read().strip(), "00000000-0000-0000-0000-000000000000")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        recovered = self.muster.run("drill", "recover", seconds=60)
        self.assert_exit(recovered, 0)
        self.assertIn("does not run any more", recovered.out)
        self.assert_nothing_runs()


if __name__ == "__main__":
    unittest.main(verbosity=2)
