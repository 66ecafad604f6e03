#!/usr/bin/env python3
"""Drills in a real cluster: a database and an application that really fail over, and what becomes of it when the runner or the
operator dies. Needs root and takes minutes."""
import json
import os
import sys
import time
import unittest
import urllib.request

from cluster_under_test import ROOT, figure, until
from drills_under_test import SPACE, TOO_BUSY, drill, example, plan_alone
from front_under_test import FrontCase, front, plan


def faults_of(pod):
    """What the pod's sidecar says that it has in force."""
    with urllib.request.urlopen(f"http://{pod['status']['podIP']}:15020/api/faults", timeout=30) as reply:
        return json.load(reply)["faults"]


class DrillsTest(FrontCase):
    # A build with sanitizers needs more memory than a sidecar has.
    chart = (*FrontCase.chart, "--set=sidecar.resources.limits.memory=512Mi")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        for name in ("database-failover", "database-failback", "application-failover"):
            self.kubectl("apply", "-f", "-", given=plan_alone(example(name)))

    def until_operators(self):
        """The two that are ready, and no others any more."""
        def both():
            pods = self.get("-n", "muster-system", "pods", "-l", "app.kubernetes.io/component=operator")["items"]
            names = {pod["metadata"]["name"] for pod in pods}
            return names if len(names) == 2 and names == set(self.ready_pods("muster-system", "app.kubernetes.io/component=operator")) else None
        return until("two operators", both, 120)[0]

    def assert_two_vantages(self, name):
        """Both measured, from two nodes, and their clocks were compared all the while."""
        vantages = self.report(name)["vantages"]
        self.assertEqual([one["name"] for one in vantages], ["a", "b"])
        first, second = vantages
        self.assertTrue(first["place"].startswith(f"pod {name}-runner on node"), first["place"])
        self.assertTrue(second["place"].startswith(f"pod {name}-guardian on node"), second["place"])
        self.assertNotEqual(first["place"].rpartition(" ")[2], second["place"].rpartition(" ")[2])
        self.assertGreater(second["clockExchanges"], 20, (second, self.logs(name)))
        self.assertIsNotNone(second["clockUncertaintySeconds"], second)
        self.assertGreater(second["ok"], 0)
        if not second["healthy"]:
            # Like a runner's, its prober may have found no processor; then it says so.
            self.assertTrue(any(busy in second["detail"] for busy in TOO_BUSY), second)
            print(f"too busy: {second['detail']}", file=sys.stderr)
        print(f"clocks of two nodes are known to {second['clockUncertaintySeconds'] * 1000:.1f} ms", file=sys.stderr)

    def test_1_database_fails_over(self):
        name, status = self.measured("one", self.database_plan)
        if any(busy in status["reason"] for busy in TOO_BUSY):
            self.skipTest(f"this machine is too busy for a drill: {status['reason']}")
        self.assertEqual(status["rto"]["verdict"], "Met", (status, self.logs(name)))
        self.assertGreater(status["rto"]["lowerMillis"], 500)  # the plan looks for a second before it promotes
        self.assertLess(status["rto"]["upperMillis"], 60_000)
        self.assertIn("lostWrites", status["rpo"])
        figure("RTO, upper bound", status["rto"]["upperMillis"] / 1000)
        now = self.primary()
        self.assertEqual(self.get("-n", SPACE, "service", "db-rw")["spec"]["selector"], {"app": "db", "instance": now[-1]})
        self.assertEqual(self.sql(now, "select count(*) from pg_stat_replication"), "1")
        self.assertEqual(self.sql(now, "select count(*) from pg_namespace where nspname like 'muster%'"), "0")
        verdict = self.verified(name)
        self.assertIn("recomputed from the records, all agree", verdict)
        self.assert_two_vantages(name)
        columns = self.kubectl("-n", SPACE, "get", "drill", name).stdout
        self.assertIn(status["rto"]["display"], columns)
        events = self.kubectl("-n", SPACE, "describe", "drill", name).stdout
        for reason in ("Accepted", "Baseline", "FaultProven", "StepDone", "Promoted", "Validation", "Failback",
                       "RedundancyRestored", "Reporting"):
            self.assertIn(reason, events)

    def test_2_runner_dies_and_the_guardian_undoes(self):
        name = self.broken("two", self.database_plan())
        began = time.monotonic()
        self.kubectl("-n", SPACE, "delete", "pod", f"{name}-runner", "--force", "--grace-period=0")
        until("database that takes writes", lambda: "f" in (self.sql("db-a", "select pg_is_in_recovery()"),
                                                            self.sql("db-b", "select pg_is_in_recovery()")))
        status = self.until_phase(name, ["Finished"])
        figure("runner killed: everything undone", time.monotonic() - began)
        self.assertLess(status["faultTime"], status["faultDeadline"])
        self.assertEqual(status["guardian"]["pod"], f"{name}-guardian")
        self.assertEqual((status["verdict"], self.condition(name, "Succeeded")["reason"]), ("Invalid", "RunnerLost"))
        self.assertIn("its runner died", status["reason"])
        self.assert_undone(name)

    def test_3_operator_dies_and_the_drill_goes_on(self):
        def kill(name):
            self.until_phase(name, ["Injection", "Recovery", "Finished"])
            self.kubectl("-n", "muster-system", "delete", "pods", "--all", "--force", "--grace-period=0")
        name, status = self.measured("three", lambda: "application-failover", kill)
        if any(busy in status["reason"] for busy in TOO_BUSY):
            self.skipTest(f"this machine is too busy for a drill: {status['reason']}")
        self.assertEqual(status["rto"]["verdict"], "Met", (status, self.logs(name)))

    def test_4_a_step_waits_for_a_person_and_a_stop_ends_everything(self):
        asks = "  - {name: look, phase: FailureAssessment, timeoutSeconds: 60, approval: {message: is it the fault}}\n"
        plan = plan_alone(example("application-failover")).replace("name: application-failover", "name: by-hand")
        self.kubectl("apply", "-f", "-", given=plan.replace("  - name: started\n", asks + "  - name: started\n"))
        name = self.broken("four", "by-hand")
        until("step that waits", lambda: self.condition(name, "AwaitingApproval").get("message") == "step look: is it the fault")
        self.kubectl("-n", SPACE, "patch", "drill", name, "--type=merge", "-p", '{"spec":{"approvals":["look"]}}')
        until("step that was approved", lambda: self.condition(name, "AwaitingApproval")["status"] == "False")
        self.kubectl("-n", "muster-system", "create", "configmap", "muster-stop", "--from-literal=reason=incident 4711")
        try:
            status = self.until_phase(name, ["Finished"])
            self.apply(drill("refused", "application-failover"))
            self.assertIn("incident 4711", self.until_phase("refused", ["Finished"])["reason"])
        finally:
            self.kubectl("-n", "muster-system", "delete", "configmap", "muster-stop")
        self.assertEqual((status["verdict"], self.condition("refused", "Accepted")["reason"]), ("Invalid", "Stopped"))
        self.assert_undone(name)

    def test_5_deleted_drill_goes_when_it_is_undone(self):
        name = self.broken("five", self.database_plan())
        began = time.monotonic()
        self.kubectl("-n", SPACE, "delete", "drill", name, "--timeout=120s", timeout=150)
        figure("deleted drill gone", time.monotonic() - began)
        until("workloads that are whole", self.is_whole)
        until("database that takes writes", lambda: "f" in (self.sql("db-a", "select pg_is_in_recovery()"),
                                                            self.sql("db-b", "select pg_is_in_recovery()")))

    def test_6_one_drill_per_target_and_the_second_waits(self):
        self.apply(drill("six", "application-failover"))
        self.until_phase("six", ["Baseline", "Injection", "Recovery"])
        self.apply(drill("seven", "application-failover"))
        until("second that waits", lambda: self.condition("seven", "Accepted").get("reason") == "TargetBusy")
        self.kubectl("-n", SPACE, "patch", "drill", "six", "--type=merge", "-p", '{"spec":{"abort":true}}')
        self.until_phase("six", ["Finished"])
        self.until_phase("seven", ["Starting", "Preflight", "Baseline"])
        self.kubectl("-n", SPACE, "patch", "drill", "seven", "--type=merge", "-p", '{"spec":{"abort":true}}')
        self.until_phase("seven", ["Finished"])
        self.assert_undone("seven")

    def test_7_what_did_not_agree_is_not_touched(self):
        self.kubectl("label", "namespace", SPACE, "muster.dev/drills-")
        try:
            self.apply(drill("eight", "application-failover"))
            status = self.until_phase("eight", ["Finished"])
        finally:
            self.kubectl("label", "namespace", SPACE, "muster.dev/drills=enabled")
        self.assertIn("did not agree to be drilled", status["reason"])
        self.assertNotIn("journal", status)

    def test_8_schedule_makes_one_drill_for_a_slot(self):
        self.apply({"apiVersion": "muster.dev/v1alpha1", "kind": "DrillSchedule", "metadata": {"name": "often", "namespace": SPACE},
                    "spec": {"schedule": "* * * * *", "drill": {"planRef": {"name": "application-failover"}, "profile": "quick"}}})
        def made():
            return [one["metadata"]["name"] for one in self.get("-n", SPACE, "drills")["items"]
                    if one["metadata"]["name"].startswith("often-")]
        until("drill of a slot", made, 90)
        self.kubectl("-n", SPACE, "patch", "dsched", "often", "--type=merge", "-p", '{"spec":{"suspend":true}}')
        self.kubectl("-n", "muster-system", "delete", "pods", "--all", "--force", "--grace-period=0")
        self.until_phase(made()[0], ["Finished"])
        self.assertEqual(len(made()), 1)
        schedule = self.get("-n", SPACE, "dsched", "often")["status"]
        self.assertIn("lastScheduleTime", schedule)
        self.kubectl("-n", SPACE, "delete", "dsched", "often")
        until("drills that go with their schedule", lambda: not made())

    def test_9_a_node_is_drained(self):
        self.apply(*front(), plan("drained", {"drain": {"workload": "front"}}))
        until("application that is ready", lambda: len(self.ready_pods(SPACE, "app in (front,front-spare)")) == 2)
        self.assert_moves("drained")

    def catalogue(self):
        """The catalogue of the examples, whose pods have sidecars: {name: pod} of the release that serves."""
        catalogue = example("catalogue")
        token, profile, rest = catalogue.split("\n---\n", 2)
        self.kubectl("apply", "-f", "-", given=f"{token}\n---\n{profile}")
        # A pod that came before it would have it a minute later.
        until("profile that is delivered", lambda: self.kubectl(
            "-n", SPACE, "get", "configmap", "muster-sidecar-catalogue", check=False).returncode == 0)
        self.kubectl("apply", "-f", "-", given=rest)
        _, took = until("catalogue that is ready", lambda: len(self.ready_pods(SPACE, "app=catalogue")) == 3)
        figure("three pods with sidecars ready", took)
        return self.ready_pods(SPACE, "release=blue")

    def test_9_a_sidecar_breaks_off_requests_as_long_as_the_drill_wants(self):
        pods, seen = self.catalogue(), []
        self.kubectl("apply", "-f", "-", given=plan_alone(example("application-sidecar")))

        def look(name):
            def in_force():
                now = [fault["kind"] for pod in pods.values() for fault in faults_of(pod)]
                seen.append(now)
                return len(now) == 2 or self.status(name).get("phase") == "Finished"
            until("fault at both pods, or an end without", in_force)
        name, status = self.measured("nine", lambda: "application-sidecar", look)
        self.assert_measured(name, status)
        self.assertEqual(seen[-1], ["reset"] * 2)
        # That is what users saw, and no pod was taken for ill.
        streams = {one["stream"]["name"]: one for one in self.report(name)["streams"]}
        self.assertGreater(streams["api/A"]["badByCause"].get("Reset", 0), 2, streams["api/A"])
        self.assertGreater(status["rto"]["lowerMillis"], 500)  # the plan looks for a second before it switches
        now = self.ready_pods(SPACE, "release=blue")
        self.assertEqual(now.keys(), pods.keys())
        self.assertEqual({one["restartCount"] for pod in now.values() for one in pod["status"]["initContainerStatuses"]}, {0})
        # The drill ended its leases itself, and did not only let them lapse.
        for pod in now:
            self.assertEqual(faults_of(now[pod]), [])
            told = self.kubectl("-n", SPACE, "logs", pod, "-c", "muster-sidecar").stdout
            self.assertEqual((told.count("a fault was ended") > 0, told.count("nobody renewed it")), (True, 0), told)
        self.assertEqual(self.get("-n", SPACE, "service", "catalogue")["spec"]["selector"], {"app": "catalogue", "release": "blue"})

    def test_9_uninstalled_and_nothing_is_stuck(self):
        type(self).helm = self.helms[4]  # as users come to it: with what Helm 3 has installed
        before = self.until_operators()
        self.run_helm("upgrade", "muster", os.path.join(ROOT, "helm"), "--reuse-values", "--set=lease.seconds=6", "--wait", "--timeout=120s")
        self.assertFalse(before & self.until_operators(), "another flag, and the same pods")
        self.run_helm("uninstall", "muster", "--wait")
        self.kubectl("-n", SPACE, "delete", "drills", "--all", "--timeout=60s", timeout=90)
        kinds = ("drills", "recoveryplans", "drillschedules", "sidecarprofiles")
        self.kubectl("delete", "crd", *(f"{kind}.muster.dev" for kind in kinds), "--timeout=60s", timeout=90)


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
