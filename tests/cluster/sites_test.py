#!/usr/bin/env python3
"""The site drill in a real cluster: two nodes as sites, one of them cut off, and a third node from which it is seen. Needs root
and takes minutes."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest

from cluster_under_test import ROOT, figure, output, until
from drills_under_test import MUSTER, SPACE, TOO_BUSY, DrillCase, drill, example, plan_alone

SITES = os.path.join(ROOT, "dr-drills", "kubernetes-sites")


class SitesTest(DrillCase):
    images = (*DrillCase.images, "gate")
    shop = ("-k", SITES)
    nodes = 3
    helm_major = 4
    chart = ("--set=replicas=3",)  # one of them is where neither the cut nor the lost node reaches

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls()
        until("gate", lambda: self.ready_pods(SPACE, "app=gate"))
        self.kubectl("apply", "-f", "-", given=plan_alone(example("site-failover", SITES)))

    def is_whole(self):
        return len(self.ready_pods(SPACE, "app in (db,web)")) == 6

    def nodes_of(self, selector):
        return {pod["spec"].get("nodeName") for pod in self.get("-n", SPACE, "pods", "-l", selector)["items"]}

    def is_cut(self):
        """As the gate's own node says."""
        gate = next(iter(self.ready_pods(SPACE, "app=gate")))
        rules = json.loads(self.kubectl("-n", SPACE, "exec", gate, "--", "nft", "-j", "list", "tables").stdout)["nftables"]
        return any(one.get("table", {}).get("name") == "muster_gate" for one in rules)

    def pods_of(self, name):
        uid = self.get("-n", SPACE, "drill", name)["metadata"]["uid"]
        return self.get("-n", SPACE, "pods", "-l", f"muster.dev/drill={uid}")["items"]

    def sees_from_outside(self, name):
        apart = {pod["spec"]["nodeName"] for pod in self.pods_of(name)}
        self.assertEqual(apart & self.nodes_of("app in (db,web,gate)"), set())

    def selector(self, service):
        return self.get("-n", SPACE, "service", service)["spec"]["selector"]

    def test_1_runner_dies_while_the_site_is_cut_off(self):
        name = self.broken("one", "site-failover")
        self.sees_from_outside(name)
        for pid in output("pgrep", "-f", f"^muster-operator drill .*--name {name}( |$)").split():
            os.kill(int(pid), signal.SIGKILL)  # without a word to it
        status = self.until_phase(name, ["Finished"])
        self.assertEqual((status["verdict"], self.condition(name, "Succeeded")["reason"]), ("Invalid", "RunnerLost"))
        self.assert_undone(name)
        self.assertFalse(self.is_cut())

    def test_2_the_node_of_the_drills_own_pods_is_lost(self):
        name = self.broken("lost", "site-failover")
        began = time.monotonic()
        self.cluster.call("partition", "node3")
        try:
            status = self.until_phase(name, ["Finished"], 400)
            figure("node of runner and guardian lost: everything undone", time.monotonic() - began)
            self.assertEqual((status["verdict"], self.condition(name, "Succeeded")["reason"]), ("Invalid", "RunnerLost"))
            self.assertIn("stood still", status["reason"])
            self.assert_undone(name)
            self.assertFalse(self.is_cut())
        finally:
            self.cluster.call("heal", "node3")
        until("third node", lambda: self.is_ready("node3"))
        until("no pod of the drill", lambda: not any(pod["status"]["phase"] == "Running" for pod in self.pods_of(name)))

    def test_3_a_site_is_cut_off_and_the_other_takes_over(self):
        if self.primary() != "db-a":
            self.skipTest("the drill before had promoted already: its runner was found too late")
        def cut(name):
            self.until_phase(name, ["Injection", "Recovery", "Finished"])
            self.sees_from_outside(name)
        name, status = self.measured("two", lambda: "site-failover", cut)
        if any(busy in status["reason"] for busy in TOO_BUSY):
            self.skipTest(f"this machine is too busy for a drill: {status['reason']}")
        self.assertEqual(status["rto"]["verdict"], "Met", (status, self.logs(name)))
        figure("RTO of a site, upper bound", status["rto"]["upperMillis"] / 1000)
        self.assertGreater(status["rto"]["lowerMillis"], 2000)  # the plan looks for two seconds before it promotes
        self.assertFalse(self.is_cut())
        self.assertEqual(self.primary(), "db-b")
        self.assertEqual(self.selector("db-rw"), {"app": "db", "instance": "b"})
        self.assertEqual(self.selector("web"), {"app": "web", "site": "b"})
        self.assertEqual(self.sql("db-b", "select count(*) from pg_stat_replication"), "1")
        self.assertIn("recomputed from the records, all agree", self.verified(name))

    def open_volume(self, mode):
        """Gives the folder of the volume these permissions, by a pod of root's."""
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "opener", "namespace": SPACE}, "spec": {
            "restartPolicy": "Never", "securityContext": {"runAsUser": 0},
            "containers": [{"name": "chmod", "image": "postgres:dev", "imagePullPolicy": "Never", "command": ["chmod", mode, "/volume"],
                            "volumeMounts": [{"name": "volume", "mountPath": "/volume"}]}],
            "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": "proofs"}}]}})
        self.kubectl("-n", SPACE, "wait", "pod/opener", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s", timeout=90)
        self.kubectl("-n", SPACE, "delete", "pod", "opener")

    def muster(self, *arguments):
        return subprocess.run([MUSTER, "cluster", *arguments, "-n", SPACE, f"--kubeconfig={self.cluster.kubeconfig}"],
                              capture_output=True, text=True, check=False, timeout=240)

    def test_4_evidence_on_a_volume(self):
        volume = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand",
                  "claimRef": {"name": "proofs", "namespace": SPACE},
                  "hostPath": {"path": "/var/lib/proofs", "type": "DirectoryOrCreate"},
                  "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                      {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node3"]}]}]}}}
        self.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "proofs"}, "spec": volume},
                   {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "proofs", "namespace": SPACE}, "spec": {
                       "accessModes": ["ReadWriteOnce"], "storageClassName": "by-hand", "volumeName": "proofs",
                       "resources": {"requests": {"storage": "1Gi"}}}})
        self.run_helm("upgrade", "muster", os.path.join(ROOT, "helm"), "--reuse-values", "--wait", "--timeout=120s",
                      "--set=evidence.claim=proofs")
        self.kubectl("apply", "-f", "-", given=plan_alone(example("application-failover")))
        self.open_volume("0755")
        self.apply(drill("unkept", "application-failover"))
        status = self.until_phase("unkept", ["Finished"])
        self.assertIn("the evidence is not on the volume proofs", "".join(status.get("problems", [])))
        self.assert_undone("unkept")
        self.open_volume("0777")
        self.apply(drill("kept", "application-failover"))
        status = self.until_phase("kept", ["Finished"])
        self.assertEqual((status["evidence"]["kind"], status["evidence"]["name"]), ("PersistentVolumeClaim", "proofs"))
        done = self.muster("verify", "kept")
        self.assertIn("recomputed from the records, all agree", done.stdout, done.stderr)
        until("no reader left", lambda: not self.get("-n", SPACE, "pods", "-l", "app.kubernetes.io/component=evidence-reader")["items"])


if __name__ == "__main__":
    unittest.main(verbosity=2, failfast="--failfast" in sys.argv)
