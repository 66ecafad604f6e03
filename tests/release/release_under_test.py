"""A chart's life with all its parts: a real API server with its controllers, real Helm, the real operator and the
real pods of drills as processes (process_node.py), and a Deployment that drills scale to nothing.

What answers the probes of a drill is one HTTP server of this process: it answers 200 while the Deployment of the asked
namespace has a ready Pod, as a Service would lead to one.
"""
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from process_node import Link, ProcessNode, is_pod_ready
from service_proxy import ServiceProxy

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHART = os.path.join(SOURCE, "helm")
HOME = "muster-system"
GROUP = "/apis/muster.dev/v1alpha1"
PATIENCE = 120  # seconds, on a busy machine
REPLICAS = 2
IMAGE = "muster:test"


def until(what, look, within=PATIENCE):
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"no {what() if callable(what) else what} within {within} s")
        time.sleep(0.1)


def operator_program():
    return os.environ.get("MUSTER_OPERATOR", os.path.join(SOURCE, "build", "default", "operator", "muster-operator"))


def helms():
    """The programs, Helm 3 first."""
    out = subprocess.run([os.path.join(SOURCE, "ci", "helm.sh")], check=True, text=True, stdout=subprocess.PIPE)
    return out.stdout.split()


def plan(namespace, port, **changes):
    """Two replicas are scaled to none, and the plan brings them back."""
    timing = {"baselineSeconds": 4, "holdSeconds": 1, "sampleSeconds": 1, "recoverySeconds": 30, "validationSeconds": 2, "deadlineSeconds": 90}
    spec = {"failureType": "ApplicationServerFailure",
            "objectives": {"rtoSeconds": 60, "decidedBy": ["api/A", "api/B"]},
            "target": {"kubernetes": {"workloads": [{"name": "web", "kind": "Deployment"}]}},
            "roles": {"failing": "web"},
            "probes": [{"name": "api", "http": {"url": f"http://127.0.0.1:{port}/{namespace}", "intervalMillis": 200,
                                                "deadlineMillis": 1000, "decides": True}}],
            "vantages": 1,  # no exec leads into the processes of this node
            "timing": timing | changes.pop("timing", {}),
            "fault": {"name": "web-gone", "scale": {"workload": "{failing}", "force": True},
                      "provenBy": {"workload": {"name": "{failing}", "state": "Gone"}}},
            # Seen bad for two seconds: a test that waits for the fault finds it in force.
            "recovery": [{"name": "assess", "phase": "FailureAssessment", "waitFor": {"probe": {"name": "api", "state": "Bad", "forSeconds": 2}}},
                         {"name": "back", "phase": "ServiceRestoration", "scale": {"workload": "{failing}", "replicas": REPLICAS}}],
            "guard": {"maxTargets": 1, "silenceSeconds": 20}}
    return {"apiVersion": "muster.dev/v1alpha1", "kind": "RecoveryPlan", "metadata": {"name": "web-gone", "namespace": namespace},
            "spec": spec | changes}


def web(namespace):
    labels = {"app": "web"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"replicas": REPLICAS, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": {
                         "terminationGracePeriodSeconds": 1, "containers": [{"name": "web", "image": "web:test"}]}}}}


class World:
    """One API server, its controllers and one node; close() ends all of it."""

    def __init__(self, folder=None):
        self.folder = tempfile.mkdtemp(prefix="muster-release-", dir=folder)
        place = os.path.join(self.folder, "server")
        self.node = None
        self.proxy = ServiceProxy(self.behind)
        self.server = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, os.path.join(SOURCE, "ci", "kubernetes", "api_server.py"), place, "--controllers",
             f"--cluster-proxy={self.proxy.path}"],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        word, _, self.kubeconfig = self.server.stdout.readline().strip().partition(" ")
        if word != "ready":
            raise AssertionError("no API server")
        with open(self.kubeconfig, encoding="utf-8") as file:
            port = int(re.search(r"https://127.0.0.1:(\d+)", file.read()).group(1))
        self.link = Link(port, os.path.join(place, "keys"))
        self.node = ProcessNode(port, os.path.join(place, "keys"), os.path.join(self.folder, "pods"), operator_program())
        self.node.start()
        self.web = self.serve()
        self.web_port = self.web.server_address[1]
        binaries = subprocess.run([os.path.join(SOURCE, "ci", "kubernetes.sh")], check=True, text=True, stdout=subprocess.PIPE)
        self.program = os.path.join(binaries.stdout.strip(), "kubectl")

    def close(self):
        self.node.close()
        self.web.shutdown()
        self.web.server_close()
        self.link.close()
        self.proxy.close()
        self.server.stdin.close()
        self.server.wait(30)
        self.server.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self):
        world = self

        class Answer(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # pylint: disable=invalid-name
                good = world.is_served(self.path.strip("/"))
                self.send_response(200 if good else 503)
                self.send_header("Content-Length", "3")
                self.end_headers()
                self.wfile.write(b"ok\n" if good else b"no\n")

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # a prober that was killed does not read its answer
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return server

    def behind(self, address, port):
        """As ServiceProxy asks: the port of this machine that a Service's address leads to."""
        if self.node is None:
            return None
        link = Link(self.node.port, self.node.keys)
        try:
            services = link.ask("GET", "/api/v1/services")[1].get("items", [])
        except OSError:
            return None
        finally:
            link.close()
        found = next((one for one in services if one["spec"].get("clusterIP") == address), None)
        return found and self.node.behind(found, port)

    def is_served(self, namespace):
        with self.node.lock:
            return any(pod["metadata"]["namespace"] == namespace and pod["metadata"].get("labels", {}).get("app") == "web"
                       and "deletionTimestamp" not in pod["metadata"] and is_pod_ready(pod) for pod in self.node.pods.values())

    def obey(self, command):
        """A command of api_server.py: "kill apiserver"."""
        self.server.stdin.write(command + "\n")
        self.server.stdin.flush()
        answer = self.server.stdout.readline().strip()
        if answer != "done":
            raise AssertionError(f"{command}: {answer}")

    # Requests.

    def ask(self, method, path, body=None, kind="application/json"):
        return self.link.ask(method, path, body, kind)

    def must(self, method, path, body=None, kind="application/json"):
        code, reply = self.ask(method, path, body, kind)
        if code >= 300:
            raise AssertionError(f"{method} {path}: {code} {reply.get('message', reply)}")
        return reply

    def get(self, path):
        """Null: it is not there."""
        code, reply = self.ask("GET", path)
        return reply if code == 200 else None

    def listed(self, path):
        code, reply = self.ask("GET", path)
        return reply.get("items", []) if code == 200 else []

    def run(self, program, *arguments, check=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "KUBE"))}
        for what in ("CACHE", "CONFIG", "DATA"):
            environment[f"HELM_{what}_HOME"] = os.path.join(self.folder, what.lower())
        environment["KUBECONFIG"] = self.kubeconfig
        done = subprocess.run([program, *arguments], text=True, capture_output=True, check=False, env=environment, timeout=600)
        if check and done.returncode != 0:
            raise AssertionError(f"{os.path.basename(program)} {' '.join(arguments)}: exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-3000:]}")
        return done

    def kubectl(self, *arguments, check=True):
        return self.run(self.program, *arguments, check=check)

    # What drills are made of.

    def make_namespace(self, name, **labels):
        self.must("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        # The account that controllers make comes late, and Pods without it are refused.
        until("default ServiceAccount", lambda: self.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"))

    def make_target(self, namespace):
        self.make_namespace(namespace, **{"muster.dev/drills": "enabled"})
        self.must("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", web(namespace))
        until("ready web", lambda: self.ready(namespace) == REPLICAS)

    def ready(self, namespace):
        found = self.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/web") or {}
        return found.get("status", {}).get("readyReplicas", 0)

    def desired(self, namespace):
        found = self.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/web")
        return found and found["spec"]["replicas"]

    def make_plan(self, namespace, **changes):
        body = plan(namespace, self.web_port, **changes)
        place = f"{GROUP}/namespaces/{namespace}/recoveryplans/web-gone"
        self.must("PATCH", f"{place}?fieldManager=test&force=true", body, "application/apply-patch+yaml")

    def make_drill(self, namespace, name):
        self.must("POST", f"{GROUP}/namespaces/{namespace}/drills", {
            "apiVersion": "muster.dev/v1alpha1", "kind": "Drill", "metadata": {"name": name, "namespace": namespace},
            "spec": {"planRef": {"name": "web-gone"}}})

    def metrics(self):
        """What an operator tells Prometheus."""
        _, container = self.node.of_component("operator")[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{container.port()}/metrics", timeout=10) as reply:
            return reply.read().decode()

    def drill(self, namespace, name):
        return self.get(f"{GROUP}/namespaces/{namespace}/drills/{name}")

    def status(self, namespace, name):
        return (self.drill(namespace, name) or {}).get("status", {})

    def condition(self, namespace, name, kind):
        return next((one for one in self.status(namespace, name).get("conditions", []) if one["type"] == kind), {})

    def wait_phase(self, namespace, name, *phases, within=PATIENCE):
        def look():
            phase = self.status(namespace, name).get("phase")
            return phase in phases and phase
        return until(lambda: f"phase {' or '.join(phases)} of {name}: {json.dumps(summary(self.status(namespace, name)))}", look, within)

    def wait_fault(self, namespace, name):
        until(lambda: f"fault of {name}: {json.dumps(summary(self.status(namespace, name)))}", lambda: self.desired(namespace) == 0)


def summary(status):
    return {name: value for name, value in status.items() if name not in ("plan", "journal")}
