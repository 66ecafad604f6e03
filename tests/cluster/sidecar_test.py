#!/usr/bin/env python3
"""Sidecars in a real cluster: a Deployment that asks for them, behind a Service that targets its port by name, in a namespace of the
strictest Pod Security Standard. Requests go through the sidecar, probes past it, and a rollout loses none. Needs root."""
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

from cluster_under_test import ROOT, ClusterCase, figure, output, until

SPACE = "strict"
LED = "led"  # where a redirect is let in
NAME = "web"
TOKEN = "a token of this test alone"
SECURITY = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}


def deployment(version):
    """The shop's application without its database: it answers /livez."""
    container = {
        "name": "shop", "image": "app:dev", "imagePullPolicy": "IfNotPresent", "securityContext": SECURITY,
        "args": ["--name=$(POD_NAME)", "--listen=0.0.0.0:8080", "--database=host=nowhere", "--sessions=database"],
        "env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "VERSION", "value": version}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 1, "timeoutSeconds": 5},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "http"}, "periodSeconds": 5, "timeoutSeconds": 5},
        # Until nobody sends anything more: an application behind a Service needs that with a sidecar or without.
        "lifecycle": {"preStop": {"sleep": {"seconds": 8}}},
        "resources": {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}}}
    labels = {"app": NAME}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME, "namespace": SPACE}, "spec": {
        "replicas": 2, "selector": {"matchLabels": labels}, "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {"metadata": {"labels": {**labels, "sidecar.muster.dev/inject": "enabled"}}, "spec": {
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "terminationGracePeriodSeconds": 40, "enableServiceLinks": False, "containers": [container]}}}}


SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME, "namespace": SPACE},
           "spec": {"selector": {"app": NAME}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}
PROFILE = {"apiVersion": "muster.dev/v1alpha1", "kind": "SidecarProfile", "metadata": {"name": "default", "namespace": SPACE}, "spec": {
    "adminTokenFile": "/etc/muster/sidecar/admin-token", "limitRules": [
        {"name": "few", "path": "/livez", "limits": [{"requests": 5, "seconds": 3600}]}]}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "muster-sidecar-default", "namespace": SPACE},
          "stringData": {"admin-token": TOKEN}}


def ask(url, body=None, method=None):
    """(status, headers, text) on a connection of its own; what has no status raises."""
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode(), method=method,
                                     headers={"Authorization": f"Bearer {TOKEN}"} if body is not None else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


class Load:
    """Clients, each of which asks again as soon as it was answered, on a new connection each time."""

    def __init__(self, url, clients=3):
        self.url, self.done, self.failed, self.asked = url, threading.Event(), [], 0
        self.threads = [threading.Thread(target=self.run) for _ in range(clients)]
        for one in self.threads:
            one.start()

    def run(self):
        while not self.done.is_set():
            self.asked += 1
            try:
                status, _, text = ask(self.url)
                if status != 200:
                    self.failed.append((status, text))
            except OSError as error:
                self.failed.append((0, str(error)))
            time.sleep(0.05)

    def end(self):
        self.done.set()
        for one in self.threads:
            one.join()


class SidecarTest(ClusterCase):
    images = ("pause", "app", "muster")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.helm = output(os.path.join(ROOT, "ci", "helm.sh")).split()[0]
        self = cls()
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": SPACE, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}, SECRET, SERVICE)
        self.release("webhook", "--wait", "--timeout=180s")
        until("webhook that trusts the operator", lambda: all(
            one["clientConfig"].get("caBundle") for one in self.get("mutatingwebhookconfiguration", "muster-admission")["webhooks"]))
        self.apply(PROFILE)
        # A pod that came before it would have it a minute later.
        until("profile that is delivered", lambda: self.kubectl("-n", SPACE, "get", "configmap", "muster-sidecar-default", check=False).returncode == 0)
        self.apply(deployment("1"))
        _, took = until("application behind its sidecars", lambda: len(self.pods()) == 2)
        figure("two pods with sidecars ready", took)

    def release(self, by, *flags):
        """The chart, in which sidecars come by the webhook or by the policy."""
        # A build with sanitizers needs more memory than a sidecar has.
        done = subprocess.run([self.helm, f"--kubeconfig={self.cluster.kubeconfig}", "-n", "muster-system", "upgrade", "--install", "muster",
                               os.path.join(ROOT, "helm"), "--create-namespace", f"--set=sidecar.injection.by={by},sidecar.resources.limits.memory=512Mi",
                               "--set=podFigures.enabled=true,podFigures.replicas=1,podFigures.resources.limits.memory=512Mi",
                               f"--set=sidecarNamespaces={{{SPACE}}}", *flags,
                               "--set=image.repository=muster,image.tag=dev,lease.seconds=5"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def pods(self):
        """{name: pod} of those that are ready."""
        return self.ready_pods(SPACE, f"app={NAME}")

    def service(self):
        return f"http://{self.get('-n', SPACE, 'service', NAME)['spec']['clusterIP']}"

    def metrics(self, pod):
        return ask(f"http://{pod['status']['podIP']}:15020/metrics")[2]

    def counted(self, path, pods=None):
        """Requests that the sidecars of these pods have counted; None: of those that are ready."""
        total = 0
        for pod in self.pods().values() if pods is None else pods:
            for line in re.findall(rf'^http_requests_total{{[^}}]*endpoint="{re.escape(path)}"[^}}]*}} (\d+)', self.metrics(pod), re.M):
                total += int(line)
        return total

    def test_1_requests_go_through_the_sidecar_and_probes_past_it(self):
        for pod in self.pods().values():
            self.assertEqual("Injected", pod["metadata"]["annotations"]["sidecar.muster.dev/status"])
            states = pod["status"]["initContainerStatuses"] + pod["status"]["containerStatuses"]
            self.assertEqual([("muster-sidecar", True, 0), ("shop", True, 0)], [(one["name"], one["ready"], one["restartCount"]) for one in states])
        slices = self.get("-n", SPACE, "endpointslices", "-l", f"kubernetes.io/service-name={NAME}")["items"]
        self.assertEqual([15001], [port["port"] for one in slices for port in one["ports"]])
        time.sleep(3)  # in which the kubelet has asked each application several times
        self.assertEqual(0, self.counted("/livez"))
        seen = set()
        for _ in range(40):
            status, headers, _ = ask(self.service() + "/livez")
            self.assertEqual(200, status)
            self.assertTrue(headers["X-Request-ID"])
            seen.add(headers["X-Server"])
        self.assertEqual(set(self.pods()), seen)
        self.assertEqual(40, self.counted("/livez"))

    def test_1_the_kubelet_tells_what_the_sidecar_cannot_see(self):
        def told(pod):
            text = self.metrics(pod)
            found = {name: float(value) for name, value in re.findall(r'^muster_pod_(\w+){source="kubelet"} (\S+)$', text, re.M)}
            return found if found.get("source_fresh") and "cpu_cores" in found else None
        for pod in self.pods().values():
            seen, took = until("figures of the kubelet", lambda pod=pod: told(pod))
            figure("figures of the kubelet on the sidecar's page", took)
            print(seen, file=sys.stderr)
            # Of the one container but the sidecar, by its own limit.
            self.assertEqual((1, 256 << 20), (seen["containers"], seen["memory_limit_bytes"]))
            self.assertGreater(seen["memory_working_set_bytes"], 1 << 20)
            self.assertLess(seen["source_age_seconds"], 60)
            self.assertGreater(seen["disk_total_bytes"], 0)
            health = json.loads(ask(f"http://{pod['status']['podIP']}:15020/health")[2])
            self.assertEqual(("kubelet", True), (health["source"]["name"], health["source"]["fresh"]))
            self.assertNotIn("cpu", health["unmeasured"])

    def test_2_limits_only_count_until_somebody_says_otherwise(self):
        for _ in range(30):
            self.assertEqual(200, ask(self.service() + "/livez")[0])
        refused = [int(re.search(r'decision="refuse",bucket="",dry_run="true"} (\d+)', self.metrics(pod)).group(1)) for pod in self.pods().values()]
        self.assertGreater(sum(refused), 0)

    def test_3_a_rollout_loses_no_request(self):
        before = set(self.pods())
        load = Load(self.service() + "/livez")
        try:
            until("load", lambda: load.asked > 20)
            began = time.monotonic()
            self.apply(deployment("2"))
            until("other pods, all ready", lambda: len(self.pods()) == 2 and not before & set(self.pods()))
            until("end of the old pods", lambda: len(self.get("-n", SPACE, "pods", "-l", f"app={NAME}")["items"]) == 2)
            figure("rollout", time.monotonic() - began)
        finally:
            load.end()
        print(f"{load.asked} requests during a rollout, {len(load.failed)} lost", file=sys.stderr)
        self.assertEqual([], load.failed)

    def test_4_a_fault_is_had_with_the_token_of_the_secret(self):
        name, pod = sorted(self.pods().items())[0]
        admin = f"http://{pod['status']['podIP']}:15020/api/faults"
        fault = {"id": "f", "owner": "test", "kind": "abort", "status": 503, "leaseSeconds": 10, "path": "/livez"}
        self.assertEqual(401, urllib_status(admin, fault))
        self.assertIn(ask(admin, fault)[0], (200, 201))
        direct = f"http://{pod['status']['podIP']}:15001/livez"
        self.assertEqual(503, ask(direct)[0])
        self.assertIn(name, self.pods())  # the kubelet asks the application, which is well
        ask(admin + "/f", {}, "DELETE")
        until("end of the fault", lambda: ask(direct)[0] == 200, 30)

    def test_5_without_the_operator_pods_are_made_without_and_by_the_policy_with(self):
        def with_sidecar(version):
            """Whether the pods of another version have one, when both are ready."""
            before = set(self.pods())
            self.apply(deployment(version))
            until("other pods, all ready", lambda: len(self.pods()) == 2 and not before & set(self.pods()))
            # As long as they are there, a node may not know yet that the Service has others.
            until("end of the old pods", lambda: len(self.get("-n", SPACE, "pods", "-l", f"app={NAME}")["items"]) == 2)
            self.assertEqual(200, ask(self.service() + "/livez")[0])
            return {"initContainers" in pod["spec"] for pod in self.pods().values()}
        self.release("webhook", "--set=replicas=0")
        until("no operator", lambda: not self.get("-n", "muster-system", "pods", "-l", "app.kubernetes.io/component=operator")["items"])
        self.assertEqual({False}, with_sidecar("3"))
        self.release("policy", "--set=replicas=0")
        asking = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "asking", "namespace": SPACE, "labels": {"sidecar.muster.dev/inject": "enabled"}},
                  "spec": deployment("0")["spec"]["template"]["spec"]}
        until("policy that is in force", lambda: "initContainers" in json.loads(self.kubectl(
            "create", "--dry-run=server", "-o", "json", "-f", "-", given=json.dumps(asking)).stdout)["spec"])
        self.assertEqual({True}, with_sidecar("4"))
        before = self.counted("/livez")
        for _ in range(10):
            self.assertEqual(200, ask(self.service() + "/livez")[0])
        self.assertEqual(before + 10, self.counted("/livez"))

    def test_6_a_redirect_catches_what_a_number_gets_and_probes_pass(self):
        web, service = deployment("1"), json.loads(json.dumps(SERVICE))
        web["metadata"]["namespace"] = service["metadata"]["namespace"] = LED
        web["spec"]["replicas"] = 1
        template = web["spec"]["template"]
        template["metadata"]["annotations"] = {"sidecar.muster.dev/capture": "redirect"}
        container = template["spec"]["containers"][0]
        container["ports"] = [{"containerPort": 8080}]
        for probe in ("readinessProbe", "livenessProbe"):
            container[probe]["httpGet"]["port"] = 8080
        service["spec"]["ports"][0]["targetPort"] = 8080
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": LED}}, service, web)
        pod = next(iter(until("pod with a redirect", lambda: self.ready_pods(LED, f"app={NAME}"))[0].values()))
        self.assertEqual("Injected", pod["metadata"]["annotations"]["sidecar.muster.dev/status"])
        self.assertEqual(["muster-redirect", "muster-sidecar"], [one["name"] for one in pod["status"]["initContainerStatuses"]])
        time.sleep(3)  # in which the kubelet has asked several times
        self.assertEqual(0, self.counted("/livez", [pod]))
        address, by_number = pod["status"]["podIP"], f"http://{self.get('-n', LED, 'service', NAME)['spec']['clusterIP']}"
        until("Service that the node knows", lambda: answers(by_number + "/livez"))
        before = self.counted("/livez", [pod])
        for url, led in {by_number: True, f"http://{address}:8080": True, f"http://{address}:15002": False}.items():
            status, headers, _ = ask(url + "/livez")
            self.assertEqual((200, led), (status, "X-Request-ID" in headers), url)
        self.assertEqual(before + 2, self.counted("/livez", [pod]))


def answers(url):
    try:
        return ask(url)[0] == 200
    except OSError:
        return False


def urllib_status(url, body):
    """Without the token."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=json.dumps(body).encode()), timeout=30) as reply:
            return reply.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


if __name__ == "__main__":
    unittest.main()
