"""A real API server and two replicas of the real operator, with the account and the rights of the chart, for tests of schedules.

Cron has minutes, and no test waits for one: a schedule remembers in its status since when it is served, which is put back to
before a slot that has passed. The drills that slots make have no plan, so that nobody runs them, and the test ends them."""
import datetime
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import yaml

SOURCE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "integration", "crds"))
from kubectl import Cluster, ask  # noqa: E402  pylint: disable=wrong-import-position
from manifests import VERSION  # noqa: E402  pylint: disable=wrong-import-position

OPERATOR = os.environ.get("MUSTER_OPERATOR", os.path.join(SOURCE, "build", "default", "operator", "muster-operator"))
HOME = "muster-system"
KINDS = ("recoveryplans", "drillschedules", "drills", "sidecarprofiles")
API = f"/apis/{VERSION}"
PATIENCE = 90  # seconds, on a busy machine
MERGE = "application/merge-patch+json"


def minute(back):
    """So many minutes before this one."""
    return datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) - datetime.timedelta(minutes=back)


def stamp(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def daily(at):
    return f"{at.minute} {at.hour} * * *"


def drill_name(schedule, slot):
    return f"{schedule}-{int(slot.timestamp()) // 60}"


class Link:
    """Requests of the administrator over one connection: a kubectl for each would take seconds."""

    def __init__(self, cluster):
        keys = os.path.join(cluster.folder, "server", "keys")
        with open(cluster.environment["KUBECONFIG"], encoding="utf-8") as file:
            self.port = int(yaml.safe_load(file)["clusters"][0]["cluster"]["server"].rsplit(":", 1)[1])
        self.context = ssl.create_default_context(cafile=os.path.join(keys, "ca.crt"))
        self.context.load_cert_chain(os.path.join(keys, "admin.crt"), os.path.join(keys, "admin.key"))
        self.link = self.connect()

    def connect(self, timeout=PATIENCE):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=timeout)

    def ask(self, method, path, body=None, kind="application/json", missing_ok=False):
        return ask(self.link, method, path, body, kind, missing_ok)


class Replica:
    def __init__(self, cluster, name, kubeconfig, clock=None):
        self.name, self.clock = name, clock
        self.path = os.path.join(cluster.folder, f"{name}.{time.monotonic_ns()}.log")
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                [OPERATOR, "run", "--image=none", f"--pod-name={name}", f"--pod-uid={name}", f"--lease-namespace={HOME}", "--lease-seconds=3",
                 "--listen=127.0.0.1:0", f"--kubeconfig={kubeconfig}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, **(clock.environment() if clock else {})))

    def log(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def leads(self):
        """It began to, and has not ended."""
        return self.process.poll() is None and '"msg":"leading"' in self.log()

    def send(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Starts(threading.Thread):
    """Every drill of a namespace that is made from now on, by a watch; each is deleted at once, so that its name is free again and
    nothing but what the schedule remembers keeps a second one from being made for the same slot."""

    def __init__(self, cluster, space):
        super().__init__(daemon=True)
        self.made, self.space, self.own = [], space, Link(cluster)
        version = self.own.ask("GET", f"{API}/namespaces/{space}/drills")["metadata"]["resourceVersion"]
        self.link = self.own.connect()
        self.link.request("GET", f"{API}/namespaces/{space}/drills?watch=true&resourceVersion={version}")
        self.socket = self.link.sock
        self.lines = self.link.getresponse()
        self.start()

    def run(self):
        try:
            for line in self.lines:
                event = json.loads(line)
                if event["type"] == "ADDED":
                    name = event["object"]["metadata"]["name"]
                    self.made.append(name)
                    self.own.ask("DELETE", f"{API}/namespaces/{self.space}/drills/{name}")
        except (OSError, ValueError, AttributeError):
            pass  # the test has closed it

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        for one in (self.lines, self.link, self.own.link):
            one.close()


class World:
    """For a whole test program."""

    def __init__(self, spaces):
        self.cluster = Cluster()
        self.link = Link(self.cluster)
        self.replicas = {}
        for kind in KINDS:
            self.cluster.must("apply", "-f", os.path.join(SOURCE, "helm", "files", "crds", f"{kind}.yaml"))
        for kind in KINDS:
            self.cluster.must("wait", "--for=condition=Established", f"crd/{kind}.muster.dev", "--timeout=60s")
        for space in (HOME, *spaces):
            self.link.ask("POST", "/api/v1/namespaces", {"metadata": {"name": space}})
        helm = subprocess.run([os.path.join(SOURCE, "ci", "helm.sh")], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[0]
        parts = [f"templates/{name}.yaml" for name in ("operator_rbac", "drill_namespaces", "service_accounts")]
        text = subprocess.run([helm, "template", "muster", os.path.join(SOURCE, "helm"), "-n", HOME, "--kube-version=1.36",
                               f"--set=drillNamespaces={{{','.join(spaces)}}}", *(f"--show-only={part}" for part in parts)],
                              check=True, text=True, stdout=subprocess.PIPE).stdout
        code, _, complaint = self.cluster.apply(*filter(None, yaml.safe_load_all(text)))
        assert code == 0, complaint
        self.kubeconfig = self.cluster.kubeconfig_of("muster-operator", HOME)

    def begin(self, name, clock=None):
        """`clock`: a SteppedClock, by which it lives; None: the machine's."""
        self.replicas[name] = Replica(self.cluster, name, self.kubeconfig, clock)

    def lease(self):
        """The spec; empty: there is none."""
        found = self.link.ask("GET", f"/apis/coordination.k8s.io/v1/namespaces/{HOME}/leases/muster-operator", missing_ok=True)
        return found["spec"] if found else {}

    def leader(self):
        """None: there is none, or nobody knows."""
        holder = self.lease().get("holderIdentity") or ""
        return next((one for one in self.replicas.values() if holder.startswith(one.name) and one.leads()), None)

    def close(self):
        for one in self.replicas.values():
            one.send(signal.SIGCONT)
            one.kill()
        self.link.link.close()
        self.cluster.close()
