"""Bad days of the machine: its clock is set, its disk is full, its ports and connections are taken,
and whoever runs the drill is no administrator.
"""

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

from muster_under_test import QUICK, Case, Muster, copy_for_anybody, plan
from pair_under_test import PLAN, PairCase

FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")


def can_mount():
    """Whether a file system of our own may be mounted where nobody else sees it."""
    return subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False,
                          capture_output=True).returncode == 0


class BadMachine(PairCase):
    @unittest.skipUnless(FAKETIME, "libfaketime is not installed: apt-get install faketime")
    def test_1_the_wall_clock_is_set_in_the_drill(self):
        # For `muster` alone, and its steady clock stays true: as when an administrator sets the
        # time. ASan would ask for the time before libfaketime is ready.
        offset = os.path.join(self.muster.top, "offset")
        drill = self.validating(offset)
        self.set_clock(offset, "-120")
        ended = drill.wait()
        self.assert_exit(ended, 0, 3, 4)
        report = self.muster.report()
        self.assertEqual(report["ending"], "Completed")
        forward, back = report["instrument"]["wallStepsSeconds"]
        self.assertAlmostEqual(forward, 3600, delta=1)
        self.assertAlmostEqual(back, -3720, delta=1)
        self.assertIn("The wall clock was set forward by 1 h 00 min", ended.out)
        self.assertIn("The wall clock was set back by 1 h 02 min", ended.out)
        # Every figure is of the steady clock: an outage of seconds, no outage of an hour.
        self.assertTrue(report["instrument"]["healthy"], json.dumps(report["instrument"])[:6000])
        for objective in ("rto", "rpo"):
            self.assertEqual(report[objective]["verdict"], "Met", report["reasons"])
        self.assertLess(report["rto"]["service"]["upperSeconds"], 60)
        self.assertTrue(report["ledger"]["crossCheckAgrees"])
        self.assert_undone(self.standby)

    def validating(self, offset):
        """A drill whose clock was set forward and that has come to its validation. Under libfaketime and the sanitizers one was
        seen to stand still, twice in many runs: it shows its threads and is killed, and another is begun."""
        for attempts_left in (2, 1, 0):
            self.set_clock(offset, "+0")
            drill = self.begin(env={
                "LD_PRELOAD": FAKETIME[0], "FAKETIME_TIMESTAMP_FILE": offset,
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_ONLY_CMDS": "muster",
                "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
                                ":allocator_release_to_os_interval_ms=-1"})
            drill.until("FaultBegun")
            self.set_clock(offset, "+3600")
            try:
                drill.until("PhaseBegan Validation", seconds=45)
                break
            except AssertionError:
                if not attempts_left or drill.process.poll() is not None:
                    raise
                self.show_threads(drill.process.pid)
                self.end(drill)
                self.setUp()  # who is primary now
        return drill

    @staticmethod
    def show_threads(pid):
        """Where each thread stands, for whoever reads the log."""
        gdb = shutil.which("gdb")
        if gdb:
            subprocess.run([gdb, "-batch", "-p", str(pid), "-ex", "thread apply all bt 12"],
                           check=False, stdout=sys.stderr, stderr=subprocess.DEVNULL, timeout=60)

    @staticmethod
    def set_clock(path, offset):
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(offset + "\n")
        os.rename(path + ".new", path)

    def test_2_the_disk_is_full_in_the_outage(self):
        if not can_mount():
            self.skipTest("mounting a small disk is not allowed here")
        folder = os.path.join(self.muster.state, "drills")
        os.makedirs(folder, exist_ok=True)
        small = ["unshare", "-m", "--propagation", "private", "sh", "-c",
                 'mount -t tmpfs -o size=16m tmpfs "$1" && shift && exec "$@"', "sh", folder]
        drill = self.begin(prefix=small)
        drill.until("FaultBegun")
        seen = f"/proc/{drill.process.pid}/root{folder}"
        disk = os.open(seen, os.O_RDONLY | os.O_DIRECTORY)  # holds the disk when muster has ended
        self.addCleanup(os.close, disk)
        self.fill(disk)
        ended = drill.wait(120)
        self.assertNotEqual(ended.code, 0, str(ended))
        self.assertRegex(ended.err, "DiskFull: .*the ledger cannot be written: .*No space left")
        self.assertRegex(ended.err, "report.json was not written: .*No space left")
        self.assertIn("DiskFull", ended.out)
        self.assert_pair(self.standby if self.promoted() else self.primary)
        # What was undone is ticked off on the disk that is full: nobody undoes it again.
        (name,) = (name for name in os.listdir(disk) if name.startswith(PLAN))
        left = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=disk)
        self.addCleanup(os.close, left)
        with open(os.open("undo.journal", os.O_RDONLY, dir_fd=left), encoding="utf-8") as file:
            journal = file.read()
        self.assertEqual(journal.count('"record":'), journal.count('"undone":'), journal)
        self.assertRegex(journal, '"closed":.*"whole":true')
        self.assertIn("ended", os.listdir(left))
        self.assert_no_ledger_left(self.standby if self.promoted() else self.primary)

    @staticmethod
    def fill(disk):
        with open(os.open("fill", os.O_WRONLY | os.O_CREAT, dir_fd=disk), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def test_3_too_few_connections(self):
        # The role of users and probes may have 260 sessions in this system.
        ended = self.begin("spec.probes.orders.postgres.writesPerSecond=1000").wait(60)
        self.assert_exit(ended, 1)
        report = self.muster.report()
        self.assertEqual((report["verdict"], report["ending"]), ("Invalid", "SetupFailed"))
        self.assertRegex(report["endingReason"],
                         r"may need \d+ connections to '[ab]', which has \d+ of \d+ in use: raise its "
                         "max_connections")
        self.assertNotIn("FaultBegun", str(report["timeline"]))
        self.assert_undone(self.primary)


class NoSystemYet(Case):
    """What happens before there is a system, or to one that a drill starts itself."""

    def setUp(self):
        self.muster = Muster()
        self.addCleanup(self.muster.close)

    def ports(self, name):
        """The ports of a system that is being started, as soon as they are chosen."""
        limit = time.monotonic() + 20
        while time.monotonic() < limit:
            try:
                return self.muster.system_ports(name)
            except (OSError, ValueError):
                time.sleep(0.01)
        raise AssertionError("no ports were chosen")

    def start_with_port_taken(self, name, system, port):
        starting = self.muster.start("system", "start", plan(name))
        with socket.socket() as other:
            other.bind(("127.0.0.1", self.ports(system)[port]))
            other.listen()
            ended = starting.wait(90)
        self.assert_exit(ended, 1)
        self.assert_nothing_runs()
        return ended.err

    def test_1_the_port_of_a_server_is_taken(self):
        said = self.start_with_port_taken(PLAN, "postgres-pair", "a")
        self.assertRegex(said, "node a does not start: .*Address already in use")

    def test_2_the_port_of_the_proxy_is_taken(self):
        said = self.start_with_port_taken(PLAN, "postgres-pair", "proxy")
        self.assertRegex(said, "HAProxy does not start: .*Address already in use")

    def test_3_the_port_of_etcd_is_taken(self):
        said = self.start_with_port_taken("database-failover-patroni", "patroni", "etcd")
        self.assertRegex(said, "etcd to answer: etcd does not run; .*address already in use")

    def test_4_etcd_dies_while_patroni_starts(self):
        starting = self.muster.start("system", "start", plan("database-failover-patroni"))
        pids = os.path.join(self.muster.state, "systems", "patroni", "pid")
        limit = time.monotonic() + 60
        while not os.path.exists(os.path.join(pids, "patroni-a.pid")):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.02)
        with open(os.path.join(pids, "etcd.pid"), encoding="utf-8") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        ended = starting.wait(120)
        self.assert_exit(ended, 1)
        self.assertIn("node a to become the primary: etcd does not run", ended.err)
        self.assert_nothing_runs()

    @unittest.skipIf(os.geteuid() != 0, "needs another user")
    def test_5_an_ordinary_user(self):
        here = os.path.join(self.muster.top, "here")
        os.mkdir(here)
        copy_for_anybody(here)
        os.mkdir(self.muster.state)
        shutil.chown(self.muster.state, "nobody", "nogroup")
        argv = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                os.path.join(here, "muster"), "drill", "run",
                os.path.join(here, "dr-drills", PLAN + ".yaml")]
        for change in (*QUICK, "spec.timing.baselineSeconds=4", "spec.timing.validationSeconds=2"):
            argv += ["--set", change]
        env = {"MUSTER_STATE_DIR": self.muster.state, "PATH": "/usr/local/bin:/usr/bin:/bin",
               "HOME": "/nonexistent"}
        done = subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, timeout=180,
                              check=False)
        self.assertIn(done.returncode, (0, 3, 4), done.stderr)
        report = self.muster.report()
        self.assertEqual((report["ending"], report["finalState"]), ("Completed", "Normal"))
        self.assertGreater(report["ledger"]["lost"], 0)
        self.assertTrue(report["ledger"]["crossCheckAgrees"])
        self.assert_nothing_runs()
        self.assertEqual(os.listdir(os.path.join(self.muster.state, "systems")), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
