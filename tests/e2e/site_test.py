"""A whole site is lost: in network namespaces, where they are allowed, and on loopback addresses.

The drill runs whole in both. Then it is interrupted in the outage and killed, before and after the
promotion and at random moments (MUSTER_KILLS and MUSTER_SEED as for guardian_test). Whatever happens, no
namespace, link or route is left on the machine, nor where the set-up itself is killed.
"""

import glob
import hashlib
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest

from drills_test import Drill
from guardian_test import SEED, LIFTED_WITHIN, KilledAlone, await_true, drills_to_kill
from muster_under_test import PLANS, Case

PLAN = "site-failover"
SYSTEM = "sites"
NETWORK = "spec.target.local.parameters.network="
TTL_SECONDS = 5


def networks_of(folder):
    """What the machine's network still has of a system in `folder`, by the names that belong to it."""
    mark = hashlib.sha256(folder.encode()).hexdigest()[:10]
    found = [name for name in glob.glob("/run/netns/*") if mark in name]
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    found += [line for line in links.splitlines() if "mu" + mark in line]
    metric = str(int(mark[:7], 16) + 3000000000)
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout
    return found + [line for line in routes.splitlines() if metric in line or "mu" + mark in line]


class Failover(Drill):
    """What every whole drill has in common."""

    network = None

    def criterion(self, metric, window="validation"):
        found = [c for c in self.report["criteria"] if (c["metric"], c["window"]) == (metric, window)]
        self.assertEqual(len(found), 1, self.report["criteria"])
        return found[0]

    def stream(self, name):
        return next(s for s in self.report["streams"] if s["stream"]["name"] == name)

    def told(self, kind, subject):
        return next(event["text"] for event in self.report["timeline"]
                    if event["kind"] == kind and event["subject"] == subject)

    def loses_what_the_line_did_not_carry(self):
        self.common()
        ledger = self.report["ledger"]
        self.assertGreater(ledger["lost"], 0)
        self.assertEqual(ledger["lost"], ledger["lostFoundOnOldPrimary"])
        self.assertTrue(ledger["crossCheckAgrees"])

    def proves_that_the_site_is_gone(self):
        self.assertRegex(self.told("FaultProven", "line-cut"), "answered 503")
        self.assertRegex(self.told("FaultProven", "site-cut-off"), "neither answers nor refuses")
        self.assertRegex(self.told("FaultProven", "site-dies"), "process a is Gone")

    def tells_which_network_it_was(self):
        self.assertRegex(self.told("Note", "system"), "network: " + self.network)

    def has_every_feature_again(self):
        self.assertEqual(self.criterion("FeaturePercent")["measured"], 100)
        features = [s for s in self.report["streams"] if s["stream"]["name"].startswith("features/")]
        self.assertEqual(len(features), 6)
        for feature in features:
            self.assertGreater(sum(feature["badByCause"].values()), 0, feature["stream"]["name"])

    def follows_the_names(self):
        self.assertRegex(self.told("StepDone", "switch"), r"lead to site b, [0-9.]+, within 5 s")
        names = self.stream("names/N")
        self.assertGreater(names["ok"], 0)
        # The name server is outside both sites: it must not have been hurt.
        self.assertEqual(sum(names["badByCause"].values()), 0)
        switch, = self.report["names"]
        self.assertEqual(switch["ttlSeconds"], TTL_SECONDS)
        self.assertNotIn(switch["after"], ("", switch["before"]))
        self.assertIn(switch["after"], self.told("StepDone", "switch"))
        self.assertAlmostEqual(switch["followedSeconds"],
                               switch["switched"]["upperSeconds"] + TTL_SECONDS, delta=0.01)

    def hears_the_other_site(self):
        self.assertGreater(self.stream("between-sites/A")["badByCause"].get("Unavailable", 0), 0)
        for name in ("second-site/A", "way-to-second-site/A"):
            self.assertGreater(self.stream(name)["ok"], 0)

    def leaves_nothing(self):
        self.nothing_left()
        self.assertEqual(networks_of(os.path.join(self.muster.state, "systems", SYSTEM)), [])


@unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
class InNamespaces(Failover):
    plan = PLAN
    sets = (NETWORK + "namespaces",)
    network = "each site is in a network namespace of its own"

    def test_finds_the_acknowledged_writes_that_the_line_did_not_carry(self):
        self.loses_what_the_line_did_not_carry()

    def test_proves_that_the_site_is_gone_and_tells_where(self):
        self.proves_that_the_site_is_gone()
        self.tells_which_network_it_was()

    def test_has_every_feature_again(self):
        self.has_every_feature_again()

    def test_users_follow_the_names(self):
        self.follows_the_names()

    def test_watches_what_a_second_site_needs(self):
        self.hears_the_other_site()

    def test_writes_every_report(self):
        self.outputs()

    def test_leaves_neither_processes_nor_networks_behind(self):
        self.leaves_nothing()


class OnLoopback(Failover):
    plan = PLAN
    sets = (NETWORK + "loopback", "spec.target.local.parameters.lineDelayMillis=150")
    network = "loopback addresses, because"

    def test_finds_the_acknowledged_writes_that_were_under_way(self):
        self.loses_what_the_line_did_not_carry()

    def test_proves_that_the_site_is_gone_and_tells_where(self):
        self.proves_that_the_site_is_gone()
        self.tells_which_network_it_was()

    def test_is_the_same_for_users(self):
        self.has_every_feature_again()
        self.follows_the_names()
        self.hears_the_other_site()

    def test_leaves_nothing_behind(self):
        self.leaves_nothing()


class Interrupted(KilledAlone):
    """One system, on which drill after drill ends too early; it is whole after each."""

    plan = PLAN
    system = SYSTEM
    sets = ()

    def address(self, name):
        port = self.muster.system_ports(SYSTEM)["dns"]
        return subprocess.run(["kdig", "+short", "+timeout=2", "-p", str(port), "@127.0.0.1",
                               name + ".shop.test", "A"], capture_output=True, text=True,
                              check=False).stdout.strip()

    def sql(self, name, port, statement):
        done = subprocess.run(
            ["psql", "-XqAt", "-h", self.address(name) or "127.0.0.1", "-p",
             str(self.muster.system_ports(SYSTEM)[port]), "-U", "muster", "-d", "app", "-c", statement],
            env=dict(os.environ, PGCONNECT_TIMEOUT="2"), capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def primary(self):
        live = [site for site in ("a", "b")
                if self.sql(site, site, "select pg_is_in_recovery()") == "f"]
        self.assertEqual(len(live), 1)
        return live[0]

    def served(self):
        """A user who asks for the names can write, and gets pages."""
        if self.sql("db", "db", "create temp table t (); select pg_is_in_recovery()") != "f":
            return False
        web = self.muster.system_ports(SYSTEM)["web"]
        return subprocess.run(["curl", "-fs", "-m", "2", "-o", "/dev/null",
                               f"http://{self.address('www')}:{web}/readyz"], check=False).returncode == 0

    def begin(self):
        await_true(self.is_checked, 20)
        self.site = self.primary()
        self.other = "b" if self.site == "a" else "a"
        drill = self.muster.drill(self.plan, f"spec.roles.primary={self.site}",
                                  f"spec.roles.standby={self.other}",
                                  "spec.timing.baselineSeconds=4", *self.sets, start=True)
        self.addCleanup(self.end, drill)
        return drill

    def assert_whole_on(self, site):
        self.assertEqual(self.primary(), site)
        self.assertTrue(self.is_checked())
        found = self.sql(site, site,
                         "select count(*) from pg_namespace where nspname like 'muster_drill%'")
        self.assertEqual(found, "0")
        self.assertIn("no drill needs", self.muster.run("drill", "recover").err)

    @staticmethod
    def await_outage(drill):
        """The site is dead; its promotion follows the proof, a second later, within milliseconds."""
        drill.until("FaultBegun site-dies")
        time.sleep(0.3)

    def test_1_interrupted_in_the_outage(self):
        drill = self.begin()
        self.await_outage(drill)
        drill.signal(signal.SIGINT)
        self.assert_exit(drill.wait(90), 130)
        self.assert_whole_on(self.site)

    def test_2_killed_when_the_site_is_dead(self):
        drill = self.begin()
        self.await_outage(drill)
        self.assertLess(self.kill(drill), LIFTED_WITHIN)
        self.assert_whole_on(self.site)

    def test_3_killed_after_the_promotion(self):
        drill = self.begin()
        drill.until("StepDone promote:")
        self.assertLess(self.kill(drill), LIFTED_WITHIN)
        self.assert_whole_on(self.other)

    def test_4_killed_at_random_moments(self):
        # From the steady state through fault, recovery and validation into the failback.
        for number, after, drill in drills_to_kill(self.begin, 2, 30):
            print(f"\n  kill {number} after {after:.2f} s")
            self.assertLess(self.kill(drill), LIFTED_WITHIN)
            self.assert_whole_on(self.primary())

    @classmethod
    def tearDownClass(cls):
        folder = os.path.join(cls.muster.state, "systems", SYSTEM)
        super().tearDownClass()
        left = networks_of(folder)
        if left:
            raise AssertionError(f"left on the machine: {left}")


class InterruptedOnLoopback(Interrupted):
    test_1_interrupted_in_the_outage = None
    test_2_killed_when_the_site_is_dead = None
    test_4_killed_at_random_moments = None

    @classmethod
    def prepare(cls):
        local = {"system": SYSTEM, "parameters": {"network": "loopback"}}
        cls.plan = cls.muster.changed_plan(PLAN, {"target": {"local": local}})


@unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
class SetUp(Case):
    """The scripts alone: a set-up that is killed at any moment is taken away again."""

    def environment(self, folder):
        env = dict(os.environ, MUSTER_DIR=folder, MUSTER_PARAM_NETWORK="namespaces")
        names = "WEB DB APP A B DNS FROM_A FROM_B TO_A TO_B".split()
        env.update({"MUSTER_PORT_" + name: str(1) for name in names})
        return env

    def run_script(self, folder, *argv, **options):
        return subprocess.Popen([os.path.join(PLANS, "systems", SYSTEM, argv[0]), *argv[1:]],
                                env=self.environment(folder), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True, **options)

    def test_leaves_nothing_wherever_it_was_killed(self):
        chance = random.Random(SEED)
        seen_half = False
        for number in range(12):
            folder = tempfile.mkdtemp(prefix="muster-e2e.", dir="/tmp")
            self.addCleanup(subprocess.run, ["rm", "-rf", folder], check=True)
            making = self.run_script(folder, "wan.sh", "make")
            time.sleep(number * 0.04 + chance.uniform(0, 0.04))
            os.killpg(making.pid, signal.SIGKILL)
            making.wait()
            left = networks_of(folder)
            seen_half |= len(left) > 0
            self.assertEqual(self.run_script(folder, "stop.sh").wait(60), 0)
            self.assertEqual(networks_of(folder), [], left)
        self.assertTrue(seen_half, "no set-up was killed half-way: the test proves nothing")


if __name__ == "__main__":
    unittest.main(verbosity=2)
