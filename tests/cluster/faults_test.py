#!/usr/bin/env python3
"""Faults of nodes, evictions and networks in whole drills of a real cluster: what users lost is measured, and in the end every node takes
pods and nobody is denied anything. Needs root and takes minutes."""
import os
import signal
import sys
import tempfile
import time
import unittest

import yaml

from cluster_under_test import figure, output, until
from drills_under_test import SPACE
from front_under_test import FrontCase, denied, front, plan


class FaultsTest(FrontCase):
    images = ("pause", "app", "muster")

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            shop = os.path.join(folder, "front.yaml")
            with open(shop, "w", encoding="utf-8") as file:
                space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE, "labels": {"muster.dev/drills": "enabled"}}}
                yaml.safe_dump_all([space, *front()], file)
            cls.shop = ("-f", shop)
            super().setUpClass()
        cls().apply(plan("drained", {"drain": {"workload": "front"}}), denied(),
                    plan("moved", {"cordon": {"workload": "front"}, "evict": {"workload": "front"}}))

    def until_ready(self):
        until("application that is ready", self.is_whole)

    def is_whole(self):
        return len(self.ready_pods(SPACE, "app in (front,front-spare)")) == 2

    def policies(self):
        return [one["metadata"]["name"] for one in self.get("-n", SPACE, "networkpolicies")["items"]]

    def test_1_a_node_is_drained(self):
        self.assert_moves("drained")

    def test_2_a_node_is_cordoned_and_a_pod_evicted(self):
        self.assert_moves("moved")

    def test_3_the_runner_dies_while_a_node_is_drained(self):
        node = self.place()
        name = self.broken("cut-short", "drained", profile="long")
        until("node that is cordoned", lambda: not self.takes_pods(node))
        began = time.monotonic()
        for pid in output("pgrep", "-f", f"^muster-operator drill .*--name {name}( |$)").split():
            os.kill(int(pid), signal.SIGKILL)  # without a word to it
        status = self.until_phase(name, ["Finished"])
        figure("runner killed: everything undone", time.monotonic() - began)
        self.assertEqual((status["verdict"], self.condition(name, "Succeeded")["reason"]), ("Invalid", "RunnerLost"))
        self.assert_undone(name)
        self.assertTrue(self.takes_pods(node))

    def test_4_a_policy_that_nothing_enforces_proves_nothing(self):
        _, status = self.measured("unseen", lambda: "denied")
        self.skip_if_busy(status)
        self.assertEqual(status["verdict"], "Invalid", status)
        self.assertIn("does not enforce NetworkPolicy muster-deny-ingress-front", status["reason"])
        self.assertEqual(self.policies(), [])

    def test_5_nobody_reaches_the_application_and_the_spare_takes_its_place(self):
        self.cluster.call("enforce")
        name, status = self.measured("denied", lambda: "denied")
        self.assert_measured(name, status)
        self.assertEqual(self.policies(), [])
        self.assertEqual(self.get("-n", SPACE, "service", "front")["spec"]["selector"], {"app": "front"})
        self.cluster.call("status")


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
