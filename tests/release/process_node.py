"""A node whose containers are processes of this machine: what a kubelet does for the tests of the chart's life, where
the API server, its controllers and Helm are real and a whole cluster would take minutes.

Every Pod is bound here. A container whose command is `muster-operator` becomes that program, with the Pod's arguments and
environment and a token of its ServiceAccount, bound to the Pod as the kubelet's are, so that RBAC is in force. Any other
container is ready at once and does nothing. A Pod that is deleted gets SIGTERM, after its grace SIGKILL, and is then
forgotten at the server; one that the server has forgotten is killed. Containers start again as `restartPolicy` says.
"""
import base64
import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import threading
import time
import traceback
import urllib.request

PROGRAM = "muster-operator"
NODE = "machine"
EVERY = 0.1  # seconds between two looks at the Pods
HEARTBEAT = 10.0
TOKEN_SECONDS = 3600


class Link:
    """Requests to the API server over one kept connection, of one thread."""

    def __init__(self, port, keys):
        self.port = port
        self.context = ssl.create_default_context(cafile=os.path.join(keys, "ca.crt"))
        self.context.load_cert_chain(os.path.join(keys, "admin.crt"), os.path.join(keys, "admin.key"))
        self.connection = None

    def ask(self, method, path, body=None, kind="application/json"):
        """The status and the object. Raises OSError while the server is away."""
        kept = self.connection is not None
        try:
            if self.connection is None:
                self.connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=30)
            self.connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": kind})
            reply = self.connection.getresponse()
            data = reply.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if kept and method == "GET" and isinstance(error, http.client.RemoteDisconnected):
                return self.ask(method, path)  # it ended just when it was used
            raise OSError(f"{method} {path}: {error!r}") from error
        return reply.status, json.loads(data) if "json" in reply.headers.get("Content-Type", "") else {"message": data.decode()}

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Container:
    """The first container of one Pod, as a process or as nothing."""

    def __init__(self, pod, folder):
        self.uid, self.folder = pod["metadata"]["uid"], folder
        self.process, self.told, self.restarts, self.kill_at = None, None, 0, None
        self.start_at, self.ended = 0.0, None
        self.token_until = 0.0
        os.makedirs(os.path.join(folder, "state"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        try:
            with open(self.path("log"), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def port(self, name="http"):
        """Where it serves what the chart calls so, once it says where; of the last start."""
        said = {"http": "serving", "admission": "admission serves"}[name]
        found = re.findall(rf'"msg":"{said}","port":"(\d+)"', self.log())
        return int(found[-1]) if found else None


class ProcessNode(threading.Thread):
    """Runs until close(). What a test may set: `broken`, component labels of Pods whose container is killed and starts no
    more; `missing`, images that cannot be pulled; `token_seconds`, how long the tokens of containers last; `clock_of`, the
    SteppedClock by which the process of a Pod lives, of the Pod; None: the machine's."""

    def __init__(self, port, keys, folder, program):
        super().__init__(daemon=True)
        self.port, self.keys, self.folder, self.program = port, keys, folder, program
        self.link, self.lock, self.closing = Link(port, keys), threading.RLock(), threading.Event()
        self.containers, self.pods = {}, {}
        self.broken, self.missing, self.token_seconds = set(), set(), TOKEN_SECONDS
        self.clock_of = lambda pod: None
        self.last_beat, self.errors, self.number = 0.0, [], 0
        os.makedirs(folder)

    # For tests.

    def of_component(self, component, namespace=None):
        """(Pod, Container) of Pods with this component that have a process now."""
        with self.lock:
            return [(pod, self.containers[uid]) for uid, pod in self.pods.items()
                    if pod["metadata"]["labels"].get("app.kubernetes.io/component") == component
                    and namespace in (None, pod["metadata"]["namespace"])
                    and uid in self.containers and self.containers[uid].running()]

    def kill(self, component, namespace=None):
        """SIGKILL to each of these processes; how many there were."""
        found = self.of_component(component, namespace)
        for _, container in found:
            container.process.kill()
        return len(found)

    def running(self):
        with self.lock:
            return [one for one in self.containers.values() if one.running()]

    def logs(self, component):
        """All that Pods with this component have said, by the name of their folders."""
        out = {}
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name, "log")
            if name.split("_", 1)[1] == component and os.path.exists(path):  # else it was never started
                with open(path, encoding="utf-8", errors="replace") as file:
                    out[name] = file.read()
        return out

    def close(self):
        self.closing.set()
        self.join()
        for one in self.running():
            one.process.kill()
            one.process.wait()

    # The thread.

    def run(self):
        while not self.closing.wait(EVERY):
            try:
                self.beat()
                self.look()
            except OSError:
                continue  # the server is away
            except Exception:  # pylint: disable=broad-exception-caught
                self.errors.append(traceback.format_exc())

    def beat(self):
        if time.monotonic() - self.last_beat < HEARTBEAT:
            return
        self.last_beat = time.monotonic()
        self.link.ask("POST", "/api/v1/nodes", {"metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE}}})
        now = stamp()
        ready = {"type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastHeartbeatTime": now, "lastTransitionTime": now}
        self.link.ask("PATCH", f"/api/v1/nodes/{NODE}/status", {"status": {"conditions": [ready]}}, "application/strategic-merge-patch+json")

    def look(self):
        status, found = self.link.ask("GET", "/api/v1/pods")
        if status != 200:
            return
        pods = {pod["metadata"]["uid"]: pod for pod in found["items"]}
        with self.lock:
            self.pods = pods
            for uid in [uid for uid in self.containers if uid not in pods]:
                self.forget(uid)
            for uid, pod in pods.items():
                self.see(uid, pod)

    def forget(self, uid):
        container = self.containers.pop(uid)
        if container.running():
            container.process.kill()
            container.process.wait()

    def see(self, uid, pod):
        meta = pod["metadata"]
        place = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if not pod["spec"].get("nodeName"):
            self.link.ask("POST", place + "/binding", {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"]},
                                                       "target": {"apiVersion": "v1", "kind": "Node", "name": NODE}})
            return
        if uid not in self.containers:
            self.number += 1
            component = meta.get("labels", {}).get("app.kubernetes.io/component", "other")
            self.containers[uid] = Container(pod, os.path.join(self.folder, f"{self.number:04}_{component}"))
        container = self.containers[uid]
        if meta.get("deletionTimestamp"):
            self.end(place, pod, container)
        elif container.ended is None:
            self.keep(place, pod, container)

    def end(self, place, pod, container):
        if container.running():
            if container.kill_at is None:
                container.kill_at = time.monotonic() + pod["metadata"].get("deletionGracePeriodSeconds", 30)
                container.process.terminate()
            elif time.monotonic() >= container.kill_at:
                container.process.kill()
            return
        self.link.ask("DELETE", place, {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
                                        "preconditions": {"uid": pod["metadata"]["uid"]}})

    def keep(self, place, pod, container):
        spec = pod["spec"]["containers"][0]
        if spec.get("command", [""])[0] != PROGRAM:
            return self.tell(place, pod, container, "Running", True, {"running": {"startedAt": stamp()}})
        if spec["image"] in self.missing and container.process is None:
            return self.tell(place, pod, container, "Pending", False, {"waiting": {
                "reason": "ImagePullBackOff", "message": f"Back-off pulling image \"{spec['image']}\""}})
        component = pod["metadata"].get("labels", {}).get("app.kubernetes.io/component")
        if component in self.broken:
            if container.running():
                container.process.kill()
            return self.tell(place, pod, container, "Running", False, {"waiting": {"reason": "CrashLoopBackOff"}})
        if container.running():
            self.renew(pod, container)
            ready = self.is_ready(spec, container)
            return self.tell(place, pod, container, "Running", ready, {"running": {"startedAt": stamp()}})
        if container.process is not None:
            code = container.process.returncode
            policy = pod["spec"]["restartPolicy"]
            if policy == "Never" or (policy == "OnFailure" and code == 0):
                container.ended = "Succeeded" if code == 0 else "Failed"
                return self.tell(place, pod, container, container.ended, False, {"terminated": {
                    "exitCode": abs(code), "reason": "Completed" if code == 0 else "Error", "finishedAt": stamp()}})
            container.process = None
            container.restarts += 1
            container.start_at = time.monotonic() + min(0.2 * 2 ** container.restarts, 5)
        if time.monotonic() >= container.start_at:
            self.start_process(pod, spec, container)
        return None

    def is_ready(self, spec, container):
        probe = spec.get("readinessProbe")
        if probe is None:
            return True
        port = container.port()
        if port is None:
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{probe['httpGet']['path']}", timeout=2) as reply:
                return reply.status == 200
        except OSError:
            return False

    def tell(self, place, pod, container, phase, ready, state):
        said = (phase, ready, next(iter(state)), container.restarts)
        if container.told == said:
            return
        spec = pod["spec"]["containers"][0]
        conditions = [{"type": kind, "status": "True" if value else "False", "lastTransitionTime": stamp()}
                      for kind, value in (("PodScheduled", True), ("Initialized", True), ("ContainersReady", ready), ("Ready", ready))]
        status = {"phase": phase, "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}], "hostIP": "127.0.0.1", "startTime": stamp(),
                  "conditions": conditions,
                  "containerStatuses": [{"name": spec["name"], "image": spec["image"], "imageID": "", "ready": ready, "state": state,
                                         "restartCount": container.restarts}]}
        code, _ = self.link.ask("PATCH", place + "/status", {"metadata": {"uid": pod["metadata"]["uid"]}, "status": status},
                                "application/strategic-merge-patch+json")
        if code == 200:
            container.told = said

    # Processes.

    def start_process(self, pod, spec, container):
        if not self.give_token(pod, container):
            return
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("KUBE", "POD_", "MUSTER"))}
        for one in spec.get("env", []):
            value = one.get("value", "") if "valueFrom" not in one else field(pod, one["valueFrom"]["fieldRef"]["fieldPath"])
            environment[one["name"]] = value.replace("/var/lib/muster", container.path("state"))
        clock = self.clock_of(pod)
        environment |= clock.environment() if clock else {}
        arguments = [self.reachable(one) for one in spec.get("args", [])]
        arguments.append(f"--kubeconfig={container.path('kubeconfig')}")
        if arguments[0] == "run":
            arguments.append("--listen=127.0.0.1:0")
            arguments.append("--admission-listen=127.0.0.1:0")
        with open(container.path("log"), "ab") as log:
            container.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [self.program, *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def reachable(self, argument):
        """`http://SERVICE.NAMESPACE.svc:PORT`, as a Service's address leads to one of its ready Pods."""
        found = re.match(r"(.*http://)([a-z0-9-]+)\.([a-z0-9-]+)\.svc:\d+(.*)$", argument)
        if found is None:
            return argument
        before, name, namespace, after = found.groups()
        _, service = self.link.ask("GET", f"/api/v1/namespaces/{namespace}/services/{name}")
        selector = service.get("spec", {}).get("selector", {"nothing": "there"})
        for uid, pod in self.pods.items():
            mine = pod["metadata"]["namespace"] == namespace and selector.items() <= pod["metadata"].get("labels", {}).items()
            if mine and is_pod_ready(pod) and uid in self.containers and self.containers[uid].running():
                return f"{before}127.0.0.1:{self.containers[uid].port()}{after}"
        return f"{before}127.0.0.1:1{after}"  # nobody is behind it: refused

    def behind(self, service, port):
        """The port of this machine that a Service's port leads to: of one of its ready Pods. Null: nobody is behind it."""
        name = next((one["targetPort"] for one in service["spec"].get("ports", []) if one["port"] == port), None)
        selector = service["spec"].get("selector") or {"nothing": "there"}
        with self.lock:
            for uid, pod in self.pods.items():
                mine = pod["metadata"]["namespace"] == service["metadata"]["namespace"]
                mine = mine and selector.items() <= pod["metadata"].get("labels", {}).items() and is_pod_ready(pod)
                if name and mine and uid in self.containers and self.containers[uid].running():
                    return self.containers[uid].port(name)
        return None

    def give_token(self, pod, container):
        token = self.token_of(pod)
        if token is None:
            return False
        write(container.path("token"), token)
        container.token_until = time.time() + self.token_seconds
        with open(os.path.join(self.keys, "ca.crt"), "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        write(container.path("kubeconfig"), json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "pod",
            "clusters": [{"name": "here", "cluster": {"server": f"https://127.0.0.1:{self.port}", "certificate-authority-data": authority}}],
            "users": [{"name": "account", "user": {"tokenFile": container.path("token")}}],
            "contexts": [{"name": "pod", "context": {"cluster": "here", "user": "account", "namespace": pod["metadata"]["namespace"]}}]}))
        return True

    def renew(self, pod, container):
        """At 80 % of its life, as the kubelet does."""
        if time.time() > container.token_until - 0.2 * self.token_seconds:
            token = self.token_of(pod)
            if token is not None:
                write(container.path("token"), token)
                container.token_until = time.time() + self.token_seconds

    def token_of(self, pod):
        """Null: there is no such account."""
        meta, account = pod["metadata"], pod["spec"].get("serviceAccountName", "default")
        place = f"/api/v1/namespaces/{meta['namespace']}/serviceaccounts/{account}"
        if self.token_seconds < 600:  # the server gives none that are that short
            code, found = self.link.ask("GET", place)
            return self.sign(pod, account, found["metadata"]["uid"]) if code == 200 else None
        code, reply = self.link.ask("POST", place + "/token", {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {
            "audiences": ["https://kubernetes.default.svc"], "expirationSeconds": self.token_seconds,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}}})
        return reply["status"]["token"] if code == 201 else None

    def sign(self, pod, account, account_uid):
        """Source: RFC 7519; Kubernetes documentation, "Schema for service account private claims"."""
        meta, now = pod["metadata"], int(time.time())
        claims = {"iss": "https://kubernetes.default.svc", "aud": ["https://kubernetes.default.svc"], "iat": now, "nbf": now,
                  "exp": now + self.token_seconds, "sub": f"system:serviceaccount:{meta['namespace']}:{account}",
                  "kubernetes.io": {"namespace": meta["namespace"], "serviceaccount": {"name": account, "uid": account_uid},
                                    "pod": {"name": meta["name"], "uid": meta["uid"]}}}
        text = ".".join(plain_base64(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", os.path.join(self.keys, "accounts.key")], input=text.encode(),
                                check=True, capture_output=True).stdout
        return text + "." + plain_base64(signed)


def plain_base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def field(pod, path):
    at = pod
    for step in path.split("."):
        at = at.get(step, "")
    return at


def is_pod_ready(pod):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod.get("status", {}).get("conditions", []))
