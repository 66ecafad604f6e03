"""Bad days that a real API server can play: each ends in a condition with a name, everything is undone that can be, and
nobody asks again and again."""
import base64
import copy
import os
import re
import time
import unittest

from orders import UNDO
from release_under_test import CHART, HOME, REPLICAS, World, helms, until
from webhook import RefusingWebhook

SPACES = ("quota", "webhook", "image", "terminating", "outage", "token", "older")
BEGIN_WITHIN = 12
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/drills.muster.dev"


class BadDays(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World()
        cls.addClassCleanup(cls.world.close)
        cls.world.make_namespace(HOME)
        for space in SPACES:
            cls.world.make_target(space)
        cls.world.run(helms()[1], "install", "muster", CHART, "-n", HOME, "--wait", "--timeout=90s", "--set", f"drillNamespaces={{{','.join(SPACES)}}}",
                      "--set", f"replicas=1,image.tag=test,lease.seconds=5,undoGraceSeconds=30,extraArgs={{--begin-within-seconds={BEGIN_WITHIN}}}")
        for space in SPACES:
            cls.world.make_plan(space)

    def tearDown(self):
        self.assertEqual([], self.world.node.errors)

    def running_condition(self, space, reason):
        """Of a drill "d" that says why it does not begin."""
        def look():
            found = self.world.condition(space, "d", "Running")
            return found.get("reason") == reason and found
        return until(lambda: f"reason {reason}: {self.world.condition(space, 'd', 'Running')}", look)

    def assert_untouched(self, space, name="d"):
        self.assertEqual(REPLICAS, self.world.desired(space))
        self.assertNotIn(UNDO, self.world.drill(space, name)["metadata"].get("finalizers", []))

    def assert_not_begun(self, space):
        self.world.wait_phase(space, "d", "Finished")
        for kind in ("Running", "Succeeded"):
            self.assertEqual(("False", "NotBegun"), tuple(self.world.condition(space, "d", kind)[one] for one in ("status", "reason")))
        self.assertEqual("True", self.world.condition(space, "d", "Undone")["status"])
        self.assert_untouched(space)

    def refused_pods(self):
        code, reply = self.world.ask("GET", "/metrics")
        self.assertEqual(200, code)
        return sum(float(line.rsplit(" ", 1)[1]) for line in reply["message"].splitlines()
                   if re.match(r'apiserver_request_total\{code="403".*resource="pods".*verb="POST"', line))

    def test_a_quota_that_leaves_no_room(self):
        place = "/api/v1/namespaces/quota/resourcequotas"
        self.world.must("POST", place, {"metadata": {"name": "full"}, "spec": {"hard": {"pods": str(REPLICAS)}}})
        until("quota that is counted", lambda: self.world.get(f"{place}/full").get("status", {}).get("used"))
        before = self.refused_pods()
        self.world.make_drill("quota", "d")
        self.assertIn("the guardian pod was refused: pods \"d-guardian\" is forbidden: exceeded quota: full",
                      self.running_condition("quota", "PodRefused")["message"])
        time.sleep(3)
        # From 5 ms on each try waits twice as long as the one before.
        self.assertLess(self.refused_pods() - before, 13)
        self.world.must("DELETE", f"{place}/full")
        self.world.wait_phase("quota", "d", "Preflight", "Baseline", "Injection", "Recovery", "Validation")

    def test_a_webhook_that_refuses_with_other_words_each_time(self):
        keys = self.world.node.keys
        webhook = RefusingWebhook(keys)
        self.addCleanup(webhook.close)
        with open(os.path.join(keys, "ca.crt"), "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        place = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        self.world.must("POST", place, webhook.configuration("refuses", "webhook", authority))
        self.addCleanup(self.world.ask, "DELETE", place + "/refuses")
        until("webhook that is asked", lambda: self.refused_once(webhook))
        before = webhook.asked
        self.world.make_drill("webhook", "d")
        self.assertIn("no drills today", self.running_condition("webhook", "PodRefused")["message"])
        time.sleep(3)
        self.assertLess(webhook.asked - before, 13)
        self.assert_not_begun("webhook")
        self.assertIn("no drills today", self.world.status("webhook", "d")["reason"])
        asked = webhook.asked
        time.sleep(1)
        self.assertEqual(asked, webhook.asked)

    def refused_once(self, webhook):
        pod = {"metadata": {"name": "try", "labels": {"muster.dev/drill": "x"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
        self.world.ask("POST", "/api/v1/namespaces/webhook/pods?dryRun=All", pod)
        return webhook.asked > 0

    def test_an_image_that_is_not_there(self):
        self.world.node.missing.add("muster:test")
        self.addCleanup(self.world.node.missing.clear)
        self.world.make_drill("image", "d")
        self.assertEqual("the guardian pod does not start: ImagePullBackOff", self.running_condition("image", "ImagePullBackOff")["message"]
                         .replace("runner", "guardian"))
        self.assert_not_begun("image")
        self.assertIn("ImagePullBackOff", self.world.status("image", "d")["reason"])
        until("end of pods that never started", lambda: not self.world.listed("/api/v1/namespaces/image/pods?labelSelector=muster.dev/drill"))

    def test_a_namespace_that_is_deleted_in_mid_drill(self):
        self.world.make_drill("terminating", "d")
        self.world.wait_fault("terminating", "d")
        self.world.must("DELETE", "/api/v1/namespaces/terminating")
        until(lambda: f"end of the namespace: {(self.world.get('/api/v1/namespaces/terminating') or {}).get('status')}",
              lambda: self.world.get("/api/v1/namespaces/terminating") is None)
        until("end of the drill's processes", lambda: not self.world.node.of_component("runner", "terminating")
              and not self.world.node.of_component("guardian", "terminating"))
        self.assertIn("NamespaceTerminating", "".join(self.world.node.logs("operator").values()))

    def test_an_api_server_that_dies_in_mid_drill(self):
        self.world.make_drill("outage", "d")
        self.world.wait_fault("outage", "d")
        self.world.obey("kill apiserver")
        time.sleep(12)
        self.world.obey("start apiserver")
        self.world.link.close()
        self.world.wait_phase("outage", "d", "Finished", within=120)
        self.assertEqual(("True", "Whole"), tuple(self.world.condition("outage", "d", "Undone")[one] for one in ("status", "reason")))
        until("web as it was", lambda: self.world.desired("outage") == REPLICAS == self.world.ready("outage"))
        self.assert_untouched("outage")

    def test_tokens_that_expire_in_mid_drill(self):
        self.world.node.token_seconds = 8
        self.addCleanup(setattr, self.world.node, "token_seconds", 3600)
        self.world.node.kill("operator")
        self.world.make_plan("token", timing={"baselineSeconds": 10})
        self.world.make_drill("token", "d")
        self.world.wait_phase("token", "d", "Finished")
        self.assertEqual("Met", self.world.status("token", "d")["verdict"], self.world.status("token", "d").get("reason"))
        told = ('muster_drills_total{scenario="token/web-gone",verdict="met"} 1', 'muster_drill_verdict{objective="all",scenario="token/web-gone",verdict="met"} 1',
                'muster_disaster_recovery_events_total{event_type="fault_begun",scenario="token/web-gone"} 1',
                'muster_drill_objective_seconds{objective="rto",scenario="token/web-gone"}', 'muster_drill_rto_seconds{bound="upper",scenario="token/web-gone"}')
        until(lambda: f"figures of the drill: {self.world.metrics()}", lambda: all(line in self.world.metrics() for line in told))
        # The operator's have expired by now, too.
        self.world.make_drill("token", "next")
        self.world.wait_phase("token", "next", "Starting", "Preflight", "Baseline", within=20)

    def test_kinds_that_are_older_than_the_operator(self):
        crd = self.world.get(CRD)
        older = copy.deepcopy(crd["spec"])
        del older["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]["journal"]
        self.addCleanup(self.set_kind, crd["spec"])
        self.set_kind(older)
        self.world.make_drill("older", "d")
        self.assert_not_begun("older")
        self.assertIn("the API server does not keep status.journal of a Drill: its CustomResourceDefinition is older than this program",
                      self.world.status("older", "d")["reason"])

    def set_kind(self, spec):
        generation = self.world.must("PATCH", CRD, [{"op": "replace", "path": "/spec", "value": spec}],
                                     "application/json-patch+json")["metadata"]["generation"]

        def is_served():
            known = self.world.get("/openapi/v3/apis/muster.dev/v1alpha1")
            status = known["components"]["schemas"]["dev.muster.v1alpha1.Drill"]["properties"]["status"]["properties"]
            return ("journal" in status) == ("journal" in spec["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"])
        until(f"generation {generation} of the kind, served", is_served)


if __name__ == "__main__":
    unittest.main()
