"""Bad days of clocks: runner, guardian and operator of whole drills live by wall clocks that differ by minutes and are stepped by
an hour, with a real API server. A drill measures, ends and is undone by lengths of time: its verdict, the RTO, the fault's deadline
and who leads are the same as if all clocks were one."""
import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from release_under_test import CHART, HOME, REPLICAS, SOURCE, World, helms, until

sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "stepped_clock"))
from stepped_clock import HOUR, SteppedClock  # noqa: E402  pylint: disable=wrong-import-position

MUSTER = os.environ.get("MUSTER", os.path.join(SOURCE, "build", "default", "cli", "muster"))
AHEAD, BEHIND = 420, -420  # seconds
SPACES = ("ahead", "behind", "stepped", "operator", "begun", "hangs-ahead", "hangs-behind", "hangs-anew", "hangs-stepped", "waits")
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/muster-operator"
BEGIN_WITHIN = 40
UNDO_WITHIN = 13  # seconds after the fault's deadline, of the guardian


class Clocks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clocks = {}  # by (namespace, component)
        cls.addClassCleanup(lambda: [one.close() for one in cls.clocks.values()])
        cls.world = World()
        cls.addClassCleanup(cls.world.close)
        cls.world.node.clock_of = cls.clock_of
        cls.world.make_namespace(HOME)
        for space in SPACES:
            cls.world.make_target(space)
        cls.clock(HOME, "operator")
        cls.world.run(helms()[1], "install", "muster", CHART, "-n", HOME, "--wait", "--timeout=90s", "--set", f"drillNamespaces={{{','.join(SPACES)}}}",
                      "--set", f"replicas=1,image.tag=test,lease.seconds=5,undoGraceSeconds=30,extraArgs={{--begin-within-seconds={BEGIN_WITHIN}}}")
        for space in SPACES:
            cls.world.make_plan(space)

    @classmethod
    def clock_of(cls, pod):
        meta = pod["metadata"]
        return cls.clocks.get((meta["namespace"], meta["labels"].get("app.kubernetes.io/component")))

    @classmethod
    def clock(cls, space, component, seconds=0):
        cls.clocks[space, component] = SteppedClock(seconds)
        return cls.clocks[space, component]

    def tearDown(self):
        self.clocks[HOME, "operator"].set(0)
        self.assertEqual([], self.world.node.errors)

    def outage(self, space):
        """How long nobody was served, in seconds of this machine's steady clock: at least, and at most."""
        seen = {}  # when users were served, and when they were not

        def look(wanted):
            served = self.world.is_served(space)
            now = time.monotonic()
            seen.setdefault((served, "first"), now)
            seen[served, "last"] = now
            return served == wanted

        until("users that are served no more", lambda: look(False))
        good = seen[True, "last"]
        until("users that are served again", lambda: look(True))
        return seen[False, "last"] - seen[False, "first"], seen[True, "last"] - good

    def assert_measured(self, space, outage):
        """It was judged, and what it measured is what there was, whatever clocks say."""
        self.world.wait_phase(space, "d", "Finished")
        status = self.world.status(space, "d")
        self.assertEqual(("Met", ("True", "Whole")), (status.get("verdict"), tuple(self.world.condition(space, "d", "Undone")[one] for one in ("status", "reason"))),
                         status.get("reason"))
        least, most = outage
        self.assertLessEqual(status["rto"]["lowerMillis"] / 1000, most + 1)
        self.assertGreaterEqual(status["rto"]["upperMillis"] / 1000, least - 1)
        self.assertLess(status["rto"]["upperMillis"] / 1000, most + 15)
        until("web as it was", lambda: self.world.desired(space) == REPLICAS == self.world.ready(space))
        place = status["evidence"]
        secret = self.world.get(f"/api/v1/namespaces/{space}/secrets/{place['name']}")
        with tempfile.NamedTemporaryFile(suffix=".muster") as bundle:
            bundle.write(base64.b64decode(secret["data"][place["path"]]))
            bundle.flush()
            done = subprocess.run([MUSTER, "verify", bundle.name], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def drilled(self, space):
        self.world.make_drill(space, "d")
        self.assert_measured(space, self.outage(space))

    def test_a_runner_that_is_ahead(self):
        self.clock("ahead", "runner", AHEAD)
        self.clock("ahead", "guardian", BEHIND)
        self.drilled("ahead")

    def test_a_runner_that_is_behind(self):
        self.clock("behind", "runner", BEHIND)
        self.clock("behind", "guardian", AHEAD)
        self.drilled("behind")

    def test_a_runner_and_a_guardian_whose_clocks_are_stepped_in_mid_drill(self):
        clocks = [self.clock("stepped", "runner"), self.clock("stepped", "guardian", HOUR)]
        self.world.make_drill("stepped", "d")
        self.world.wait_phase("stepped", "d", "Baseline")
        clocks[0].set(HOUR)
        clocks[1].set(-HOUR)
        self.world.wait_fault("stepped", "d")
        began = time.monotonic()
        clocks[0].set(-HOUR)
        clocks[1].set(HOUR)
        until("users that are served again", lambda: self.world.is_served("stepped"))
        self.assert_measured("stepped", (0, time.monotonic() - began + 5))

    def test_an_operator_whose_clock_steps_back_an_hour_in_mid_drill(self):
        lease = self.world.get(LEASE)["spec"]
        self.world.make_drill("operator", "d")
        self.world.wait_fault("operator", "d")
        self.clocks[HOME, "operator"].set(-HOUR)
        until("users that are served again", lambda: self.world.is_served("operator"))
        self.world.wait_phase("operator", "d", "Finished")
        self.assertEqual("Met", self.world.status("operator", "d")["verdict"], self.world.status("operator", "d").get("reason"))
        # And the next one from its beginning, at that time.
        self.world.make_drill("operator", "next")
        self.world.wait_phase("operator", "next", "Finished")
        self.assertEqual("Met", self.world.status("operator", "next")["verdict"], self.world.status("operator", "next").get("reason"))
        after = self.world.get(LEASE)["spec"]
        for same in ("holderIdentity", "leaseTransitions"):
            self.assertEqual(lease.get(same), after.get(same))

    def hangs(self, space, runner, guardian, anew=False, step=0):
        """The runner stands still in mid-fault. The guardian undoes at the deadline, no sooner and no later, and not by what
        either clock says that the time is."""
        self.clock(space, "runner", runner)
        self.clock(space, "guardian", guardian)
        # The silence says nothing: the deadline does.
        self.world.make_plan(space, timing={"recoverySeconds": 14, "deadlineSeconds": 34}, guard={"maxTargets": 1, "silenceSeconds": 3600})
        self.world.make_drill(space, "d")
        self.world.wait_fault(space, "d")
        status = until("the fault's deadline", lambda: (lambda found: found if found.get("faultDeadline") else None)(self.world.status(space, "d")))
        began = time.monotonic()
        if step:
            self.clocks[space, "runner"].step(step)
            beat = self.world.status(space, "d")["runner"]["heartbeatTime"]
            until("heartbeat by the stepped clock", lambda: seconds_of(self.world.status(space, "d")["runner"]["heartbeatTime"]) > seconds_of(beat) + step / 2)
        for _, container in self.world.node.of_component("runner", space):
            container.process.send_signal(signal.SIGSTOP)
        if anew:
            self.world.node.kill("guardian", space)
        left = seconds_of(status["faultDeadline"]) - seconds_of(status["faultTime"])
        self.assertLess(left, 34)
        until("web as it was", lambda: self.world.desired(space) == REPLICAS)
        took = time.monotonic() - began
        self.assertGreater(took, left - 6)
        self.assertLess(took, left + UNDO_WITHIN + 7)
        self.world.wait_phase(space, "d", "Finished")
        self.assertIn("its runner goes on after the fault's deadline", self.world.status(space, "d")["reason"])
        self.assertEqual("True", self.world.condition(space, "d", "Undone")["status"])

    def test_the_deadline_of_a_runner_that_is_ahead_of_its_guardian(self):
        self.hangs("hangs-ahead", AHEAD, BEHIND)

    def test_the_deadline_of_a_runner_that_is_behind_its_guardian(self):
        self.hangs("hangs-behind", BEHIND, AHEAD)

    def test_the_deadline_for_a_guardian_that_is_begun_anew_by_another_clock(self):
        self.hangs("hangs-anew", BEHIND, AHEAD, anew=True)

    def test_the_deadline_for_a_guardian_that_is_begun_anew_after_its_runners_clock_was_stepped(self):
        self.hangs("hangs-stepped", BEHIND, AHEAD, anew=True, step=HOUR)

    def looks(self):
        """Of the operator at drills."""
        return sum(int(one) for one in re.findall(r'(?m)^controller_runtime_reconcile_total{controller="drill".*} (\d+)', self.world.metrics()))

    def test_a_drill_that_waits_for_its_pods_is_not_given_up_by_a_step_of_the_clock(self):
        self.world.node.missing.add("muster:test")
        self.addCleanup(self.world.node.missing.clear)
        self.world.make_drill("begun", "d")
        until("drill that waits for its image", lambda: self.world.condition("begun", "d", "Running").get("reason") == "ImagePullBackOff")
        self.clocks[HOME, "operator"].set(HOUR)
        looks = self.looks()
        until("operator that has looked again and again", lambda: self.looks() >= looks + 3)
        self.assertNotEqual("Finished", self.world.status("begun", "d").get("phase"))
        self.world.node.missing.clear()
        self.assert_measured("begun", self.outage("begun"))

    def test_a_drill_that_cannot_begin_is_given_up_in_time_under_a_clock_that_stepped_back(self):
        self.world.node.missing.add("muster:test")
        self.addCleanup(self.world.node.missing.clear)
        self.world.make_drill("waits", "d")
        until("drill that waits for its image", lambda: self.world.condition("waits", "d", "Running").get("reason") == "ImagePullBackOff")
        self.clocks[HOME, "operator"].set(-HOUR)
        self.world.wait_phase("waits", "d", "Finished", within=BEGIN_WITHIN + 30)
        self.assertEqual("NotBegun", self.world.condition("waits", "d", "Running")["reason"])


def seconds_of(stamp):
    """Of RFC 3339 with microseconds."""
    whole, _, part = stamp.rstrip("Z").partition(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{part or 0}")


if __name__ == "__main__":
    unittest.main()
