#!/usr/bin/env python3
"""The cluster of ci/cluster is a real one: nodes, pods, Services, names, a node that is cut off, a database
that replicates; and nothing of it is left. Needs root and takes minutes."""
import os
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from cluster_under_test import CLUSTER, ROOT, Cluster, ClusterCase, figure, machine, traces, until

MANIFESTS = os.path.join(ROOT, "dr-drills", "kubernetes")


def workload(namespace, name, node, replicas=1):
    """A Deployment that serves files over HTTP from one node, and its Service."""
    labels = {"app": name}
    container = {"name": "web", "image": "app:dev", "command": ["/usr/bin/python3.11", "-m", "http.server", "8080", "-d", "/usr"],
                 "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}
    spec = {"nodeSelector": {"kubernetes.io/hostname": node}, "terminationGracePeriodSeconds": 1, "containers": [container]}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
         "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                  "template": {"metadata": {"labels": labels}, "spec": spec}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
         "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}}]


class ClusterTest(ClusterCase):
    @classmethod
    def tearDownClass(cls):
        during = traces(cls.number, cls.cluster.state)
        missed = [kind for kind in during if not during[kind]]
        assert not missed, f"these would not be seen if they were left: {missed}"
        began = time.monotonic()
        cls.cluster.call("down")
        figure("down", time.monotonic() - began)
        left = {kind: found for kind, found in traces(cls.number, cls.cluster.state).items() if found}
        assert not left, f"left behind: {left}"
        assert not os.path.exists(cls.cluster.state), "the folder is left"
        if not os.path.exists("/run/muster-clusters"):  # no cluster of somebody else is up
            assert machine() == cls.before, f"{machine()} was {cls.before}"

    def serve(self, namespace, name, node, replicas=1):
        """Applies a workload and returns its pods when they are Ready."""
        self.apply(*workload(namespace, name, node, replicas))
        pods, seconds = until(f"{name} that is ready", lambda: len(self.ready_pods(namespace, f"app={name}")) == replicas and
                              self.ready_pods(namespace, f"app={name}"))
        figure(f"{replicas} pods Ready", seconds)
        return pods

    def fetch(self, namespace, pod, url):
        """What a pod gets, or '' with why it gets nothing."""
        script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=3).status)"
        done = self.kubectl("-n", namespace, "exec", pod, "--", "/usr/bin/python3.11", "-c", script, url, check=False)
        return done.stdout.strip(), done.stderr.strip()

    def test_nodes_are_ready_in_zones_of_their_own(self):
        nodes = {node["metadata"]["name"]: node["metadata"]["labels"]["topology.kubernetes.io/zone"]
                 for node in self.get("nodes")["items"]}
        self.assertEqual(nodes, {"node1": "zone1", "node2": "zone2"})
        self.assertTrue(self.is_ready("node1") and self.is_ready("node2"))
        self.assertIn("is up already", self.cluster.call("up"))

    def test_pods_of_two_nodes_reach_each_other_by_name(self):
        space = self.namespace("reach")
        self.serve(space, "server", "node1")
        client = next(iter(self.serve(space, "client", "node2")))
        # A Service leads to a pod a moment after it is ready, later on a busy machine.
        until("answer by name", lambda: self.fetch(space, client, f"http://server.{space}.svc.cluster.local/")[0] == "200")
        self.assertEqual(self.fetch(space, client, "http://server/")[0], "200")
        self.assertIn("Name or service not known", self.fetch(space, client, "http://nobody/")[1])
        address = self.get("-n", space, "service", "server")["spec"]["clusterIP"]
        with urllib.request.urlopen(f"http://{address}/", timeout=10) as answer:  # from this machine
            self.assertEqual(answer.status, 200)

    def test_exec_and_logs(self):
        space = self.namespace("exec")
        pod = next(iter(self.serve(space, "server", "node2")))
        script = "import sys; print(sys.stdin.read().upper()); sys.exit(3)"
        done = self.kubectl("-n", space, "exec", "-i", pod, "--", "/usr/bin/python3.11", "-c", script, given="said", check=False)
        self.assertEqual((done.stdout.strip(), done.returncode), ("SAID", 3))
        self.fetch(space, pod, "http://127.0.0.1:8080/bin/")
        until("request in the logs", lambda: '"GET /bin/' in self.kubectl("-n", space, "logs", pod).stdout)

    def test_deleted_pod_is_replaced(self):
        space = self.namespace("replace")
        old = next(iter(self.serve(space, "server", "node1")))
        self.kubectl("-n", space, "delete", "pod", old, "--wait=false")
        new, seconds = until("new pod", lambda: set(self.ready_pods(space, "app=server")) - {old})
        self.assertEqual(len(new), 1)
        figure("deleted pod replaced", seconds)

    def test_node_is_cut_off_and_joined_again(self):
        space = self.namespace("cut")
        self.serve(space, "server", "node2")
        client = next(iter(self.serve(space, "client", "node1")))
        until("answer over the network", lambda: self.fetch(space, client, "http://server/")[0] == "200")
        began = time.monotonic()
        self.cluster.call("partition", "node2")
        try:
            # Unanswered, or refused once the node is known to be gone.
            self.assertRegex(self.fetch(space, client, "http://server/")[1], "timed out|Connection refused")
            until("node2 that is not Ready", lambda: not self.is_ready("node2"))
            figure("cut node NotReady", time.monotonic() - began)
            self.assertTrue(self.is_ready("node1"))
            self.assertIn("cut off", subprocess.run(self.cluster.argv("status"), capture_output=True, text=True, check=False).stdout)
        finally:
            began = time.monotonic()
            self.cluster.call("heal", "node2")
        until("node2 that is Ready", lambda: self.is_ready("node2"))
        figure("joined node Ready", time.monotonic() - began)
        until("answer of node2's pod", lambda: self.fetch(space, client, "http://server/")[0] == "200")

    def test_policies_hold_from_when_they_are_enforced(self):
        space = self.namespace("policies")
        self.serve(space, "server", "node1")
        near, far = (next(iter(self.serve(space, name, node))) for name, node in (("near", "node1"), ("far", "node2")))
        self.apply({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "near-only", "namespace": space},
                    "spec": {"podSelector": {"matchLabels": {"app": "server"}}, "policyTypes": ["Ingress"],
                             "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "near"}}}]}]}})

        def answers():
            return [self.fetch(space, client, "http://server/")[0] for client in (near, far)]
        until("answer to both, as nothing enforces it", lambda: answers() == ["200", "200"])
        self.cluster.call("enforce")
        self.assertIn("already", self.cluster.call("enforce"))
        until("answer to one alone", lambda: answers() == ["200", ""])
        self.kubectl("-n", space, "delete", "networkpolicy", "near-only")
        until("answer to both", lambda: answers() == ["200", "200"])
        self.cluster.call("status")

    def test_no_other_cluster_is_met(self):
        with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="muster-") as folder:
            other = Cluster(folder)
            self.addCleanup(other.call, "down")
            other.call("up", "--nodes=1")
            number = other.number
            self.assertNotEqual(number, self.number)
            other.call("status")
            other.call("down")
            self.assertFalse(any(traces(number, other.state).values()))
        self.cluster.call("status")

    def test_killed_start_leaves_nothing_after_down(self):
        with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="muster-") as folder:
            other = Cluster(folder)
            with subprocess.Popen(other.argv("up", "--nodes=1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as start:
                self.addCleanup(other.call, "down")
                log = os.path.join(other.state, "log", "node1-containerd.log")
                until("containerd of the other cluster", lambda: os.path.exists(log))
                start.kill()
            number = other.number
            self.assertTrue(traces(number, other.state)["processes"])
            other.call("down")
            other.call("down")  # may be repeated
            self.assertFalse(any(traces(number, other.state).values()))


class DatabaseTest(ClusterCase):
    """dr-drills/kubernetes: a pair that replicates, fails over and joins again, and who uses it."""

    def sql(self, instance, statement):
        done = self.kubectl("-n", "shop", "exec", f"db-{instance}-0", "-c", "postgres", "--", "psql", "-h", "/tmp", "-U", "postgres",
                            "-d", "app", "-X", "-q", "-A", "-t", "-c", statement, check=False)
        return done.stdout.strip()

    def streams(self, primary, standby):
        return self.sql(primary, "select application_name || ' ' || state from pg_stat_replication") == f"{standby} streaming"

    def readings(self):
        address = self.get("-n", "shop", "service", "web")["spec"]["clusterIP"]
        with urllib.request.urlopen(f"http://{address}/lists?customer=3", timeout=10) as answer:
            return answer.read().decode()

    def test_pair_fails_over_and_the_old_primary_joins(self):
        self.kubectl("apply", "-f", os.path.join(MANIFESTS, "database.yaml"), "-f", os.path.join(MANIFESTS, "application.yaml"))
        pods, seconds = until("database and application", lambda: len(self.ready_pods("shop", "app in (db, web)")) == 5 and
                              self.ready_pods("shop", "app in (db, web)"))
        figure("database and application Ready", seconds)
        self.assertNotEqual(pods["db-a-0"]["spec"]["nodeName"], pods["db-b-0"]["spec"]["nodeName"])
        until("replication", lambda: self.streams("a", "b"))
        self.assertIn("customer 3", self.readings())

        # What the old primary writes when there is a new one must be gone after it joined.
        self.sql("b", "select pg_promote()")
        until("promotion", lambda: self.sql("b", "select pg_is_in_recovery()") == "f")
        self.sql("a", "create table lost (n int)")
        self.sql("b", "create table kept (n int)")
        self.kubectl("-n", "shop", "patch", "service", "db-rw", "-p", '{"spec": {"selector": {"app": "db", "instance": "b"}}}')
        lock = self.kubectl("-n", "shop", "exec", "db-a-0", "-c", "postgres", "--", "flock", "-n", "/data/instance.lock", "id", check=False)
        self.assertEqual((lock.returncode, lock.stdout), (1, ""), "two instances could run on the same data")
        self.kubectl("-n", "shop", "delete", "pod", "db-a-0", "--force", "--grace-period=0", "--wait=false")
        figure("old primary streams", until("replication the other way", lambda: self.streams("b", "a"))[1])
        until("change that was replicated", lambda: self.sql("a", "select to_regclass('kept')") == "kept")
        self.assertEqual(self.sql("a", "select count(*), to_regclass('lost') from customers"), "2000|")
        self.assertIn("servers diverged", self.kubectl("-n", "shop", "logs", "db-a-0", "-c", "postgres").stdout)
        until("application that is ready", lambda: len(self.ready_pods("shop", "app=web")) == 3)
        self.assertIn("customer 3", self.readings())


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit(f"error: {CLUSTER} needs root")
    unittest.main(verbosity=2)
