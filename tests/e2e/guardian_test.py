"""The guardian: `muster` is killed at any moment, and nobody has to do anything.

MUSTER_KILLS=30 kills each scenario that often (once by default); MUSTER_SEED repeats a run. Printed for
each: when it was killed, how long the service took to answer writes again, how long until the system
was whole. Ten seconds are promised on a machine that has time; here it is a machine of tests, on
which one restored server took eight: MUSTER_LIFTED_WITHIN=10 judges by the promise.
"""

import glob
import os
import random
import signal
import time
import unittest
import urllib.request

from muster_under_test import Case, Muster, SystemCase

KILLS = int(os.environ.get("MUSTER_KILLS", "1"))
SEED = int(os.environ.get("MUSTER_SEED", "1"))
LIFTED_WITHIN = float(os.environ.get("MUSTER_LIFTED_WITHIN", "45"))
WHOLE_WITHIN = 120.0


def alive(pid):
    """A zombie is no process any more: its parent was killed and nobody here reaps it."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(") ")[2][:1] not in "ZX"
    except OSError:
        return False


def await_true(what, seconds, every=0.05):
    """Seconds until `what()` held."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds} s: {what.__name__}")
        time.sleep(every)
    return time.monotonic() - began


def drills_to_kill(begin, soonest, latest):
    """KILLS drills that still run a random time after their baseline began: number, time, drill."""
    chance = random.Random(SEED)
    number = 0
    for _ in range(3 * KILLS):
        drill = begin()
        drill.until("PhaseBegan Baseline")
        after = chance.uniform(soonest, latest)
        time.sleep(after)
        if drill.process.poll() is not None:
            ended = drill.wait(1)
            print(f"\n  not killed: the drill had ended before {after:.2f} s with exit code "
                  f"{ended.code}, last: {ended.err.rstrip().splitlines()[-1]}")
            continue
        number += 1
        yield number, after, drill
        if number == KILLS:
            return
    raise AssertionError("most drills had ended before they were killed")


def assert_undone(case):
    """The newest drill's guardian undid everything, unless the drill itself already had."""
    folder = case.muster.drills()[-1]
    with open(os.path.join(folder, "guardian.log"), encoding="utf-8") as file:
        said = file.read()
    if said or not os.path.exists(os.path.join(folder, "ended")):
        case.assertIn("everything is undone", said, case.muster.run("drill", "show", "last").out)
    case.assertNotIn("still in the database", said)


class KilledAlone(SystemCase):
    """A drill is killed and its guardian is not, which undoes what the drill had done."""

    def served(self):
        """Users are."""
        raise NotImplementedError

    def kill(self, drill):
        """Seconds until users are served; the system is whole then too."""
        guardian = self.muster.guardian_of()
        drill.signal(signal.SIGKILL)
        drill.wait(10)
        began = time.monotonic()
        lifted = await_true(self.served, WHOLE_WITHIN)
        await_true(lambda: not alive(guardian), WHOLE_WITHIN)
        print(f"\n  {self.id()}: served {lifted:.2f} s, whole {time.monotonic() - began:.2f} s")
        assert_undone(self)
        return lifted


class Guarded(SystemCase):
    """Shared by the scenarios: a system that runs, drills on it that are killed."""

    plan = "database-failover"
    system = "postgres-pair"
    sets = ()
    # From the steady state through fault, recovery and validation into the failback.
    killed_after = (2, 26)

    def sql(self, instance, statement):
        return self.muster.sql(instance, statement, self.system)

    def roles(self):
        return self.muster.roles(self.system)

    def fault_lifted(self):
        """A user of the service can write."""
        return self.sql("proxy",
                        "create temp table t (); select pg_is_in_recovery()") == "f"

    def is_whole(self):
        roles = self.roles()
        if sorted(roles.values()) != ["primary", "standby"]:
            return False
        primary = next(node for node, role in roles.items() if role == "primary")
        return self.sql(primary,
                        "select count(*) from pg_stat_replication where state = 'streaming'") == "1"

    def role_sets(self):
        """Which node is what now: a failover swaps them."""
        return [f"spec.roles.{role}={node}" for node, role in self.roles().items()]

    def begin(self, *more):
        await_true(self.is_whole, 30)
        drill = self.muster.drill(self.plan, *self.role_sets(), "spec.timing.baselineSeconds=4", *self.sets,
                                  *more, start=True)
        self.addCleanup(self.end, drill)
        return drill

    def end(self, drill):
        if drill.process.poll() is None:
            drill.signal(signal.SIGKILL)
            drill.wait(10)
        self.muster.run("drill", "recover")

    def log(self):
        with open(os.path.join(self.muster.drills()[-1], "guardian.log"), encoding="utf-8") as file:
            return file.read()

    def await_undone(self, guardian):
        """After a kill: the service answers within 10 s, the system is whole, nobody is left."""
        lifted = await_true(self.fault_lifted, LIFTED_WITHIN)
        await_true(lambda: not alive(guardian), WHOLE_WITHIN)
        whole = await_true(self.is_whole, 30)
        assert_undone(self)
        self.assertIn("no drill needs", self.muster.run("drill", "recover").err)
        return lifted, whole

    def kill_at_random_moments(self):
        for number, after, drill in drills_to_kill(self.begin, *self.killed_after):
            guardian = self.muster.guardian_of()
            drill.signal(signal.SIGKILL)
            drill.wait(10)
            began = time.monotonic()
            lifted, _ = self.await_undone(guardian)
            print(f"\n  kill {number} after {after:.2f} s: service {lifted:.2f} s, whole "
                  f"{time.monotonic() - began:.2f} s")


class Database(Guarded):
    """The failover that Muster orchestrates."""

    def test_1_killed_in_the_outage(self):
        drill = self.begin()
        drill.until("FaultBegun")
        guardian = self.muster.guardian_of()
        drill.signal(signal.SIGKILL)
        drill.wait(10)
        self.await_undone(guardian)

    def test_2_a_killed_guardian_is_replaced(self):
        drill = self.begin("spec.timing.baselineSeconds=60")
        drill.until("PhaseBegan Baseline")
        first = self.muster.guardian_of()
        os.kill(first, signal.SIGKILL)
        drill.until("guardian died: starting another")
        await_true(lambda: self.muster.guardian_of() not in (None, first), 10)
        second = self.muster.guardian_of()
        drill.signal(signal.SIGKILL)
        drill.wait(10)
        self.await_undone(second)

    def test_3_a_drill_that_stands_still_is_killed(self):
        drill = self.begin("spec.guard.silenceSeconds=3")
        drill.until("FaultBegun")
        guardian = self.muster.guardian_of()
        drill.signal(signal.SIGSTOP)
        self.assertEqual(drill.wait(20).code, -signal.SIGKILL)
        self.await_undone(guardian)
        self.assertIn("said nothing for 3.00 s", self.log())

    def test_4_a_drill_that_ends_sends_its_guardian_away(self):
        drill = self.begin("spec.timing.baselineSeconds=60")
        drill.until("PhaseBegan Baseline")
        guardian = self.muster.guardian_of()
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(60), 130)
        self.assertFalse(alive(guardian))
        self.assertEqual(self.log(), "")

    def test_5_killed_at_random_moments(self):
        self.kill_at_random_moments()


class Patroni(Database):
    """The failover that Patroni does by itself."""

    plan = "database-failover-patroni"
    system = "patroni"
    test_1_killed_in_the_outage = None
    test_2_a_killed_guardian_is_replaced = None
    test_3_a_drill_that_stands_still_is_killed = None
    test_4_a_drill_that_ends_sends_its_guardian_away = None

    def fault_lifted(self):
        """The lost node runs again. Who may write is Patroni's to say, a lease later."""
        folder = os.path.join(self.muster.state, "systems", self.system, "pid")
        return all(alive(self.pid_in(os.path.join(folder, f"patroni-{node}.pid")))
                   for node in ("a", "b"))

    @staticmethod
    def pid_in(path):
        """Nobody, while the file is being written."""
        try:
            with open(path, encoding="utf-8") as file:
                return int(file.read())
        except (OSError, ValueError):
            return None


class Partition(Guarded):
    """A network fault: the relays let everything pass again."""

    plan = "database-partition"

    def test_killed_in_the_outage(self):
        drill = self.begin()
        drill.until("FaultProven")
        guardian = self.muster.guardian_of()
        drill.signal(signal.SIGKILL)
        drill.wait(10)
        lifted, _ = self.await_undone(guardian)
        print(f"\n  service {lifted:.2f} s")

    def test_killed_at_random_moments(self):
        self.kill_at_random_moments()


class ApplicationServers(Database):
    """A server in the place of another: nothing is promoted, everything is taken back."""

    plan = "application-failover"
    system = "app-servers"
    sets = ("spec.timing.baselineSeconds=6",)
    killed_after = (2, 18)
    test_2_a_killed_guardian_is_replaced = None
    test_3_a_drill_that_stands_still_is_killed = None
    test_4_a_drill_that_ends_sends_its_guardian_away = None

    def role_sets(self):
        return []

    def fault_lifted(self):
        """Users are answered, by every server in turn."""
        address = f"http://127.0.0.1:{self.muster.system_ports(self.system)['proxy']}/readyz"
        try:
            for _ in range(6):
                urllib.request.urlopen(address, timeout=3).close()
        except OSError:
            return False
        return True

    def is_whole(self):
        return self.is_checked()


class NoSystemYet(Case):
    """The drill had started the system itself: it is stopped too."""

    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)

    def test_killed_in_the_outage(self):
        drill = self.muster.drill("database-failover", start=True)
        drill.until("FaultBegun")
        guardian = self.muster.guardian_of()
        drill.signal(signal.SIGKILL)
        drill.wait(10)
        await_true(lambda: not alive(guardian), WHOLE_WITHIN)
        self.assert_nothing_runs()
        self.assertEqual(glob.glob(os.path.join(self.muster.state, "systems", "*")), [])
        with open(os.path.join(self.muster.drills()[-1], "guardian.log"), encoding="utf-8") as file:
            self.assertIn("the system that the drill had started is stopped", file.read())


if __name__ == "__main__":
    unittest.main(verbosity=2)
